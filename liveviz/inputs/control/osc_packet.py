"""OSC packets, checked before they are believed. Anybody on the network may send us anything, so sizes, tags, letters and
numbers are checked here, in time that grows with the packet's length only. Senders are as they are: old ones leave the
type tags out, others write numbers as text. A message with a fault costs itself; a packet whose parts do not add up is
refused whole. Source: OSC 1.0 specification, with the non-standard types that senders use.

The codec is ours: python-osc, the reference in the tests, takes 7 µs a message, and four hundred in one packet would cost
three milliseconds. What an address or a row of tags means is worked out once and kept.
"""

import math
import re
import struct
from typing import NamedTuple

from liveviz.inputs.control.osc_arguments import (
    MAX_ARGUMENTS,
    MAX_TEXT,
    PacketError,
    read_tagged,
    read_text,
    read_untagged,
)

MAX_PACKET = 8192  # bytes
MAX_MESSAGES = 400  # in one packet
MAX_DEPTH = 4  # bundles in bundles, arrays in arrays
MAX_ADDRESS = 200  # bytes
MAX_AHEAD_S = 1.0  # how far in the future a bundle may ask to be applied
MAX_FAULTS = 8  # that are told of one packet

_BUNDLE_HEAD = b"#bundle\0"
_IMMEDIATE_TIMETAG = 1
_NTP_TO_UNIX_S = 2_208_988_800  # 1900 to 1970
_CACHED_NAMES = 2048
_PLAIN_ADDRESS = re.compile(rb"((?:/[!\x22$-)+.0->@-Z\\^-z|~-]+)+)\0{1,4}")
_NO_PATTERN = dict.fromkeys(map(ord, " #*,?[]{}"))
_COMMA_BYTE, _HASH_BYTE = b",#"
_SIZE_STRUCT = struct.Struct(">i")


class Message(NamedTuple):
    """One OSC message.

    address: as sent, `/a/b`; any letters.
    numbers: its numbers in order, arrays flattened, all finite: ints, floats and bools, strings and characters that are
        numbers, the four parts of a colour from 0 to 1, a MIDI message's value from 0 to 1.
    bare: it has no argument at all, or nothing but impulses and nils: a trigger.
    query: its only argument is the string `?`. text: its only argument, where that is another string (it may be a
        number), printable, up to MAX_TEXT letters.
    words: its first strings, each printable and up to MAX_TEXT letters.
    ahead: seconds from now at which it asks to be applied, 0 to MAX_AHEAD_S.
    """

    address: str
    numbers: tuple[float, ...]
    bare: bool
    query: bool
    ahead: float
    text: str = ""
    words: tuple[str, ...] = ()


_make = Message._make  # in half the time of a call by name


class Notes:
    """What there is to say of one packet beside its messages.

    faults: why messages of it were refused, the first MAX_FAULTS of `refused`. early: seconds by which its timetag was
    farther ahead than MAX_AHEAD_S allows, so that it is played now; 0 where none was.
    """

    __slots__ = ("early", "faults", "refused")

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.refused = 0
        self.early = 0.0

    def fault(self, error: PacketError) -> None:
        """One message was refused."""
        self.refused += 1
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(str(error))


class _Tags(NamedTuple):
    """Type tags without the brackets of arrays.

    plain: reads the arguments where all are numbers of a fixed size, or none has any bytes; then `said` are the numbers
    that the tags alone mean, and `bare` is whether they are a trigger.
    """

    tags: str
    plain: struct.Struct | None
    said: tuple[float, ...] = ()
    bare: bool = False


# What was worked out already, by the padded bytes: a sender says the same again and again.
_addresses: dict[bytes, str] = {}
_tags: dict[bytes, _Tags] = {}


def read_packet(packet: bytes, utc: float | None, notes: Notes | None = None) -> list[Message]:
    """The messages of one UDP packet, in order; messages of one bundle have the same `ahead`.

    Args:
        packet: as received.
        utc: Unix seconds now, None where that is not known. A timetag in the past, one too far ahead (the sender's clock
            is wrong) and, without `utc`, every one means now.
        notes: takes what was refused.
    Raises:
        PacketError: its parts do not add up, it goes beyond the limits of this module, or no message in it is any good.
    """
    if not 0 < len(packet) <= MAX_PACKET or len(packet) % 4:
        raise PacketError(f"{len(packet)} bytes; a packet has a multiple of 4 up to {MAX_PACKET}")
    notes = Notes() if notes is None else notes
    if not packet.startswith(_BUNDLE_HEAD):
        return [_message(packet, 0, len(packet), 0.0)]
    messages: list[Message] = []
    _bundle(packet, 0, len(packet), 0, utc, messages, notes)
    if not messages and notes.refused:
        raise PacketError(notes.faults[0])
    return messages


def _bundle(
    packet: bytes, start: int, end: int, depth: int, utc: float | None, out: list[Message], notes: Notes
) -> None:
    """The elements of a bundle between two positions that were checked."""
    if depth >= MAX_DEPTH:
        raise PacketError(f"bundles more than {MAX_DEPTH} deep")
    if end - start < 16:
        raise PacketError("a bundle without timetag")
    ahead = _ahead(int.from_bytes(packet[start + 8 : start + 16], "big"), utc, notes)
    elements: list[tuple[int, int]] = []
    position = start + 16
    while position < end:  # first the whole of it: in a packet that was cut nothing can be trusted
        if end - position < 4:
            raise PacketError("a bundle that ends within a size")
        (size,) = _SIZE_STRUCT.unpack_from(packet, position)
        first = position + 4
        position = first + size
        if size <= 0 or size & 3 or position > end:
            raise PacketError(f"an element of {size} bytes where {end - first} are left")
        elements.append((first, position))
    if len(out) + notes.refused + len(elements) > MAX_MESSAGES:
        raise PacketError(f"more than {MAX_MESSAGES} messages")
    for first, last in elements:
        try:
            if packet[first] == _HASH_BYTE and packet.startswith(_BUNDLE_HEAD, first, last):
                _nested(packet, first, last, depth + 1, utc, out, notes)
            else:
                out.append(_message(packet, first, last, ahead))
        except PacketError as error:
            notes.fault(error)


def _nested(
    packet: bytes, start: int, end: int, depth: int, utc: float | None, out: list[Message], notes: Notes
) -> None:
    """A bundle in a bundle, whole or not at all."""
    inner: list[Message] = []
    _bundle(packet, start, end, depth, utc, inner, notes)
    if len(out) + len(inner) > MAX_MESSAGES:
        raise PacketError(f"more than {MAX_MESSAGES} messages")
    out += inner


def _ahead(timetag: int, utc: float | None, notes: Notes) -> float:
    if timetag == _IMMEDIATE_TIMETAG or utc is None:
        return 0.0
    ahead = timetag / 2**32 - _NTP_TO_UNIX_S - utc
    if ahead > MAX_AHEAD_S:
        notes.early = max(notes.early, ahead)
        return 0.0
    return max(ahead, 0.0)


def _message(packet: bytes, start: int, end: int, ahead: float) -> Message:
    """The message between two positions, whose arguments must fill it."""
    after = (packet.find(0, start, end) | 3) + 1  # strings end at a multiple of 4; 0 where nothing was found
    name = packet[start:after]
    address = _addresses.get(name) or _address(name, end - start)
    if after == end:
        return Message(address, (), True, False, ahead)
    if packet[after] != _COMMA_BYTE:
        return Message(address, read_untagged(packet, after, end, address), False, False, ahead)
    position = (packet.find(0, after, end) | 3) + 1
    padded = packet[after:position]
    tags, plain, said, bare = _tags.get(padded) or _work_out(padded, end - after, address)
    if plain is None:
        numbers, text, words = read_tagged(packet, position, end, address, tags)
        query = text == "?"
        return Message(address, numbers, False, query, ahead, "" if query else text, words)
    if plain.size != end - position:
        raise PacketError(f"{address}: {end - position} bytes of arguments where its type tags speak of {plain.size}")
    if not plain.size:
        return _make((address, said, bare, False, ahead, "", ()))
    numbers = plain.unpack_from(packet, position)
    if not math.isfinite(sum(numbers)) and not all(map(math.isfinite, numbers)):
        raise PacketError(f"{address}: a number that is not finite")
    return _make((address, numbers, False, False, ahead, "", ()))


def _work_out(padded: bytes, room: int, address: str) -> _Tags:
    """The type tags in a padded string that was not seen before."""
    tags = read_text(padded, room)[1:]
    depth = 0
    for tag in tags if "[" in tags or "]" in tags else "":
        depth += (tag == "[") - (tag == "]")
        if not 0 <= depth <= MAX_DEPTH:
            break
    if depth:
        raise PacketError(f"{address}: arrays that do not pair or are more than {MAX_DEPTH} deep")
    if len(tags) > 4 * MAX_ARGUMENTS:
        raise PacketError(f"{address}: more than {MAX_ARGUMENTS} arguments")
    tags = tags.replace("[", "").replace("]", "")
    if len(tags) > MAX_ARGUMENTS:
        raise PacketError(f"{address}: {len(tags)} arguments; at most {MAX_ARGUMENTS} are read")
    plain = (
        None if tags.strip("ifhd") and tags.strip("TFIN") else struct.Struct(">" + tags.strip("TFIN").replace("h", "q"))
    )
    said = tuple(float(tag == "T") for tag in tags if tag in "TF")
    if len(_tags) >= _CACHED_NAMES:
        _tags.clear()
    found = _tags[padded] = _Tags(tags, plain, said, not tags.strip("IN"))
    return found


def _address(name: bytes, room: int) -> str:
    """The address in a padded string: parts of any printable letters; it names one thing."""
    if len(name) > MAX_ADDRESS and len(name.rstrip(b"\0")) > MAX_ADDRESS:
        raise PacketError(f"an address of more than {MAX_ADDRESS} bytes")
    if found := _PLAIN_ADDRESS.fullmatch(name):  # as nearly all are
        text = found[1].decode()
    else:
        text = read_text(name, room)
        if text[:1] != "/" or text[-1] == "/" or "//" in text:
            raise PacketError(f"{text[:MAX_TEXT]!a} is no address: parts with / before each")
        if text.translate(_NO_PATTERN) != text:
            raise PacketError(f"{text[:MAX_TEXT]!a}: a pattern or a space in the address; patterns are not expanded")
        if not text.isprintable():
            raise PacketError(f"{text[:MAX_TEXT]!a}: letters that cannot be printed in the address")
    if len(_addresses) >= _CACHED_NAMES:
        _addresses.clear()
    _addresses[name] = text
    return text


def write_message(address: str, value: float | str) -> bytes:
    """An OSC message with one float32 or one string; PacketError where the value does not fit."""
    try:
        if isinstance(value, str):
            return padded(address) + b",s\0\0" + padded(value.replace("\0", ""))
        return padded(address) + b",f\0\0" + struct.pack(">f", value)
    except OverflowError as error:
        raise PacketError(f"{address}: {value:g} is no float32") from error


def padded(text: str) -> bytes:
    """A text as OSC writes it: ended by 1 to 4 zeros, so that 4 bytes go on evenly."""
    raw = text.encode()
    return raw + b"\0" * (4 - len(raw) % 4)
