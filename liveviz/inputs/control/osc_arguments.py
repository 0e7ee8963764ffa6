"""The arguments of an OSC message, of every type that senders use, as numbers and text. A mixer says `,f`, a phone `,T`, a
colour picker `,r`, a script writes its numbers as text, and what is older than type tags says nothing of its types.
"""

import math
import re
import struct

from liveviz.spec.addresses import RELATIVE_SIGNS

MAX_ARGUMENTS = 400
MAX_TEXT = 50  # letters
MAX_WORDS = 4  # strings of one message that are kept

_STRUCT_CODES = {"i": "i", "f": "f", "h": "q", "d": "d", "t": "8x", "r": "4B", "m": "4B", "c": "I"}
_FIXED_STRUCTS = {tag: struct.Struct(">" + code) for tag, code in _STRUCT_CODES.items()}
_NUMBER_PATTERN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_HIGHEST_NUMBER = 1e9  # nobody plays with numbers that are larger, or nearer to 0 than one in so many
# An argument without a tag that is below this is an int: as a float it would be next to nothing
_UNTAGGED_INTS_BELOW = 1 << 16


class PacketError(ValueError):
    """A packet or message that is refused; the message says why."""


def as_number(text: str) -> float | None:
    """The finite number that is written in `text`, or None."""
    word = text.strip()
    if len(word) > MAX_TEXT or not _NUMBER_PATTERN.fullmatch(word):
        return None
    number = float(word)
    return number if math.isfinite(number) else None


def read_text(padded: bytes, room: int) -> str:
    """The string in `padded`, which ends within `room` bytes; PacketError where it is none."""
    text = padded.rstrip(b"\0")
    if not 0 < len(padded) - len(text) <= 4 or len(padded) > room or b"\0" in text:
        raise PacketError("a string without end, or whose padding is not zeros")
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise PacketError(f"{ascii(text[:MAX_TEXT])[1:]}: letters that are not UTF-8") from None


def read_tagged(
    packet: bytes, position: int, end: int, address: str, tags: str
) -> tuple[tuple[float, ...], str, tuple[str, ...]]:
    """(the numbers, the text where the only argument is one, the first strings) of the arguments from `position` to `end`,
    which they fill. A text "+" or "-" may be followed by a number, its step.

    Args:
        address: of the message, for what is said of a fault. tags: without the brackets of arrays.
    Raises:
        PacketError: they do not add up, or a number is not finite.
    """
    numbers: list[float] = []
    text = ""
    words: list[str] = []
    for tag in tags:
        if tag in "TF":
            numbers.append(float(tag == "T"))
        elif tag in "sS":
            after = (packet.find(0, position, end) | 3) + 1
            text = read_text(packet[position:after], end - position)
            position = after
            if len(words) < MAX_WORDS and len(text) <= MAX_TEXT and text.isprintable():
                words.append(text)
            if text and (number := as_number(text)) is not None:
                numbers.append(number)
        elif tag == "b":
            position = _after_blob(packet, position, end, address)
        elif tag in _FIXED_STRUCTS:
            fixed = _FIXED_STRUCTS[tag]
            if position + fixed.size > end:
                raise PacketError(f"{address}: arguments that are cut")
            values = fixed.unpack_from(packet, position)
            position += fixed.size
            if tag == "c":
                text = chr(values[0]) if values[0] < 0x110000 else ""
                values = () if (number := as_number(text)) is None else (number,)
            elif tag == "r":
                values = tuple(part / 255.0 for part in values)
            elif tag == "m":
                values = (_midi_value(*values),)
            numbers += map(float, values)
        elif tag not in "IN":
            raise PacketError(f"{address}: unknown type tag {tag!r}")
    if position != end:
        raise PacketError(f"{address}: {end - position} bytes more than its type tags speak of")
    if not all(map(math.isfinite, numbers)):
        raise PacketError(f"{address}: a number that is not finite")
    if len(numbers) > MAX_ARGUMENTS:
        raise PacketError(f"{address}: {len(numbers)} numbers; at most {MAX_ARGUMENTS} are read")
    said = text if tags in ("s", "S", "c") and len(text) <= MAX_TEXT and text.isprintable() else ""
    if len(tags) == 2 and tags[0] in "sS" and words and words[0] in RELATIVE_SIGNS and len(numbers) == 1:
        said = words[0]
    return tuple(numbers), said, tuple(words)


def _midi_value(_port: int, status: int, first: int, second: int) -> float:
    """What a MIDI message turns, 0 to 1: velocity, controller, pressure, program, place of the bend; 0 of a note off."""
    kind = status & 0xF0
    first, second = first & 127, second & 127
    if kind == 0xE0:
        return (first + 128 * second) / 16383.0
    if kind in (0xC0, 0xD0):
        return first / 127.0
    return 0.0 if kind == 0x80 else second / 127.0


def _after_blob(packet: bytes, position: int, end: int, address: str) -> int:
    if position + 4 > end:
        raise PacketError(f"{address}: a blob without size")
    size = int.from_bytes(packet[position : position + 4], "big", signed=True)
    after = position + 4 + size + -size % 4
    if size < 0 or after > end:
        raise PacketError(f"{address}: a blob of {size} bytes")
    return after


def read_untagged(packet: bytes, position: int, end: int, address: str) -> tuple[float, ...]:
    """The arguments of a message without type tags, as senders older than those write them: words of four bytes, each the
    number that it is likely to be; PacketError where they look like none."""
    count = (end - position) // 4
    if count > MAX_ARGUMENTS:
        raise PacketError(f"{address}: {count} arguments; at most {MAX_ARGUMENTS} are read")
    ints = struct.unpack_from(f">{count}i", packet, position)
    floats = struct.unpack_from(f">{count}f", packet, position)
    numbers = tuple(float(i) if abs(i) < _UNTAGGED_INTS_BELOW else f for i, f in zip(ints, floats, strict=True))
    if not all(n == 0.0 or 1.0 / _HIGHEST_NUMBER <= abs(n) <= _HIGHEST_NUMBER for n in numbers):
        raise PacketError(f"{address}: no type tags, and arguments that look like no numbers")
    return numbers
