"""Takes everything that waits at a UDP socket, in as few calls as the system has for it.

Each call of Python's `recvfrom` gives the interpreter to another thread and queues up for it again. Beside a thread that
works, a message costs a whole turn of that thread then, the kernel's buffer overflows, and what it throws away is the
newest. On Linux `recvmmsg` takes hundreds of packets in one call; elsewhere it is one call for each."""

import contextlib
import ctypes
import errno
import os
import socket
import struct
import sys
from collections.abc import Callable

MOST = 256  # packets that are taken at once; their time is one
_LONGEST_SENDER = 28  # bytes of a sockaddr_in6
_KNOWN_SENDERS = 256
_MSG_DONTWAIT = 0x40
_SO_MEMINFO, _DROPS_PLACE, _WORDS = 55, 8, 9

Packets = list[tuple[bytes, tuple]]


class _IoVec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(_IoVec)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Many(ctypes.Structure):
    _fields_ = (("header", _Header), ("length", ctypes.c_uint))


def reader(sock: socket.socket, longest: int) -> Callable[[], Packets]:
    """A function that takes up to MOST packets that wait at `sock`, each cut after `longest` bytes: (packet, sender) in the
    order in which they came, the sender as `recvfrom` has it. It does not wait; [] where there is none.

    Raises (the function): OSError, as `recvfrom` does.
    """
    if sys.platform == "linux" and sock.family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError, AttributeError):
            return _Batch(sock, longest).take
    return lambda: _one_by_one(sock, longest)


def lost(sock: socket.socket) -> int:
    """Packets that the kernel has thrown away because nobody took them in time; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    try:
        words = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 4 * _WORDS)
    except OSError:
        return 0
    return int(struct.unpack(f"{len(words) // 4}I", words)[_DROPS_PLACE]) if len(words) == 4 * _WORDS else 0


def _one_by_one(sock: socket.socket, longest: int) -> Packets:
    found: Packets = []
    while len(found) < MOST:
        try:
            found.append(sock.recvfrom(longest))
        except BlockingIOError:
            break
        except OSError:
            if not found:
                raise
            break  # the next call meets it again, or it is over
    return found


class _Batch:
    """Room for MOST packets, and the call that fills it."""

    def __init__(self, sock: socket.socket, longest: int) -> None:
        self._sock = sock
        self._call = ctypes.CDLL(None, use_errno=True).recvmmsg
        self._room = memoryview(bytearray(MOST * longest))
        self._names = memoryview(bytearray(MOST * _LONGEST_SENDER))
        room = ctypes.addressof(ctypes.c_char.from_buffer(self._room))
        names = ctypes.addressof(ctypes.c_char.from_buffer(self._names))
        self._vectors = (_IoVec * MOST)()
        self._many = (_Many * MOST)()
        self._longest = longest
        self._senders: dict[bytes, tuple] = {}
        for i in range(MOST):
            self._vectors[i] = _IoVec(room + i * longest, longest)
            header = self._many[i].header
            header.name, header.name_length = names + i * _LONGEST_SENDER, _LONGEST_SENDER
            header.vectors, header.vector_count = ctypes.pointer(self._vectors[i]), 1
        self._lengths = memoryview(self._many).cast("B")  # the fields that change, without a ctypes object for each
        self._stride = ctypes.sizeof(_Many)
        self._length_place = _Many.length.offset
        self._family = sock.family

    def take(self) -> Packets:
        """See `reader`."""
        count = self._call(self._sock.fileno(), self._many, MOST, _MSG_DONTWAIT, None)
        if count < 0:
            code = ctypes.get_errno()
            if code in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR):
                return []
            raise OSError(code, os.strerror(code))
        found: Packets = []
        for i in range(count):
            at = i * self._stride + self._length_place
            (length,) = struct.unpack_from("=I", self._lengths, at)
            begin, name = i * self._longest, i * _LONGEST_SENDER
            raw = bytes(self._names[name : name + _LONGEST_SENDER])
            found.append((bytes(self._room[begin : begin + length]), self._senders.get(raw) or self._sender(raw)))
        return found

    def _sender(self, raw: bytes) -> tuple:
        """(host, port, ...) in a sockaddr, whose length the system gives back as it was: the room of it is all read."""
        (port,) = struct.unpack_from(">H", raw, 2)
        if self._family == socket.AF_INET:
            sender: tuple = (socket.inet_ntop(socket.AF_INET, raw[4:8]), port)
        else:
            (flow,), (scope,) = struct.unpack_from(">I", raw, 4), struct.unpack_from("=I", raw, 24)
            host = socket.inet_ntop(socket.AF_INET6, raw[8:24])
            if scope and host.startswith("fe80"):
                with contextlib.suppress(OSError):
                    host = f"{host}%{socket.if_indextoname(scope)}"
            sender = (host, port, flow, scope)
        if len(self._senders) >= _KNOWN_SENDERS:
            self._senders.clear()
        self._senders[raw] = sender
        return sender
