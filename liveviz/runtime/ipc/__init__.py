"""How the processes of a show meet: slots and rings in shared memory without locks (`shared_memory`), how frames lie in them
(`wire`), and all of one show together (`links`). No pickle: a reader of any age can check what it reads."""
