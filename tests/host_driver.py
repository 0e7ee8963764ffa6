"""Stands in for NVIDIA's driver where there is none: the same calls on shared memory of the host, so that everything
about images that stay on the GPU but the GPU itself can run, in real processes."""

import ctypes
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import moderngl
import numpy as np

from liveviz.spec import LivevizError
from liveviz.system.cuda_driver import HANDLE_BYTES


class HostDriver:
    """`cuda_driver.Driver` on the host. ctx: of GL, for the end that draws.

    held: what is allocated, opened or registered and not given back. copies: how many bytes were copied, one by one.
    during: called in the middle of a copy.
    """

    def __init__(self, ctx: moderngl.Context | None = None) -> None:
        self._ctx = ctx
        self.held: dict[int, SharedMemory] = {}
        self.registered: dict[int, moderngl.Buffer] = {}
        self._mapped: dict[int, Any] = {}
        self.copies: list[int] = []
        self.during: Any = None
        self.closed = False

    def _keep(self, memory: SharedMemory) -> int:
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory.buf))
        self.held[address] = memory
        return address

    def allocate(self, size: int) -> int:
        return self._keep(SharedMemory(create=True, size=size))

    def free(self, address: int) -> None:
        self.held.pop(address).unlink()

    def share(self, address: int) -> bytes:
        return self.held[address].name.encode().ljust(HANDLE_BYTES, b"\0")

    def open_shared(self, handle: bytes) -> int:
        try:
            memory = SharedMemory(handle.rstrip(b"\0").decode())
        except (OSError, ValueError):
            raise LivevizError("CUDA: cuIpcOpenMemHandle_v2: error 400 (invalid handle)") from None
        resource_tracker.unregister("/" + memory.name.lstrip("/"), "shared_memory")  # its maker's, not ours
        return self._keep(memory)

    def close_shared(self, address: int) -> None:
        del self.held[address]

    def copy(self, target: int, source: int, size: int, stream: int = 0) -> None:
        half = size // 2
        ctypes.memmove(target, source, half)
        if self.during is not None:
            self.during()
        ctypes.memmove(target + half, source + half, size - half)
        self.copies.append(size)

    def write(self, address: int, content: bytes) -> None:
        ctypes.memmove(address, content, len(content))

    def wait(self, stream: int = 0) -> None:
        pass

    def draws_gl(self) -> bool:
        return True

    def register_gl(self, buffer: int) -> int:
        found = next(b for b in self._ctx.buffers if b.glo == buffer)  # type: ignore[union-attr,attr-defined]
        self.registered[buffer] = found
        return buffer

    def map(self, resource: int, stream: int = 0) -> tuple[int, int]:
        room = np.zeros(self.registered[resource].size, np.uint8)
        self._mapped[resource] = room
        return room.ctypes.data, room.size

    def unmap(self, resource: int, stream: int = 0) -> None:
        self.registered[resource].write(self._mapped.pop(resource))

    def unregister(self, resource: int) -> None:
        del self.registered[resource]

    def close(self) -> None:
        self.closed = True


class Buffers:
    """A GL context that remembers its buffers, since a driver knows them by name only."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx, self.buffers = ctx, list[moderngl.Buffer]()

    def buffer(self, *args: Any, **kwargs: Any) -> moderngl.Buffer:
        self.buffers.append(self._ctx.buffer(*args, **kwargs))
        return self.buffers[-1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ctx, name)
