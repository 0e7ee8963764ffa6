"""How the engine's image gets into a GL texture: without touching the host where engine and GL share one NVIDIA GPU,
and otherwise from host memory through pixel-unpack buffers that rotate, so that the driver copies one image while the
next is written. Which of the two it is, is found out once, by trying. The way without the host has not run on a card yet:
tests run all of it but the driver's own calls."""

from collections.abc import Callable
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from liveviz.spec import LivevizError
from liveviz.system.cuda_driver import Driver
from liveviz.system.gl_renderer import is_software

BUFFER_COUNT = 3


class HostUpload:
    """Images from host memory: each into the next of three pixel-unpack buffers, then into the texture.

    State: the buffers, of the size of the last image.
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
            self._buffers = [self._ctx.buffer(reserve=self._bytes, dynamic=True) for _ in range(BUFFER_COUNT)]
        buffer = self._buffers[self._next]
        self._next = (self._next + 1) % BUFFER_COUNT
        buffer.orphan()  # GL may still read what was in it: let it keep that, and give us new memory
        buffer.write(np.ascontiguousarray(pixels))
        texture.write(buffer)

    def close(self) -> None:
        """Give the buffers back."""
        for buffer in self._buffers:
            buffer.release()
        self._buffers, self._bytes = [], 0


def host_upload(ctx: moderngl.Context) -> Callable[[NDArray[np.uint8], moderngl.Texture], None] | None:
    """How a show's images get from host memory into a texture; None where writing them at once is best."""
    # where the processor draws, a texture is host memory and another buffer only another copy
    return None if is_software(str(ctx.info["GL_RENDERER"])) else HostUpload(ctx).upload


class DeviceUpload:
    """Images from CUDA memory, copied by the GPU into a registered pixel-unpack buffer and from there into a texture.

    Raises: LivevizError from every call that the driver refuses; what was fetched before is still there.
    State: the buffer, which grows with the images, and the last one in it.
    """

    way = "CUDA to OpenGL, no host copy"

    def __init__(self, ctx: moderngl.Context, driver: Any) -> None:
        self.driver = driver
        self._ctx = ctx
        self._buffer: moderngl.Buffer | None = None
        self._resource: Any = None

    def fetch(self, address: int, size: int) -> None:
        """Copy `size` bytes at a CUDA address into the buffer. The source may be overwritten when it returns."""
        if self._buffer is None or self._buffer.size < size:
            self._grow(size)
        target, room = self.driver.map(self._resource)
        try:
            if room < size:
                raise LivevizError(f"handover: GL's buffer has {room} bytes, not {size}")
            self.driver.copy(target, address, size)
            self.driver.wait()
        finally:
            self.driver.unmap(self._resource)

    def draw(self, texture: moderngl.Texture) -> None:
        """What was fetched last, RGBA bytes, into a texture of its size."""
        texture.write(self._buffer)

    def _grow(self, size: int) -> None:
        buffer = self._ctx.buffer(reserve=size, dynamic=True)
        try:
            resource = self.driver.register_gl(buffer.glo)
        except LivevizError:
            buffer.release()
            raise
        self.close()
        self._buffer, self._resource = buffer, resource

    def close(self) -> None:
        """Unregister the buffer and give it back; the next `fetch` makes another."""
        if self._buffer is not None:
            buffer, self._buffer = self._buffer, None
            try:
                self.driver.unregister(self._resource)
            finally:
                buffer.release()


def probe(ctx: moderngl.Context, driver: Any = None) -> tuple[DeviceUpload | None, str]:
    """(the way without a host copy, or None, and why not), tried once with a small image that is read back.

    None where there is no NVIDIA driver, or GL runs on something else (a software renderer, another GPU). Nothing of
    CUDA is started where GL's renderer is not NVIDIA's at all. A driver that is handed in is taken over.
    """
    renderer = str(ctx.info["GL_RENDERER"])
    if driver is None and "nvidia" not in f"{ctx.info['GL_VENDOR']} {renderer}".lower():
        return None, f"OpenGL runs on {renderer}"
    try:
        driver = driver or Driver()
        if not driver.draws_gl():
            raise LivevizError("CUDA's first GPU is another one")
        _trial(ctx, driver)
        return DeviceUpload(ctx, driver), ""
    except LivevizError as error:
        if driver is not None:
            driver.close()
        return None, f"{error}; OpenGL runs on {renderer}"


def _trial(ctx: moderngl.Context, driver: Any) -> None:
    """Sixteen pixels through the whole way and back; LivevizError where they do not arrive."""
    texture = ctx.texture((4, 4), 4)
    expected = bytes(range(64))
    address, upload = driver.allocate(len(expected)), DeviceUpload(ctx, driver)
    try:
        driver.write(address, expected)
        upload.fetch(address, len(expected))
        upload.draw(texture)
        if texture.read() != expected:
            raise LivevizError("handover: what CUDA wrote is not what OpenGL reads")
    finally:
        upload.close()
        driver.free(address)
        texture.release()
