"""The boxes that an mp4 is made of, as far as a recording must know them. A library that writes one tells nobody when its
last writes fail, and by then it may have turned the fragments into a file whose index is not there: what it did to the
head is undone, so that what was written until then plays."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 4096  # bytes, in which the end of a recording changes what was written first


def _walk(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """(name, where it begins, where it ends) of every whole box of the file."""
    size, at = os.fstat(file.fileno()).st_size, 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length, name = struct.unpack(">I4s", head[:8])
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack(">Q", head[8:])
        if length < 8 or at + length > size:
            return
        yield name, at, at + length
        at += length


def is_finished(path: Path) -> bool:
    """Whether the file ends with its index, and nothing after: it is no chain of fragments any more. OSError."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        found = list(_walk(file))
    names = [name for name, _, _ in found]
    return bool(found) and names[-1] == b"moov" and b"moof" not in names and found[-1][2] == path.stat().st_size


def read_head(path: Path) -> bytes:
    """What `undo_end` needs, before the end is written. OSError."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def undo_end(path: Path, head: bytes) -> None:
    """Make the file a chain of whole fragments again: `head` is what it began with. OSError where it cannot be written."""
    if not path.is_file():
        return
    with path.open("r+b") as file:
        if os.fstat(file.fileno()).st_size < len(head):
            return
        file.write(head)
        file.flush()
        whole = [end for name, _, end in _walk(file) if name == b"mdat"]
        if whole:
            file.truncate(whole[-1])
