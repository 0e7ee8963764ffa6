"""What a MIDI message means: bytes of one port in, addresses and values out. Apart from the ports, so that every byte
sequence can be tried without one. mido checks and decodes the bytes; here are the pairs that MIDI spreads over several
messages (14-bit controllers, NRPN)."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import mido

MAX_BYTES = 1024  # of one chunk; what is longer is a dump of some device's memory, not playing
# An LSB this soon beside its MSB belongs to it: a device sends both at once, a hand moves two knobs slower
PAIR_S = 0.02
PAIRS_TO_TRUST = 3  # after so many pairs a controller is 14-bit, and its LSB may come alone

_DATA_MSB, _DATA_LSB, _NRPN_LSB, _NRPN_MSB, _RPN_LSB, _RPN_MSB = 6, 38, 98, 99, 100, 101
_REALTIME_ADDRESSES = {"clock": "midi.clock", "start": "midi.start", "stop": "midi.stop", "continue": "midi.continue"}

Change = tuple[str, float, bool]  # address, value 0-1, whether it is an event that counts one by one


@dataclass
class _Pair:
    """The two halves of one 14-bit value: what each was last, and when.

    backwards: this device sends the LSB first, as the first pair after each pause tells; then the value is known with the
    MSB, and an LSB says nothing until that comes. opened: which half came first after the last pause, "" once its
    other half has come too.
    """

    msb: int = -1
    lsb: int = -1
    msb_time: float = -math.inf
    lsb_time: float = -math.inf
    pairs: int = 0
    backwards: bool = False
    opened: str = ""

    def coarse(self, value: int, time: float) -> float:
        """The MSB has come: the value, 0-1, with 14 bits where the LSB was there first, else with 7."""
        follows = 0.0 <= time - self.lsb_time <= PAIR_S
        self._order("msb", follows, time)
        self.msb, self.msb_time = value, time
        if self.backwards and follows:
            return _fine(value, self.lsb)
        return value / 127

    def fine(self, value: int, time: float) -> float | None:
        """The LSB has come: the value, 0-1, or None where it does not belong to an MSB that was there first."""
        follows = 0.0 <= time - self.msb_time <= PAIR_S
        self._order("lsb", follows, time)
        self.lsb, self.lsb_time = value, time
        if self.backwards or self.msb < 0 or not (follows or self.pairs >= PAIRS_TO_TRUST):
            return None
        self.pairs = min(self.pairs + follows, PAIRS_TO_TRUST)
        return _fine(self.msb, value)

    def _order(self, half: str, follows: bool, time: float) -> None:
        if time - max(self.msb_time, self.lsb_time) > PAIR_S:
            self.opened = half
        elif follows and self.opened not in ("", half):
            self.backwards, self.opened = half == "msb", ""


@dataclass
class _Channel:
    pairs: dict[int, _Pair] = field(default_factory=dict)
    nrpn_msb: int = -1
    nrpn_lsb: int = -1
    data: _Pair = field(default_factory=_Pair)  # data entry since the NRPN was chosen


class MidiDecoder:
    """Messages of one port as addresses and values.

    Addresses carry the channel 1-16: `midi.cc.<0-127>.ch.<c>`, `midi.note.<0-127>.ch.<c>` (velocity, 0 = off),
    `midi.pitch.ch.<c>` (0.5 = centre), `midi.pressure.ch.<c>`, `midi.aftertouch.<0-127>.ch.<c>`, `midi.program.<0-127>.ch.<c>` (1),
    `midi.nrpn.<0-16383>.ch.<c>`; without one: `midi.clock` (24 a quarter), `midi.start`, `midi.stop`, `midi.continue`.
    A controller 0-31 answers its MSB with 7 bits at once and with 14 bits when the LSB follows; of a device that sends the
    LSB first, the MSB with 14 bits. Controllers 32-63 are also reported as themselves, since many devices use them for
    buttons.
    State: `encoders`, controllers (`midi.cc.1`, with or without a channel) whose messages count one by one, and are no
    halves of anything; per channel both halves of each controller, their order, and the chosen NRPN.
    """

    def __init__(self) -> None:
        self.encoders: Collection[str] = ()
        self._channels = [_Channel() for _ in range(16)]

    def decode(self, data: Sequence[int], time: float) -> list[list[Change]]:
        """The changes of each message in `data`, one list per message (empty: valid, but nothing to play with).

        Args:
            data: bytes 0-255 as the port gave them: one message, or several whole ones.
            time: seconds, when they arrived.
        Raises:
            ValueError: no whole message in it, or system exclusive.
        """
        if len(data) > MAX_BYTES:
            raise ValueError(f"midi: {len(data)} bytes in one message; at most {MAX_BYTES}")
        if len(data) <= 3:
            messages = [_message(data)]
        elif data[0] == 0xF0:
            raise ValueError("midi: system exclusive")
        else:
            messages = mido.parse_all(data)
        messages = [message for message in messages if message.type != "sysex"]
        if not messages:
            raise ValueError("midi: no whole message")
        return [self._changes(message, time) for message in messages]

    def _changes(self, message: mido.Message, time: float) -> list[Change]:
        kind = message.type
        if kind in _REALTIME_ADDRESSES:
            return [(_REALTIME_ADDRESSES[kind], 1.0, True)]
        if kind == "control_change":
            return self._control(message.channel, message.control, message.value, time)
        if kind not in ("note_on", "note_off", "pitchwheel", "aftertouch", "polytouch", "program_change"):
            return []
        end = f".ch.{message.channel + 1}"
        if kind == "note_on":
            return [(f"midi.note.{message.note}{end}", message.velocity / 127, True)]
        if kind == "note_off":
            return [(f"midi.note.{message.note}{end}", 0.0, True)]
        if kind == "pitchwheel":
            return [(f"midi.pitch{end}", _bend(message.pitch), False)]
        if kind == "aftertouch":
            return [(f"midi.pressure{end}", message.value / 127, False)]
        if kind == "polytouch":
            return [(f"midi.aftertouch.{message.note}{end}", message.value / 127, False)]
        return [(f"midi.program.{message.program}{end}", 1.0, True)]

    def _control(self, channel: int, control: int, value: int, time: float) -> list[Change]:
        state, end = self._channels[channel], f".ch.{channel + 1}"
        changes: list[Change] = []
        address = f"midi.cc.{control}{end}"
        if address in self.encoders or f"midi.cc.{control}" in self.encoders:
            return [(address, value / 127, True)]
        if control < 32:
            pair = state.pairs.setdefault(control, _Pair())
            changes.append((f"midi.cc.{control}{end}", pair.coarse(value, time), False))
        else:
            changes.append((f"midi.cc.{control}{end}", value / 127, False))
        if 32 <= control < 64:
            fine = state.pairs.setdefault(control - 32, _Pair()).fine(value, time)
            if fine is not None:
                changes.append((f"midi.cc.{control - 32}{end}", fine, False))
        return changes + self._nrpn(state, control, value, end, time)

    def _nrpn(self, state: _Channel, control: int, value: int, end: str, time: float) -> list[Change]:
        if control in (_RPN_MSB, _RPN_LSB):  # data entry now belongs to a registered parameter
            state.nrpn_msb = state.nrpn_lsb = -1
        elif control in (_NRPN_MSB, _NRPN_LSB):
            if control == _NRPN_MSB:
                state.nrpn_msb = value
            else:
                state.nrpn_lsb = value
            state.data = _Pair(backwards=state.data.backwards)
        elif control in (_DATA_MSB, _DATA_LSB) and state.nrpn_msb >= 0 and state.nrpn_lsb >= 0:
            number = state.nrpn_msb * 128 + state.nrpn_lsb
            if number == 127 * 128 + 127:  # "no parameter", which devices choose when they are done
                return []
            data = state.data
            turned = data.coarse(value, time) if control == _DATA_MSB else data.fine(value, time)
            if turned is not None:
                return [(f"midi.nrpn.{number}{end}", turned, False)]
        return []


def _message(data: Sequence[int]) -> mido.Message:
    try:
        return mido.Message.from_bytes(data)
    except IndexError as error:  # mido 1.3.3, of a pitch bend or song position that is cut
        raise ValueError("midi: a message that is cut") from error


def _fine(msb: int, lsb: int) -> float:
    return (msb * 128 + lsb) / 16383


def _bend(pitch: int) -> float:
    """-8192 to 8191 as 0 to 1 with 0 exactly in the middle, so that a wheel at rest does not push."""
    return 0.5 + pitch / (16384 if pitch < 0 else 16382)
