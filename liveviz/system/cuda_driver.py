"""The few calls of NVIDIA's driver that a show needs and nothing else here has words for: GPU memory shared between two
processes by handle, and an OpenGL buffer written by CUDA. Through ctypes, so that the stage, which draws, needs neither
torch nor any other library for it. Everything of CUDA that the engine computes with is torch's."""

import contextlib
import ctypes
import sys
from functools import cache
from typing import Any

from liveviz.spec import LivevizError

HANDLE_BYTES = 64
_WRITE_DISCARD = 2
_LAZY_PEER = 1
_ALL_DEVICES = 1
_MOST_GPUS = 32
_ERROR_TEXTS = {
    1: "invalid value",
    2: "out of memory",
    100: "no NVIDIA GPU",
    101: "invalid device",
    201: "invalid context",
    205: "mapping failed",
    219: "invalid graphics context",
    304: "operating system call failed",
    400: "invalid handle",
    801: "not supported here",
    999: "unknown error",
}


class _Handle(ctypes.Structure):
    _fields_ = [("reserved", ctypes.c_char * HANDLE_BYTES)]


class Driver:
    """CUDA's driver API on the first GPU, in the context that torch uses too.

    Raises: LivevizError where there is no driver or no GPU, and from every call that the driver refuses.
    State: the retained context, current in the thread that made this object; call it from that thread.
    """

    def __init__(self) -> None:
        try:
            self._library: Any = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        except OSError:
            raise LivevizError("CUDA: no NVIDIA driver") from None
        device, context = ctypes.c_int(), ctypes.c_void_p()
        self._call("cuInit", ctypes.c_uint(0))
        self._call("cuDeviceGet", ctypes.byref(device), ctypes.c_int(0))
        self._call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self._call("cuCtxSetCurrent", context)
        self._device = device

    def _call(self, name: str, *arguments: Any) -> None:
        try:
            call = getattr(self._library, name)
        except AttributeError:
            raise LivevizError(f"CUDA: {name}: this driver is too old for it") from None
        if (code := call(*arguments)) != 0:
            raise LivevizError(f"CUDA: {name}: error {code} ({_ERROR_TEXTS.get(code, 'see cuda.h')})")

    def allocate(self, size: int) -> int:
        """Address of `size` new bytes on the GPU."""
        address = ctypes.c_uint64()
        self._call("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(size))
        return address.value

    def free(self, address: int) -> None:
        """Give back what `allocate` gave."""
        self._call("cuMemFree_v2", ctypes.c_uint64(address))

    def share(self, address: int) -> bytes:
        """A handle by which another process of this user opens what `allocate` gave: 64 bytes. Linux only."""
        handle = _Handle()
        self._call("cuIpcGetMemHandle", ctypes.byref(handle), ctypes.c_uint64(address))
        return ctypes.string_at(ctypes.byref(handle), HANDLE_BYTES)

    def open_shared(self, handle: bytes) -> int:
        """Address in this process of what another one shares."""
        if len(handle) != HANDLE_BYTES:
            raise LivevizError(f"CUDA: a handle of {len(handle)} bytes, not {HANDLE_BYTES}")
        packed, address = _Handle(), ctypes.c_uint64()
        ctypes.memmove(ctypes.byref(packed), handle, HANDLE_BYTES)
        self._call("cuIpcOpenMemHandle_v2", ctypes.byref(address), packed, ctypes.c_uint(_LAZY_PEER))
        return address.value

    def close_shared(self, address: int) -> None:
        """Release what `open_shared` opened."""
        self._call("cuIpcCloseMemHandle", ctypes.c_uint64(address))

    def copy(self, target: int, source: int, size: int, stream: int = 0) -> None:
        """Copy on the GPU, in order with the stream; returns before it is done."""
        self._call(
            "cuMemcpyDtoDAsync_v2",
            ctypes.c_uint64(target),
            ctypes.c_uint64(source),
            ctypes.c_size_t(size),
            ctypes.c_void_p(stream),
        )

    def write(self, address: int, content: bytes) -> None:
        """Copy bytes from the host to the GPU; returns when they are there."""
        self._call("cuMemcpyHtoD_v2", ctypes.c_uint64(address), content, ctypes.c_size_t(len(content)))

    def read(self, address: int, size: int) -> bytes:
        """Copy bytes from the GPU to the host; waits for all the GPU was given before."""
        content = ctypes.create_string_buffer(size)
        self._call("cuMemcpyDtoH_v2", content, ctypes.c_uint64(address), ctypes.c_size_t(size))
        return content.raw

    def wait(self, stream: int = 0) -> None:
        """Return when the stream has done all it was given."""
        self._call("cuStreamSynchronize", ctypes.c_void_p(stream))

    def draws_gl(self) -> bool:
        """Whether the GL context that is current runs on this GPU."""
        count, devices = ctypes.c_uint(), (ctypes.c_int * _MOST_GPUS)()
        most, which = ctypes.c_uint(_MOST_GPUS), ctypes.c_int(_ALL_DEVICES)
        self._call("cuGLGetDevices_v2", ctypes.byref(count), devices, most, which)
        return self._device.value in devices[: count.value]

    def register_gl(self, buffer: int) -> ctypes.c_void_p:
        """A GL buffer, by its name, as something that CUDA writes; GL's context must be current. Errors 219, 304 and
        999 mean that GL runs on another GPU or on none."""
        resource = ctypes.c_void_p()
        flags = ctypes.c_uint(_WRITE_DISCARD)
        self._call("cuGraphicsGLRegisterBuffer", ctypes.byref(resource), ctypes.c_uint(buffer), flags)
        return resource

    def map(self, resource: ctypes.c_void_p, stream: int = 0) -> tuple[int, int]:
        """(address, bytes) of a registered buffer; GL leaves it alone until `unmap`."""
        self._call("cuGraphicsMapResources", ctypes.c_uint(1), ctypes.byref(resource), ctypes.c_void_p(stream))
        address, size = ctypes.c_uint64(), ctypes.c_size_t()
        self._call("cuGraphicsResourceGetMappedPointer_v2", ctypes.byref(address), ctypes.byref(size), resource)
        return address.value, size.value

    def unmap(self, resource: ctypes.c_void_p, stream: int = 0) -> None:
        """Hand it back to GL, which waits for the stream's work on it."""
        self._call("cuGraphicsUnmapResources", ctypes.c_uint(1), ctypes.byref(resource), ctypes.c_void_p(stream))

    def unregister(self, resource: ctypes.c_void_p) -> None:
        """CUDA writes it no more."""
        self._call("cuGraphicsUnregisterResource", resource)

    def close(self) -> None:
        """Release the context."""
        with contextlib.suppress(LivevizError):
            self._call("cuDevicePrimaryCtxRelease_v2", self._device)


@cache
def driver_version() -> str:
    """Version of the installed NVIDIA driver as NVIDIA writes it, like `580.65.06`; empty where there is none."""
    try:
        library: Any = ctypes.CDLL("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
    except OSError:
        return ""
    text = ctypes.create_string_buffer(96)
    if library.nvmlInit_v2() != 0:
        return ""
    try:
        if library.nvmlSystemGetDriverVersion(text, ctypes.c_uint(len(text))) != 0:
            return ""
        return text.value.decode("ascii", "replace")
    finally:
        library.nvmlShutdown()
