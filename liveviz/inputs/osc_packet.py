"""OSC packets, checked before they are believed. python-osc reads well-formed messages well, but trusts their sizes,
tags and numbers; anybody on the network may send us anything. So everything about a packet is checked here first, in time
that grows with its length only, and a packet with one fault is refused whole. Source: OSC 1.0 specification."""

import math
import re
import struct
from dataclasses import dataclass
from typing import Any

from pythonosc import osc_message
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder

MAX_PACKET = 8192  # bytes
MAX_MESSAGES = 64  # in one packet
MAX_ARGUMENTS = 32
MAX_DEPTH = 4  # bundles in bundles, arrays in arrays
MAX_ADDRESS = 200  # bytes
MAX_TEXT = 50
MAX_AHEAD_S = 1.0  # how far in the future a bundle may ask to be applied

_BUNDLE = b"#bundle\0"
_IMMEDIATELY = 1
_NTP_TO_UNIX_S = 2_208_988_800  # 1900 to 1970
# Parts of printable ASCII without space and the characters of patterns: an address names one thing.
_ADDRESS = re.compile(rb"(?:/[^\x00- \x7f-\xff#*,/?\[\]{}]+)+")
_SIZES = {ord("i"): 4, ord("f"): 4, ord("r"): 4, ord("m"): 4, ord("h"): 8, ord("d"): 8, ord("t"): 8}
_SIZES |= {ord("T"): 0, ord("F"): 0, ord("N"): 0}
_NUMBERS = frozenset(b"ifhdTF")
_BRACKETS = b"[]"
_STRING, _BLOB, _OPEN, _CLOSE = ord("s"), ord("b"), ord("["), ord("]")


class PacketError(ValueError):
    """A packet that is refused; the message says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """One OSC message.

    address: as sent, `/a/b`.
    numbers: its int, float and bool arguments in order, arrays flattened, all finite.
    bare: it has no argument at all: a trigger.
    query: its only argument is the string `?`. text: its only argument, where that is another string, of printable ASCII.
    ahead: seconds from now at which it asks to be applied, 0 to MAX_AHEAD_S.
    """

    address: str
    numbers: tuple[float, ...]
    bare: bool
    query: bool
    ahead: float
    text: str = ""


def read_packet(packet: bytes, utc: float | None) -> list[Message]:
    """The messages of one UDP packet, in order; messages of one bundle have the same `ahead`.

    Args:
        packet: as received.
        utc: Unix seconds now, None where that is not known: then the only timetag is "immediately". One in the past
            means now.
    Raises:
        PacketError: anything about it is not as OSC 1.0 and the limits of this module say.
    """
    if not 0 < len(packet) <= MAX_PACKET or len(packet) % 4:
        raise PacketError(f"{len(packet)} bytes; a packet has a multiple of 4 up to {MAX_PACKET}")
    messages: list[Message] = []
    _read(packet, 0, len(packet), 0.0, 0, utc, messages)
    return messages


def _read(packet: bytes, start: int, end: int, ahead: float, depth: int, utc: float | None, out: list[Message]) -> None:
    """One element of a packet, message or bundle, between two positions that were checked."""
    if not packet.startswith(_BUNDLE, start, end):
        if len(out) >= MAX_MESSAGES:
            raise PacketError(f"more than {MAX_MESSAGES} messages")
        out.append(_message(packet[start:end], ahead))
        return
    if depth >= MAX_DEPTH:
        raise PacketError(f"bundles more than {MAX_DEPTH} deep")
    if end - start < 16:
        raise PacketError("a bundle without timetag")
    ahead = _ahead(struct.unpack_from(">Q", packet, start + 8)[0], utc)
    position = start + 16
    while position < end:
        if end - position < 4:
            raise PacketError("a bundle that ends within a size")
        size = struct.unpack_from(">i", packet, position)[0]
        position += 4
        if size <= 0 or size % 4 or size > end - position:
            raise PacketError(f"an element of {size} bytes where {end - position} are left")
        _read(packet, position, position + size, ahead, depth + 1, utc, out)
        position += size


def _ahead(timetag: int, utc: float | None) -> float:
    if timetag == _IMMEDIATELY:
        return 0.0
    if utc is None:
        raise PacketError("a timetag, and no clock to compare it with")
    ahead = timetag / 2**32 - _NTP_TO_UNIX_S - utc
    if ahead > MAX_AHEAD_S:
        raise PacketError(f"a timetag {ahead:.1f} s ahead; at most {MAX_AHEAD_S:g} s")
    return max(ahead, 0.0)


def _message(data: bytes, ahead: float) -> Message:
    tags = _checked_tags(data)
    try:
        parsed = osc_message.OscMessage(data)
    except (osc_message.ParseError, ValueError, OverflowError) as error:
        raise PacketError(f"python-osc: {error}") from error
    numbers: list[float] = []
    for tag, argument in zip(tags.translate(None, _BRACKETS), _flat(parsed.params), strict=True):
        if tag in _NUMBERS:
            if not math.isfinite(argument):
                raise PacketError("a number that is not finite")
            numbers.append(float(argument))
    text = str(parsed.params[0]) if tags == b"s" else ""
    said = text if text != "?" and 0 < len(text) <= MAX_TEXT and text.isascii() and text.isprintable() else ""
    return Message(parsed.address, tuple(numbers), not tags, text == "?", ahead, said)


def _flat(arguments: list[Any]) -> list[Any]:
    flat: list[Any] = []
    for argument in arguments:
        flat += _flat(argument) if isinstance(argument, list) else [argument]
    return flat


def _checked_tags(data: bytes) -> bytes:
    """The type tags of a message whose address, tags and sizes add up; PacketError else."""
    address, position = _string(data, 0)
    if len(address) > MAX_ADDRESS or not _ADDRESS.fullmatch(address):
        raise PacketError("an address that is too long, not printable, empty in places or a pattern")
    tags, position = _string(data, position)
    if not tags.startswith(b","):
        raise PacketError("no type tags")
    tags = tags[1:]
    depth = arguments = 0
    for tag in tags:
        if tag in (_OPEN, _CLOSE):
            depth += 1 if tag == _OPEN else -1
            if not 0 <= depth <= MAX_DEPTH:
                raise PacketError(f"arrays that do not pair or are more than {MAX_DEPTH} deep")
            continue
        arguments += 1
        if tag in _SIZES:
            position += _SIZES[tag]
        elif tag == _STRING:
            _, position = _string(data, position)
        elif tag == _BLOB:
            position = _after_blob(data, position)
        else:
            raise PacketError(f"unknown type tag {chr(tag)!r}")
    if depth or arguments > MAX_ARGUMENTS or len(tags) > 4 * MAX_ARGUMENTS or position != len(data):
        raise PacketError("arguments that are too many, or do not add up to the size of the message")
    return tags


def _string(data: bytes, start: int) -> tuple[bytes, int]:
    """An OSC string, padded with zeros to a multiple of 4, and where it ends."""
    stop = data.find(0, start)
    end = stop + 4 - stop % 4
    if stop < 0 or end > len(data) or any(data[stop:end]):
        raise PacketError("a string without end or padding")
    return data[start:stop], end


def _after_blob(data: bytes, start: int) -> int:
    if start + 4 > len(data):
        raise PacketError("a blob without size")
    size = struct.unpack_from(">i", data, start)[0]
    end = start + 4 + size + -size % 4
    if size < 0 or end > len(data):
        raise PacketError(f"a blob of {size} bytes")
    return int(end)


def write_message(address: str, value: float) -> bytes:
    """An OSC message with one float32; PacketError where the value does not fit one."""
    builder = OscMessageBuilder(address=address)
    builder.add_arg(float(value), OscMessageBuilder.ARG_TYPE_FLOAT)
    try:
        return bytes(builder.build().dgram)
    except (BuildError, OverflowError) as error:
        raise PacketError(f"python-osc: {error}") from error
