"""What controllers are called: the addresses that a route may listen to. MIDI, OSC and the window's keys are known here; a
further control source brings its own."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from liveviz.spec.keys import KEYS

RELATIVE_SIGNS = ("+", "-")  # as the text of a message: it moves a parameter from where it is
OWN_UNIT = "/value"  # behind a parameter's OSC address: in its own unit, instead of a position from 0 to 1


@dataclass(frozen=True, slots=True)
class Address:
    """The addresses of one kind of control.

    pattern: regular expression that a whole address matches.
    kind: `knob` (0 to 1, and it stays where it is put) or `button` (above 0 while it is held, or once when it is hit).
    written: how mapping files write it, such as "midi.cc.0-127".
    help: what it is, in a few words.
    pickup: a knob that must be picked up before it moves a value that something else has set, unless a route says more.
    channel: whether the address may also stand without its last part, `.ch.N`, and then means every channel.
    """

    pattern: str
    kind: str
    written: str
    help: str
    pickup: bool = False
    channel: bool = False

    def __post_init__(self) -> None:
        if self.kind not in ("knob", "button"):
            raise ValueError(f"{self.written}: kind {self.kind!r} is neither knob nor button")
        re.compile(self.pattern)

    def matches(self, address: str) -> bool:
        """Whether `address` is one of these."""
        return re.fullmatch(self.pattern, address) is not None


class Addresses:
    """Every kind of control that a show knows."""

    def __init__(self, kinds: Iterable[Address]) -> None:
        self._kinds = tuple(kinds)

    def find(self, address: str) -> Address | None:
        """What kind of control has that address; None where no control has."""
        return next((kind for kind in self._kinds if kind.matches(address)), None)

    @property
    def words(self) -> str:
        """All of them as messages write them: "midi.cc.0-127, midi.note.0-127, ..."."""
        return ", ".join(kind.written for kind in self._kinds)

    def __iter__(self) -> Iterator[Address]:
        return iter(self._kinds)


def without_channel(address: str) -> str:
    """An address of MIDI as a route for any channel has it: `midi.cc.1` of `midi.cc.1.ch.10`; any other as it is."""
    return address.partition(".ch.")[0] if address.startswith("midi.") else address


_CHANNEL_PATTERN = r"(?:\.ch\.(?:[1-9]|1[0-6]))?"
_SEVEN_BIT_PATTERN = r"(?:\d|[1-9]\d|1[01]\d|12[0-7])"
_NRPN_PATTERN = r"(?:0|[1-9]\d{0,3}|1[0-5]\d{3}|16[0-2]\d{2}|163[0-7]\d|1638[0-3])"

MIDI_ADDRESSES = (
    Address(
        rf"midi\.cc\.{_SEVEN_BIT_PATTERN}{_CHANNEL_PATTERN}",
        "knob",
        "midi.cc.0-127",
        "a controller; 14 bit where its sender has that",
        True,
        True,
    ),
    Address(
        rf"midi\.nrpn\.{_NRPN_PATTERN}{_CHANNEL_PATTERN}",
        "knob",
        "midi.nrpn.0-16383",
        "a controller with a longer number",
        True,
        True,
    ),
    Address(
        rf"midi\.note\.{_SEVEN_BIT_PATTERN}{_CHANNEL_PATTERN}",
        "button",
        "midi.note.0-127",
        "a note: its velocity while it is held",
        channel=True,
    ),
    Address(rf"midi\.pitch{_CHANNEL_PATTERN}", "knob", "midi.pitch", "pitch bend; 0.5 is its middle", channel=True),
    Address(rf"midi\.pressure{_CHANNEL_PATTERN}", "knob", "midi.pressure", "channel pressure", channel=True),
    Address(
        rf"midi\.aftertouch\.{_SEVEN_BIT_PATTERN}{_CHANNEL_PATTERN}",
        "knob",
        "midi.aftertouch.0-127",
        "the pressure on one key",
        channel=True,
    ),
    Address(
        rf"midi\.program\.{_SEVEN_BIT_PATTERN}{_CHANNEL_PATTERN}",
        "button",
        "midi.program.0-127",
        "a program change: 1 when it comes",
        channel=True,
    ),
    Address(
        r"midi\.(?:start|stop|continue)",
        "button",
        "midi.start, midi.stop, midi.continue",
        "the transport: 1 when it comes",
    ),
)
KEY_ADDRESS = Address(rf"key\.(?:{'|'.join(KEYS)})", "button", "key.NAME", "a key of the window, 1 while it is held")
OSC_ADDRESS = Address(
    r"(?:/[^\s/#*,?\[\]{}]+)+", "knob", "an OSC address that starts with /", "any address of any program"
)
ADDRESSES = Addresses((*MIDI_ADDRESSES, KEY_ADDRESS, OSC_ADDRESS))
