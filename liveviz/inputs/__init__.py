"""inputs is where sound and hands come in: a sound card, a file or the built-in song as `AudioBlock`s (`audio/`, `demo/`), MIDI,
OSC and further control sources as `ControlMessage`s, `Command`s and `Tempo` (`control/`), each with the time it arrived.

A source runs on a thread or callback of its own that only copies, checks and puts away; the tick never waits for one. It
drains: blocks in order, and of a controller the newest value of each address plus every note and trigger, so that no flood
makes anything grow. A device that is pulled out is waited for, by name. Nothing from outside is believed before it is
checked: sizes, numbers, addresses; what is refused is counted. Modules are imported one by one (`from
liveviz.inputs.control.sources.midi import MidiInput`): each loads its device library, and a show needs few of them.
"""
