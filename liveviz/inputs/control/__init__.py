"""Hands come in: MIDI and OSC as `ControlMessage`s, each with the time it arrived, from bounded mailboxes that no flood makes
grow. `source.py` says what a control source must do; one file is one source."""
