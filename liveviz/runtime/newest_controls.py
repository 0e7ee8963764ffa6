"""What a frame does with the control messages that came since the one before: all of it, or, in a flood, the newest of each
address. A frame that did ten thousand messages would be late, and all but the last of each would be seen by nobody."""

import struct
from collections.abc import Sequence

from liveviz.runtime.ipc import wire
from liveviz.spec import ControlMessage

FLOOD = 256  # messages in one frame; nobody's hands do as many

_HEAD_BYTES = 16
_VALUE_STRUCT = struct.Struct("<8xd")
_SLASH_BYTE = ord("/")
_NO_WORDS = b"\0\0"  # neither a text nor a port


def unpacked(records: Sequence[bytes]) -> list[ControlMessage]:
    """The messages in the records of the ring of controls, oldest first.

    More than FLOOD are a flood: of the plain values of an OSC address only the newest stays, and the newest above 0 before
    it, so that a button that was pressed and let go has been pressed; in the order of their last change. Notes, words and
    everything of MIDI stay.
    """
    if len(records) <= FLOOD:
        return [wire.unpack_control(record) for record in records]
    kept: dict[tuple[bytes, bool] | int, bytes] = {}
    for place, record in enumerate(records):
        words = record[_HEAD_BYTES:]
        if words[:1] and words[0] == _SLASH_BYTE and words.endswith(_NO_WORDS):
            key = words, _VALUE_STRUCT.unpack_from(record)[0] > 0.0
            kept.pop(key, None)
            kept[key] = record
        else:
            kept[place] = record
    return [wire.unpack_control(record) for record in kept.values()]
