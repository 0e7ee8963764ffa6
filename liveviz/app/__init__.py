"""app is the only composer: it knows every room and that processes exist. A parent that holds no device and no GL starts
four children and restarts whichever dies: `ears` (sound to signals), `hands` (MIDI and OSC), `engine` (parameters to
pictures) and `stage` (clock, mapping, post, window). They meet in mailboxes in shared memory (`mailbox.py`, `wire.py`):
newest-wins slots for frames, bounded rings for events; where engine and stage share one NVIDIA GPU, pictures stay in its
memory and the slot carries where they are (`pictures.py`). The tick (`tick.py`) is written once: live it follows the wall
clock and the newest of every mailbox, offline (`render`) the frame clock and every block in order. The command line is
`cli.py`, one file per command in `commands/`."""
