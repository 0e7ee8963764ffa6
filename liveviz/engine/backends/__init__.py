"""The backends, one file or one folder with a `backend.py` each: what draws a generator on this machine. A file has `RANK`
(which one `auto` takes; 0 is only when asked for), `available()` and `open_backend(...)`; it may name a `STAND_IN` that plays
until it is ready, and say that it `COMPILES` something worth keeping, and that it has `DEVICES` to choose from."""
