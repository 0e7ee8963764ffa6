"""The MIDI decoder against mido's encoder, the MIDI 1.0 pairs (14-bit, NRPN), and bytes that are no messages."""

import itertools

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.inputs.control.midi_messages import MAX_BYTES, PAIR_S, MidiDecoder

BYTE7 = st.integers(0, 127)
CHANNEL = st.integers(0, 15)


def one(decoder, message, time=0.0):
    """The changes of one mido message as {address: value}; events must not share addresses with values."""
    (changes,) = decoder.decode(message.bytes(), time)
    return {address: value for address, value, _ in changes}


def cc(channel, control, value):
    return mido.Message("control_change", channel=channel, control=control, value=value)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(channel=CHANNEL, control=BYTE7, value=BYTE7)
def test_controller(channel, control, value):
    assert one(MidiDecoder(), cc(channel, control, value)) == {f"midi.cc.{control}.ch.{channel + 1}": value / 127}


@settings(derandomize=True, max_examples=300, deadline=None)
@given(kind=st.sampled_from(["note_on", "note_off"]), channel=CHANNEL, note=BYTE7, velocity=BYTE7)
def test_note(kind, channel, note, velocity):
    message = mido.Message(kind, channel=channel, note=note, velocity=velocity)
    expected = velocity / 127 if kind == "note_on" else 0.0
    ((change,),) = MidiDecoder().decode(message.bytes(), 0.0)
    assert change == (f"midi.note.{note}.ch.{channel + 1}", expected, True)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(channel=CHANNEL, pitch=st.integers(-8192, 8190))
def test_pitch_bend_rises_from_0_to_1(channel, pitch):
    address = f"midi.pitch.ch.{channel + 1}"

    def value(bend):
        return one(MidiDecoder(), mido.Message("pitchwheel", channel=channel, pitch=bend))[address]

    assert value(pitch) < value(pitch + 1)
    assert (value(-8192), value(0), value(8191)) == (0.0, 0.5, 1.0)


def test_pressure_program_and_clock():
    decoder = MidiDecoder()
    assert one(decoder, mido.Message("aftertouch", channel=4, value=127)) == {"midi.pressure.ch.5": 1.0}
    assert one(decoder, mido.Message("polytouch", channel=4, note=60, value=127)) == {"midi.aftertouch.60.ch.5": 1.0}
    assert one(decoder, mido.Message("program_change", channel=0, program=9)) == {"midi.program.9.ch.1": 1.0}
    for kind in ("clock", "start", "stop", "continue"):
        ((change,),) = decoder.decode(mido.Message(kind).bytes(), 0.0)
        assert change == (f"midi.{kind}", 1.0, True)


@pytest.mark.parametrize("kind", ["active_sensing", "reset", "songpos", "song_select", "quarter_frame"])
def test_valid_but_nothing_to_play_with(kind):
    assert MidiDecoder().decode(mido.Message(kind).bytes(), 0.0) == [[]]


@settings(derandomize=True, max_examples=200, deadline=None)
@given(channel=CHANNEL, control=st.integers(0, 31), msb=BYTE7, lsb=BYTE7)
def test_14_bit_pair(channel, control, msb, lsb):
    decoder, end = MidiDecoder(), f".ch.{channel + 1}"
    assert one(decoder, cc(channel, control, msb))[f"midi.cc.{control}{end}"] == msb / 127
    changes = one(decoder, cc(channel, control + 32, lsb), PAIR_S / 2)
    assert changes == {
        f"midi.cc.{control + 32}{end}": lsb / 127,
        f"midi.cc.{control}{end}": (msb * 128 + lsb) / 16383,
    }


def test_14_bit_steps_are_not_cut_to_7():
    decoder, values = MidiDecoder(), set()
    for step, value in enumerate(range(0, 16384, 3)):
        one(decoder, cc(0, 7, value >> 7), step * 0.01)
        values.add(one(decoder, cc(0, 39, value & 127), step * 0.01)["midi.cc.7.ch.1"])
    assert len(values) == len(range(0, 16384, 3))


def test_buttons_on_32_to_63_do_not_move_the_fader_below():
    """A common small controller has faders on 0-7 and buttons on 32-39."""
    decoder = MidiDecoder()
    one(decoder, cc(0, 0, 64), 0.0)
    assert one(decoder, cc(0, 32, 127), 1.0) == {"midi.cc.32.ch.1": 1.0}
    assert one(decoder, cc(1, 32, 127), 0.0) == {"midi.cc.32.ch.2": 1.0}, "another channel"
    assert one(decoder, cc(0, 33, 127), 0.0) == {"midi.cc.33.ch.1": 1.0}, "another controller"


def test_lsb_alone_counts_once_the_controller_is_known_as_14_bit():
    decoder = MidiDecoder()
    for i in range(3):
        one(decoder, cc(0, 1, 10), i)
        one(decoder, cc(0, 33, i), i)
    assert one(decoder, cc(0, 33, 99), 60.0)["midi.cc.1.ch.1"] == (10 * 128 + 99) / 16383


@settings(derandomize=True, max_examples=200, deadline=None)
@given(channel=CHANNEL, number=st.integers(0, 16382), value=st.integers(0, 16383))
def test_nrpn(channel, number, value):
    decoder, address = MidiDecoder(), f"midi.nrpn.{number}.ch.{channel + 1}"
    assert address not in one(decoder, cc(channel, 99, number >> 7))
    assert address not in one(decoder, cc(channel, 98, number & 127))
    assert one(decoder, cc(channel, 6, value >> 7))[address] == (value >> 7) / 127
    assert one(decoder, cc(channel, 38, value & 127))[address] == value / 16383


@pytest.mark.parametrize(
    "chosen", [[], [(99, 1)], [(98, 1)], [(99, 1), (98, 1), (101, 0), (100, 0)], [(99, 127), (98, 127)]]
)
def test_data_entry_without_nrpn_is_a_plain_controller(chosen):
    decoder = MidiDecoder()
    for control, value in chosen:
        one(decoder, cc(0, control, value))
    assert one(decoder, cc(0, 6, 127)) == {"midi.cc.6.ch.1": 1.0}


def test_several_messages_in_one_chunk():
    data = mido.Message("note_on", note=1, velocity=127).bytes() + mido.Message("clock").bytes() + cc(2, 3, 0).bytes()
    changes = list(itertools.chain(*MidiDecoder().decode(data, 0.0)))
    assert [address for address, _, _ in changes] == ["midi.note.1.ch.1", "midi.clock", "midi.cc.3.ch.3"]


@pytest.mark.parametrize(
    "data",
    [
        [],
        [0x40],
        [1, 2, 3],
        [0xB0],
        [0xB0, 1],
        [0xB0, 1, 0x80],
        [0xC0, 1, 2],
        [0xF4],
        [0xF7],
        [0xF0, 1, 0xF7],
        [0xF0, *[1] * 300, 0xF7],
        [0xF0, *[1] * 300],
        [1] * 300,
        [0xB0] * 300,
        [0xF8] * (MAX_BYTES + 1),
    ],
)
def test_garbage_is_refused(data):
    with pytest.raises(ValueError):
        MidiDecoder().decode(data, 0.0)


@settings(derandomize=True, max_examples=300, deadline=5000)
@given(st.lists(st.lists(st.integers(0, 255), max_size=40), max_size=10))
def test_random_bytes(chunks):
    decoder = MidiDecoder()
    for time, chunk in enumerate(chunks):
        try:
            messages = decoder.decode(chunk, float(time))
        except ValueError:
            continue
        assert messages
        for address, value, _ in itertools.chain(*messages):
            assert address.startswith("midi.") and 0.0 <= value <= 1.0


@settings(derandomize=True, max_examples=300, deadline=None)
@given(data=st.data())
def test_valid_messages_survive_being_cut(data):
    """A cut message is refused and does not spoil the next."""
    message = data.draw(st.sampled_from([cc(1, 2, 3), mido.Message("note_on"), mido.Message("pitchwheel")])).bytes()
    decoder = MidiDecoder()
    with pytest.raises(ValueError):
        decoder.decode(message[: data.draw(st.integers(0, len(message) - 1))], 0.0)
    assert len(decoder.decode(message, 0.0)) == 1


def played(changes, address):
    return [value for message in changes for where, value, _ in message if where == address]


@pytest.mark.parametrize("order", ["msb first", "lsb first"])
@pytest.mark.parametrize("apart", [0.0, 0.004])
def test_pairs_in_either_order_never_step_back(order, apart):
    """A slow sweep up, then a fast one without a pause: every value that is reported lies on the way."""
    decoder, time, seen = MidiDecoder(), 0.0, []
    for n, position in enumerate(range(0, 16384, 37)):
        halves = [(0xB0, 7, position >> 7), (0xB0, 39, position & 127)]
        for half in halves if order == "msb first" else halves[::-1]:
            seen += [(position, value) for value in played(decoder.decode(half, time), "midi.cc.7.ch.1")]
            time += apart
        time += 0.1 if n < 5 else 0.011
    fine = [value for position, value in seen if value == position / 16383]
    assert len(fine) >= 440 - 5, "nearly every position is reported with all of its bits"
    if order == "lsb first":
        assert [value for _, value in seen[4:]] == sorted(value for _, value in seen[4:])


def test_data_entry_of_an_nrpn_in_either_order():
    decoder = MidiDecoder()
    for control, value in ((99, 1), (98, 2)):
        decoder.decode((0xB0, control, value), 0.0)
    first = [decoder.decode((0xB0, control, value), 1.0) for control, value in ((38, 5), (6, 64))]
    assert [played(one, "midi.nrpn.130.ch.1") for one in first] == [[], [(64 * 128 + 5) / 16383]]
    other = MidiDecoder()
    for control, value in ((98, 2), (99, 1)):
        other.decode((0xB0, control, value), 0.0)
    first = [other.decode((0xB0, control, value), 1.0) for control, value in ((6, 64), (38, 5))]
    assert [played(one, "midi.nrpn.130.ch.1") for one in first] == [[64 / 127], [(64 * 128 + 5) / 16383]]


def test_a_wrong_guess_of_the_order_lasts_until_the_next_pause():
    """The port was opened in the middle of a sweep: the first half heard was no first half."""
    decoder = MidiDecoder()
    for n, half in enumerate([(0xB0, 39, 3), (0xB0, 7, 20), (0xB0, 39, 4), (0xB0, 7, 20)]):
        decoder.decode(half, 0.01 * n)
    after = [decoder.decode(half, 5.0) for half in ((0xB0, 7, 20), (0xB0, 39, 9))]
    assert played(after[1], "midi.cc.7.ch.1") == [(20 * 128 + 9) / 16383]
