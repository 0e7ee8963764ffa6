"""The bytes of a file that is being read, and what all its parts together may cost. Nothing is taken into memory before
its length is known to be in the file: a claim of a header is a claim and nothing more."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from liveviz.spec import LivevizError

MAX_OPCODES = 500_000
MAX_TEXT = 64 << 20
SHARED_SLACK_BYTES = 1 << 16  # bytes of small tensors (filters) that many modules may share


@dataclass
class Budget:
    """What is left to one file, however many pickles are in it.

    opcodes: pickle opcodes. text: bytes of text. weights: bytes of tensors, not many more than the file is long, since no
    generator uses the bytes of a large tensor twice.
    """

    opcodes: int
    text: int
    weights: int


class Source:
    """One opened file: its name for messages, its size, and its budget.

    Raises: LivevizError, from `fail`, always one line that begins with the name.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.file = file
        self.size = os.fstat(file.fileno()).st_size
        self.budget = Budget(MAX_OPCODES, MAX_TEXT, self.size + SHARED_SLACK_BYTES)

    def fail(self, what: str) -> LivevizError:
        """The error for this file, to be raised."""
        return LivevizError(f"{self.path}: {what}")

    def whole(self) -> "FilePart":
        """All of it."""
        return FilePart(self, 0, self.size)


@dataclass(frozen=True, slots=True, eq=False)
class FilePart:
    """`size` bytes of a file from `start` on; not read yet, but known to be there."""

    source: Source
    start: int
    size: int

    def part(self, offset: int, size: int) -> "FilePart":
        """The `size` bytes from `offset` on; LivevizError where the part is not that long."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise self.source.fail(f"is cut: {size} bytes at {self.start + offset} go past byte {self.end}")
        return FilePart(self.source, self.start + offset, size)

    @property
    def end(self) -> int:
        """Position in the file of the first byte behind it."""
        return self.start + self.size

    def read(self) -> bytes:
        """The bytes."""
        self.source.file.seek(self.start)
        data = self.source.file.read(self.size)
        if len(data) != self.size:
            raise self.source.fail("was cut while it was read")
        return data


def shown(value: object) -> str:
    """A value from a file in a message: short, on one line, whatever it is."""
    if isinstance(value, str):
        return ascii(value[:60])
    if value is None or isinstance(value, bool | float) or (type(value) is int and abs(value) < 1 << 64):
        return repr(value)
    return f"a {type(value).__name__}"
