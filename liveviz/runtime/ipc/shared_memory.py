"""Mailboxes in shared memory, where processes meet: a slot whose newest content wins, and a bounded ring that keeps the
order. Neither blocks, neither holds a lock that a dying process could keep, and neither pickles."""

import contextlib
import os
import struct
import sys
from multiprocessing.context import BaseContext
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.synchronize import BoundedSemaphore

import numpy as np

from liveviz.spec import LivevizError

_WORD_BYTES = 8
_BUFFER_COUNT = 3  # the writer is never in the buffer that a reader that is one write behind still copies
_READ_TRIES = 8


def _shared_memory(name: str | None, size: int) -> SharedMemory:
    """New shared memory whose bytes are really there, or, with a name, that of somebody else.

    Raises:
        LivevizError: there is no room. Without this check a write into a full /dev/shm ends the process without a word.
    """
    if name is not None:
        return SharedMemory(name)
    try:
        memory = SharedMemory(create=True, size=size)
    except OSError as error:
        raise LivevizError(f"shared memory: {size / 2**20:.1f} MB cannot be had: {error.strerror}") from error
    try:
        if sys.platform == "linux":
            os.posix_fallocate(memory._fd, 0, size)  # type: ignore[attr-defined]
    except OSError as error:
        memory.close()
        memory.unlink()
        raise LivevizError(f"shared memory: no room for {size / 2**20:.1f} MB in /dev/shm: {error.strerror}") from error
    return memory


class Bell:
    """Wakes one waiting process; rings that nobody waits for are remembered once, not counted."""

    def __init__(self, context: BaseContext) -> None:
        self._semaphore: BoundedSemaphore = context.BoundedSemaphore(1)
        self._semaphore.acquire()

    def ring(self) -> None:
        """Wake the waiter, now or when it next waits."""
        with contextlib.suppress(ValueError):  # it has been rung already
            self._semaphore.release()

    def wait(self, timeout: float) -> bool:
        """True once rung, False after `timeout` seconds."""
        return self._semaphore.acquire(timeout=max(0.0, timeout))


class Slot:
    """The newest content of one writer, for any number of readers.

    Args:
        size: bytes of the largest content.
        name: of an existing slot to attach to; None makes a new one, which the maker must `unlink`.
    State: a sequence number that grows by 1 with every write and survives a writer's death.
    """

    def __init__(self, size: int, name: str | None = None) -> None:
        self.size = size
        self._stride = -(-(size + 2 * _WORD_BYTES) // 64) * 64
        total = 64 + _BUFFER_COUNT * self._stride
        self._memory = _shared_memory(name, total)
        buffer = self._memory.buf
        assert buffer is not None
        self._head = np.frombuffer(buffer, np.int64, 1, 0)
        self._marks = [np.frombuffer(buffer, np.int64, 2, 64 + i * self._stride) for i in range(_BUFFER_COUNT)]
        self._bodies = [np.frombuffer(buffer, np.uint8, size, 64 + i * self._stride + 16) for i in range(_BUFFER_COUNT)]

    def __reduce__(self) -> tuple[type["Slot"], tuple[int, str]]:
        return Slot, (self.size, self._memory.name)

    @property
    def sequence(self) -> int:
        """Number of writes so far."""
        return int(self._head[0])

    def write(self, *parts: bytes | np.ndarray) -> int:
        """Put `parts`, one after the other, as the newest content; returns its sequence number.

        Raises:
            ValueError: "slot: 300 bytes do not fit into 200."
        """
        arrays = [np.frombuffer(p, np.uint8) if isinstance(p, bytes) else p.reshape(-1).view(np.uint8) for p in parts]
        length = sum(a.size for a in arrays)
        if length > self.size:
            raise ValueError(f"slot: {length} bytes do not fit into {self.size}.")
        sequence = int(self._head[0]) + 1
        mark, body = self._marks[sequence % _BUFFER_COUNT], self._bodies[sequence % _BUFFER_COUNT]
        mark[0] = -1
        at = 0
        for a in arrays:
            body[at : at + a.size] = a
            at += a.size
        mark[1] = length
        mark[0] = sequence
        self._head[0] = sequence
        return sequence

    def read(self) -> tuple[int, np.ndarray] | None:
        """(sequence, a copy of the newest content as uint8), or None where nothing was ever written."""
        for _ in range(_READ_TRIES):
            sequence = int(self._head[0])
            if sequence <= 0:
                return None
            mark = self._marks[sequence % _BUFFER_COUNT]
            if int(mark[0]) == sequence:
                length = min(max(int(mark[1]), 0), self.size)
                content = self._bodies[sequence % _BUFFER_COUNT][:length].copy()
                if int(mark[0]) == sequence:
                    return sequence, content
        return None

    def close(self, unlink: bool = False) -> None:
        """Release the memory; the maker also unlinks it."""
        del self._head, self._marks, self._bodies
        with contextlib.suppress(BufferError, FileNotFoundError):
            self._memory.close()
        if unlink:
            with contextlib.suppress(FileNotFoundError):
                self._memory.unlink()


class Ring:
    """A bounded queue of byte records from one writer to one reader; what does not fit is dropped and counted.

    Args:
        record: bytes of the largest record.
        capacity: how many records it holds.
        name: of an existing ring to attach to; None makes a new one.
    """

    def __init__(self, record: int, capacity: int, name: str | None = None) -> None:
        self.record, self.capacity = record, capacity
        self._stride = -(-(record + _WORD_BYTES) // 8) * 8
        self._memory = _shared_memory(name, 64 + capacity * self._stride)
        assert self._memory.buf is not None
        self._ends = np.frombuffer(self._memory.buf, np.int64, 3, 0)  # written, read, dropped
        self._body = self._memory.buf[64:]

    def __reduce__(self) -> tuple[type["Ring"], tuple[int, int, str]]:
        return Ring, (self.record, self.capacity, self._memory.name)

    @property
    def dropped(self) -> int:
        """Records that did not fit, since the start."""
        return int(self._ends[2])

    @property
    def room(self) -> int:
        """How many more records fit now."""
        return self.capacity - int(self._ends[0]) + int(self._ends[1])

    def put(self, content: bytes) -> bool:
        """Queue one record; False (and counted) where the ring is full or the record too large."""
        written = int(self._ends[0])
        if written - int(self._ends[1]) >= self.capacity or len(content) > self.record:
            self._ends[2] += 1
            return False
        at = (written % self.capacity) * self._stride
        struct.pack_into("<q", self._body, at, len(content))
        self._body[at + _WORD_BYTES : at + _WORD_BYTES + len(content)] = content
        self._ends[0] = written + 1
        return True

    def drain(self) -> list[bytes]:
        """Every record that is waiting, oldest first."""
        records = []
        read, written = int(self._ends[1]), int(self._ends[0])
        while read < written:
            at = (read % self.capacity) * self._stride
            (length,) = struct.unpack_from("<q", self._body, at)
            length = min(max(length, 0), self.record)
            records.append(bytes(self._body[at + _WORD_BYTES : at + _WORD_BYTES + length]))
            read += 1
        self._ends[1] = read
        return records

    def close(self, unlink: bool = False) -> None:
        """Release the memory; the maker also unlinks it."""
        del self._ends
        self._body.release()
        with contextlib.suppress(BufferError, FileNotFoundError):
            self._memory.close()
        if unlink:
            with contextlib.suppress(FileNotFoundError):
                self._memory.unlink()
