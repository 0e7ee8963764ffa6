"""How the engine's picture gets into a GL texture: without touching the host where engine and GL share one NVIDIA GPU,
and otherwise from host memory through pixel-unpack buffers that rotate, so that the driver copies one picture while the
next is written. Which of the two it is, is found out once, by trying."""

import logging
from collections.abc import Callable
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from liveviz.cuda_driver import Driver
from liveviz.spec import LivevizError

BUFFERS = 3

_log = logging.getLogger("liveviz.outputs")


class HostUpload:
    """Pictures from host memory: each into the next of three pixel-unpack buffers, then into the texture.

    State: the buffers, of the size of the last picture.
    """

    way = "from host memory"

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._bytes = 0
        self._buffers: list[moderngl.Buffer] = []
        self._next = 0

    def upload(self, pixels: NDArray[np.uint8], texture: moderngl.Texture) -> None:
        """uint8 `[H, W, 4]` into an RGBA texture of that size."""
        if pixels.nbytes != self._bytes:
            self.close()
            self._bytes = pixels.nbytes
            self._buffers = [self._ctx.buffer(reserve=self._bytes, dynamic=True) for _ in range(BUFFERS)]
        buffer = self._buffers[self._next]
        self._next = (self._next + 1) % BUFFERS
        buffer.orphan()  # GL may still read what was in it: let it keep that, and give us new memory
        buffer.write(np.ascontiguousarray(pixels))
        texture.write(buffer)

    def close(self) -> None:
        """Give the buffers back."""
        for buffer in self._buffers:
            buffer.release()
        self._buffers, self._bytes = [], 0


def software(ctx: moderngl.Context) -> bool:
    """Whether GL runs on the CPU, where a texture is host memory and another buffer only another copy."""
    renderer = str(ctx.info["GL_RENDERER"]).lower()
    return any(name in renderer for name in ("llvmpipe", "softpipe", "swiftshader", "basic render"))


def host_upload(ctx: moderngl.Context) -> Callable[[NDArray[np.uint8], moderngl.Texture], None] | None:
    """How a show's pictures get from host memory into a texture; None where writing them at once is best."""
    return None if software(ctx) else HostUpload(ctx).upload


class DeviceUpload:
    """Pictures from CUDA memory, copied by the GPU into a registered pixel-unpack buffer and from there into the texture.

    Raises: LivevizError where GL does not run on this NVIDIA GPU.
    """

    way = "CUDA to OpenGL, no host copy"

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int], driver: Any) -> None:
        self.driver = driver
        self._bytes = size[0] * size[1] * 4
        self._buffer = ctx.buffer(reserve=self._bytes, dynamic=True)
        try:
            self._resource = driver.register_gl(self._buffer.glo)
        except LivevizError:
            self._buffer.release()
            raise

    def upload(self, address: int, texture: moderngl.Texture) -> None:
        """RGBA bytes at a CUDA address into a texture of that size. The source may be overwritten when it returns."""
        target, size = self.driver.map(self._resource)
        try:
            if size < self._bytes:
                raise LivevizError(f"handover: GL's buffer has {size} bytes, not {self._bytes}")
            self.driver.copy(target, address, self._bytes)
            self.driver.wait()
        finally:
            self.driver.unmap(self._resource)
        texture.write(self._buffer)

    def close(self) -> None:
        """Unregister and give the buffer back."""
        self.driver.unregister(self._resource)
        self._buffer.release()


def probe(ctx: moderngl.Context, size: tuple[int, int], driver: Any = None) -> tuple[DeviceUpload | None, str]:
    """(the way without a host copy, which way it is and why), tried once with a small picture that is read back.

    None where there is no NVIDIA driver, or GL runs on something else (a software renderer, another GPU). Nothing of
    CUDA is started where GL's renderer is not NVIDIA's at all.
    """
    renderer = str(ctx.info["GL_RENDERER"])
    if driver is None:
        if "nvidia" not in f"{ctx.info['GL_VENDOR']} {renderer}".lower():
            return None, f"{HostUpload.way} (OpenGL runs on {renderer})"
        try:
            driver = Driver()
        except LivevizError as error:
            return None, f"{HostUpload.way} ({error})"
    try:
        _trial(ctx, driver)
        return DeviceUpload(ctx, size, driver), DeviceUpload.way
    except LivevizError as error:
        return None, f"{HostUpload.way} ({error}; OpenGL runs on {renderer})"


def _trial(ctx: moderngl.Context, driver: Any) -> None:
    """Sixteen pixels through the whole way and back; LivevizError where they do not arrive."""
    texture = ctx.texture((4, 4), 4)
    expected = bytes(range(64))
    address, upload = driver.allocate(len(expected)), None
    try:
        driver.write(address, expected)
        upload = DeviceUpload(ctx, (4, 4), driver)
        upload.upload(address, texture)
        if texture.read() != expected:
            raise LivevizError("handover: what CUDA wrote is not what OpenGL reads")
    finally:
        if upload is not None:
            upload.close()
        driver.free(address)
        texture.release()
