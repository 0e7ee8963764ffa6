"""MIDI in through JACK's dummy driver, with a process that has a virtual port as the controller; and floods, without."""

import contextlib
import sys
import threading
from pathlib import Path

import pytest
from jack_kit import controller, jack, jack_server, needs_jack, own_server_name  # noqa: F401 - fixtures
from waiting import GUARD_S, nothing_may_happen_for, wait_until

from liveviz.inputs.control.mailbox import MAX_EVENTS
from liveviz.inputs.control.midi_ports import Port, find, survey
from liveviz.inputs.control.sources import midi as midi_room
from liveviz.inputs.control.sources.midi import MAX_WAITING, MidiInput, midi_ports
from liveviz.spec import LivevizError
from liveviz.system import clock

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone


@contextlib.contextmanager
def listening(port):
    before = set(threading.enumerate())
    one = MidiInput(port, clock.now)
    one.start()
    try:
        yield one
    finally:
        one.close()
        assert set(threading.enumerate()) <= before, "it has left a thread behind"


def heard(one, count):
    messages = []
    wait_until(lambda: messages.extend(one.poll()) or len(messages) >= count, what=f"{count} messages")
    assert {m.port for m in messages} <= set(one.ports), "every message says where it came from"
    return [(m.address, m.value) for m in messages]


@needs_jack
def test_a_knob_a_note_and_garbage(jack):  # noqa: F811
    with controller("Knobs") as knobs, listening(None) as one:
        (name,) = wait_until(lambda: one.ports, what="the port opens")
        assert name.endswith(":Knobs") and midi_ports() == [name]
        knobs.send("b2017f", "903c40", "803c00", "f00102f7", "b207")
        assert heard(one, 3) == [("midi.cc.1.ch.3", 1.0), ("midi.note.60.ch.1", 64 / 127), ("midi.note.60.ch.1", 0.0)]
        wait_until(lambda: one.received + one.rejected >= 4, what="the rest arrives")
        assert one.received == 3 and one.rejected >= 1 and one.dropped == 0 and one.reconnects == 0


@needs_jack
def test_two_controllers_with_one_cc_stay_two(jack):  # noqa: F811
    with controller("Knobs") as knobs, controller("Faders") as faders, listening(None) as one:
        wait_until(lambda: len(one.ports) == 2, what="both open")
        knobs.send("b0017f")
        faders.send("b00100")
        messages = []
        wait_until(lambda: messages.extend(one.poll()) or len(messages) >= 2, what="both are heard")
        assert {(m.port.rpartition(":")[2], m.address, m.value) for m in messages} == {
            ("Knobs", "midi.cc.1.ch.1", 1.0),
            ("Faders", "midi.cc.1.ch.1", 0.0),
        }


@needs_jack
def test_unplugged_and_plugged_in_again(jack):  # noqa: F811
    with controller("Knobs") as first, listening("knobs") as one:
        wait_until(lambda: one.ports, what="the port opens")
        first.unplug()
        wait_until(lambda: not one.ports, what="the port is missed")
        with controller("Knobs") as second:
            wait_until(lambda: one.ports, what="the port is opened again")
            second.send("b00140")
            assert heard(one, 1) == [("midi.cc.1.ch.1", 64 / 127)]
            assert one.reconnects == 1


@needs_jack
def test_only_the_named_port_is_heard_and_new_ones_only_where_all_are(jack):  # noqa: F811
    with controller("Knobs") as knobs, listening("KNOBS") as named, listening(None) as every:
        wait_until(lambda: named.ports and every.ports, what="the port opens")
        with controller("Pads") as pads:
            wait_until(lambda: len(every.ports) == 2, what="the new port opens")
            pads.send("b00101")
            knobs.send("b00202")
            assert sorted(address for address, _ in heard(every, 2)) == ["midi.cc.1.ch.1", "midi.cc.2.ch.1"]
            assert heard(named, 1) == [("midi.cc.2.ch.1", 2 / 127)]
            assert every.reconnects == named.reconnects == 0


@needs_jack
def test_the_server_dies_and_comes_back(own_server_name):  # noqa: F811
    with contextlib.ExitStack() as stack:
        with jack_server() as server, controller("Knobs"):
            one = stack.enter_context(listening("knobs"))
            wait_until(lambda: one.ports, what="the port opens")
            server.kill()
            wait_until(lambda: not one.ports, what="the port is missed")
        with jack_server(), controller("Knobs") as knobs:
            wait_until(lambda: one.ports, what="the port is opened again")
            knobs.send("b00140")
            assert heard(one, 1) == [("midi.cc.1.ch.1", 64 / 127)]
            assert one.reconnects == 1
            one.close()


@needs_jack
def test_a_server_that_starts_later_is_met(own_server_name):  # noqa: F811
    with listening(None) as one, jack_server(), controller("Knobs"):
        wait_until(lambda: one.ports, what="the port opens")
        assert one.reconnects == 0
        one.close()


@needs_jack
def test_unknown_name_lists_the_ports_there_are(jack):  # noqa: F811
    with controller("Knobs"), pytest.raises(LivevizError, match=r"no input port named 'Pads'; there are: .*:Knobs$"):
        wait_until(midi_ports, what="the port is there")
        MidiInput("Pads", clock.now)


def test_no_sequencer_is_an_empty_list_and_a_reason(own_server_name):  # noqa: F811
    if Path("/dev/snd/seq").exists() or not sys.platform.startswith("linux"):
        pytest.skip("this machine has a MIDI system")
    before = clock.now()
    ports, reason = survey()
    assert clock.now() - before < GUARD_S / 4, "a second, and some for a busy machine"
    assert ports == [] and reason
    with pytest.raises(LivevizError, match=r"no input port named 'Knobs'; there are: none \(.+\)"):
        MidiInput("Knobs", clock.now)
    with listening(None) as one:
        nothing_may_happen_for(0.1)
        assert one.poll() == [] and one.ports == ()


def test_midi_that_hangs_or_does_not_load_is_no_ports(monkeypatch):
    monkeypatch.setattr(midi_room, "PortWatch", _unloadable)
    monkeypatch.setattr("liveviz.inputs.control.midi_ports.PortWatch", _unloadable)
    assert survey() == ([], "libremidi does not load: no wheel")
    assert midi_ports() == []
    with listening(None) as one:
        nothing_may_happen_for(0.05)
        assert one.poll() == []
    hanging = _HangingWatch()
    monkeypatch.setattr("liveviz.inputs.control.midi_ports.PortWatch", lambda: hanging)
    assert survey() == ([], "the MIDI system does not answer")
    assert not hanging.answers.is_set()
    hanging.answers.set()


def _unloadable():
    raise ImportError("no wheel")


class _HangingWatch:
    reason = ""

    def __init__(self):
        self.answers = threading.Event()

    def refresh(self):
        self.answers.wait(GUARD_S)

    def ports(self):
        return []

    def close(self):
        pass


@pytest.mark.parametrize(
    ("wanted", "found"), [("pad", "Pad"), ("PAD 2", "Pad 2"), ("ad 2", "Pad 2"), ("nano", "nanoKONTROL2"), ("x", None)]
)
def test_names_whole_before_part_in_any_case(wanted, found):
    ports = [Port(name, None, None) for name in ("Launchpad", "Pad 2", "Pad", "nanoKONTROL2")]
    port = find(ports, wanted)
    assert (port.name if port else None) == found


class _FloodedPort:
    """A watch of one port, and the port: all of `messages` come at its first poll, as from no real one."""

    reason = ""
    port_name = "flood"

    def __init__(self, messages):
        self.messages, self.take, self.read = messages, None, threading.Event()

    def ports(self):
        return [Port("flood", None, self)]

    every = ports

    def open(self, _port, take):
        self.take = take
        return self

    def poll(self):
        if not self.messages:
            self.read.set()
        for message in self.messages:
            self.take(message, 0)
        self.messages = []

    def news(self):
        return []

    def lost(self):
        return None

    def refresh(self):
        pass

    close = leave = close_port = refresh


def flooded(messages):
    """A MidiInput whose one port has heard `messages` at once."""
    port = _FloodedPort(list(messages))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(midi_room, "PortWatch", lambda: port)
        one = MidiInput(None, clock.now)
        one.start()
        assert port.read.wait(GUARD_S)
        one.close()
    return one


def test_flood_of_one_fader_leaves_its_newest_value():
    one = flooded([0xB0, 1, i % 128] for i in range(100_000))
    (message,) = one.poll()
    assert (message.address, message.value) == ("midi.cc.1.ch.1", (99_999 % 128) / 127)
    assert one.received == MAX_WAITING and one.dropped == 100_000 - MAX_WAITING


def test_flood_of_notes_leaves_the_last_ones_in_order():
    one = flooded([0x90 if i % 2 else 0x80, i % 128, 64] for i in range(MAX_EVENTS + 100))
    messages = one.poll()
    assert len(messages) == MAX_EVENTS and one.dropped == 100
    expected = [(f"midi.note.{i % 128}.ch.1", 64 / 127 if i % 2 else 0.0) for i in range(100, MAX_EVENTS + 100)]
    assert [(m.address, m.value) for m in messages] == expected


def test_flood_of_every_controller_is_bounded():
    one = flooded([0xB0 | channel, control, 7] for _ in range(5) for channel in range(16) for control in range(128))
    assert len(one.poll()) == 16 * 128


def test_flood_of_system_exclusive_is_refused():
    one = flooded([0xF0, *[1] * 5000, 0xF7] for _ in range(2000))
    assert one.rejected == 2000 and one.received == 0 and one.poll() == []


@needs_jack
def test_every_step_of_an_encoder_arrives(jack):  # noqa: F811
    with controller("Knobs") as knobs, listening(None) as one:
        one.listens = {"midi.cc.1", "midi.cc.33.ch.1"}
        wait_until(lambda: one.ports, what="the port opens")
        knobs.send(*["b00101", "b02101"] * 20, "b0017f")  # 1 and 33 would be one 14-bit controller
        found = heard(one, 41)
        assert found == [("midi.cc.1.ch.1", 1 / 127), ("midi.cc.33.ch.1", 1 / 127)] * 20 + [("midi.cc.1.ch.1", 1.0)]
