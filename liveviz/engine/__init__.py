"""engine makes one picture of a generator from one ParameterFrame: `ParameterFrame` in, `ImageFrame` out.

A backend is one file here that has `RANK` (which one `auto` takes; 0 = only when asked for), `available()` and
`open_backend(...)`; its file name is its name, and nothing else needs an edit. `create` opens one; `Engine` wraps one
for a show: when a bend comes to a layer that the backend was not built for, it builds another beside the show and
swaps it in. What backends share: `latents` (frame to ws), `noise` (fields from a seed and a phase), `rewrite` (the
generator as constants, and styles), `backend` (the contract). Nothing here loads torch or openvino before a backend
that needs it is opened."""

from liveviz.engine.backend import Backend
from liveviz.engine.bench import bench
from liveviz.engine.registry import available, backends, choose, create
from liveviz.engine.show import Engine

__all__ = ["Backend", "Engine", "available", "backends", "bench", "choose", "create"]
