"""Sound comes in: a sound card, a file, what the system plays, as `AudioBlock`s with the time of their last sample.
`sources.open_source` is the door; `contract.py` says what a source must do."""
