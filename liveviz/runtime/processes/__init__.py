"""The processes of a show: the supervisor, which holds no device and no GL, and its four children: audio (sound to signals),
control (MIDI and OSC), engine (parameters to pictures) and stage (clock, mapping, effects, window)."""
