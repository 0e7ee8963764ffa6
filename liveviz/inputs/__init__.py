"""inputs is where sound and hands come in: a sound card, a file or the built-in song as `AudioBlock`s, MIDI and OSC as
`ControlMessage`s, each with the time it arrived.

A source runs on a thread or callback of its own that only copies, checks and puts away; the tick never waits for one.
It drains: blocks in order, and of a controller the newest value of each address plus every note and trigger, so that no
flood makes anything grow. A device that is pulled out is waited for, by name. Nothing from outside is believed before
it is checked: sizes, numbers, addresses; what is refused is counted.

MIDI (`midi.py`): bytes from libremidi (`midi_ports.py`), decoded with mido (`midi_messages.py`), become `midi.cc.1.ch.3`,
`midi.note.60.ch.1`, `midi.pitch.ch.1` and so on. OSC (`osc.py`): UDP packets, checked and
read (`osc_packet.py`, `osc_arguments.py`), keep their own addresses. Both meet the tick in a `mailbox.py`.

To add a source, write one file with a class that has `start()`, `poll()`, `wait(timeout)`, `close()` and counters, and
takes the clock as `now`; give it to the composer in `app`. Modules are imported one by one (`from liveviz.inputs.control.midi
import MidiInput`): each loads its device library, and a show needs few of them.
"""
