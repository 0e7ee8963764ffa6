"""A MIDI controller for the tests of the inputs room: a process of its own with one virtual JACK output port. Its
standard input says what it does: hex bytes are sent, `quit` unplugs it. Run with the port's name as its argument."""

import sys

from liveviz.inputs.control.midi_ports import load_libremidi


def main() -> None:
    midi, _ = load_libremidi()
    out = midi.MidiOut(midi.OutputConfiguration(), midi.API.JACK_MIDI)
    out.open_virtual_port(sys.argv[1])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        for part in line.split():
            data = bytes.fromhex(part)
            out.send_message(list(data))
    out.close_port()


if __name__ == "__main__":
    main()
