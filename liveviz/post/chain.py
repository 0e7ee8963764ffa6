"""The chain: image in, texture of the stage's canvas out. It skips what nothing asks for (an effect at amount 0, a
image that is still the same), because on a computer without a GPU every pass costs a few milliseconds of the frame."""

from __future__ import annotations

import logging
import math
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from liveviz.post.effect import Canvas
from liveviz.post.fit import Fit
from liveviz.post.isf import IsfShader
from liveviz.post.work import Copy, Work
from liveviz.spec import FetchedImage, ImageFrame, LivevizError, ParameterFrame, StageImage
from liveviz.system.gl_renderer import is_software

if TYPE_CHECKING:
    import moderngl

    from liveviz.post.fit import Upload

_log = logging.getLogger("liveviz.post")

DEFAULT_ORDER = ("kaleidoscope", "shift", "feedback", "glow", "colour", "film")
SOFTWARE_PIXELS = 300_000
"""How many pixels the effects work on where the processor draws: 730x411 for a 16:9 canvas. A 256-line image has no
more detail than that, and a frame of 1280x720 costs a third."""


def software(ctx: moderngl.Context) -> bool:
    """Whether the processor draws."""
    return is_software(str(ctx.info["GL_RENDERER"]))


def work_scale(renderer: str, size: tuple[int, int]) -> float:
    """Side of the pixels' grid that effects work on, relative to the canvas: 1 on a GPU, less on a software renderer."""
    return min(1.0, math.sqrt(SOFTWARE_PIXELS / (size[0] * size[1]))) if is_software(renderer) else 1.0


class Chain:
    """Draws images through the effects.

    Args:
        shaders: from `post.shaders`.
        size: width and height of the canvas, pixels.
        order: names of effects, first to last. Names without a shader are passed over; shaders without a name here come
            last, in alphabetical order.
        scale: work at this part of the size, 0 to 1, and enlarge images well, however long it takes; None chooses both by
            the renderer (see `work_scale`), for a show that may not be late.
        upload: as for `Fit`.
    Raises:
        LivevizError: the size is impossible on this GL.
    State: the last image, the effects' feedback buffers, the time of the first frame (the effects' TIME 0).
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        shaders: Mapping[str, IsfShader],
        size: tuple[int, int],
        order: tuple[str, ...] = DEFAULT_ORDER,
        scale: float | None = None,
        upload: Upload | None = None,
    ) -> None:
        limit = int(ctx.info["GL_MAX_TEXTURE_SIZE"])
        if not (1 <= size[0] <= limit and 1 <= size[1] <= limit):
            raise LivevizError(f"size {size[0]}x{size[1]} cannot be drawn here; allowed: 1x1 to {limit}x{limit}")
        renderer = str(ctx.info["GL_RENDERER"])
        crisp = scale is not None or not is_software(renderer)
        part = work_scale(renderer, size) if scale is None else min(max(scale, 0.0), 1.0)
        work = (max(1, round(size[0] * part)), max(1, round(size[1] * part)))
        if not crisp:
            _log.info("no GPU draws here (%s): plain enlargement, effects at %dx%d", renderer, *work)
        self._ctx = ctx
        self.size = size
        self._fit = Fit(ctx, upload, crisp)
        self._full = work
        self._whole: Canvas | None = None
        self._copy = Copy(ctx)
        names = [n for n in order if n in shaders] + sorted(set(shaders) - set(order))
        self._shaders = [shaders[n] for n in names]
        self._work = Work(ctx, work, self._shaders)
        while not self._work.step():
            pass
        self._next: Work | None = None
        self._seen = self._work.base
        self._pixels = np.empty((size[1], size[0], 3), np.uint8)
        self._newest_image: tuple[int, float, weakref.ref[NDArray[np.uint8] | FetchedImage]] | None = None
        self._mode, self._share = -1, 1.0
        self._start: float | None = None
        self._index = 0

    @property
    def effects(self) -> tuple[str, ...]:
        """Names of the effects that compiled, in the order they are drawn."""
        return tuple(e.shader.name for e in self._work.effects)

    @property
    def working_size(self) -> tuple[int, int]:
        """Width and height of what was drawn last, pixels: what `read` gives where it does not enlarge."""
        width, height = self._seen.texture.size
        return width, height

    @property
    def buffers(self) -> list[moderngl.Texture]:
        """Every buffer that an effect keeps from frame to frame: a number in it that is none would stay for ever."""
        return [texture for effect in self._work.effects for texture in effect.buffers]

    def rescale(self, part: float, at_once: bool = False) -> None:
        """Work at `part`, 0 to 1, of the size that this chain was made for. The programs for another size are made one a
        frame by `draw`, or all `at_once`; then the size changes, and trails go on."""
        work = (max(1, round(self._full[0] * part)), max(1, round(self._full[1] * part)))
        if work == (self._next or self._work).size:
            return
        if self._next is not None:
            self._next.release()
        self._next = Work(self._ctx, work, self._shaders) if work != self._work.size else None
        while at_once and self._next is not None:
            self._grow()

    def _grow(self) -> None:
        """One step towards the working size that was asked for."""
        if self._next is None or not self._next.step():
            return
        old, self._work, self._next = self._work, self._next, None
        self._work.remember(old, self._copy)
        self._seen, self._mode = self._work.base, -1
        self._ctx.detect_framebuffer(0).use()  # moderngl binds the last one again, which must not be a released one
        old.release()

    def draw(
        self, image: StageImage, frame: ParameterFrame, time: float, dt: float, share: float = 1.0
    ) -> moderngl.Texture:
        """Draw one frame.

        Args:
            image: the image; it goes into a texture if it is not the one of the last frame.
            frame: `stage.fit` and every `post.*` are read.
            time: seconds on the show's clock. dt: seconds since the last frame.
            share: of the image, 0 to 1; the rest is the image before it.
        Returns:
            RGBA texture, row 0 at the bottom as GL has it, its sides those of the canvas times the working scale: draw
            it over the whole canvas. It is overwritten by the next draw.
        Raises:
            ValueError: the image is not uint8 [H, W, 4].
        """
        if self._start is None:
            self._start = time
        elapsed, dt = max(time - self._start, 0.0), max(dt, 0.0)
        self._ctx.enable_only(self._ctx.NOTHING)
        self._grow()
        work = self._work
        mode = min(max(round(frame["stage.fit"]), 0), 2)
        if self._upload(image) or (mode, share) != (self._mode, self._share):
            self._fit.draw(work.base.framebuffer, mode, share)
            self._mode, self._share = mode, share
        current = work.base
        for effect in work.effects:
            active = frame.values.get(effect.amount, 0.0) > 0.0
            if active and not effect.active:
                effect.clear()  # trails from before it was switched off are not of this moment
            effect.active = active
            if active:
                target = work.pong if current is work.ping else work.ping
                effect.draw(current.texture, target.framebuffer, frame.values, elapsed, dt, self._index)
                current = target
        self._seen = current
        self._index += 1
        return current.texture

    def _upload(self, image: StageImage) -> bool:
        """Hand the image to GL; False where it is the one of the frame before."""
        pixels = image.pixels if isinstance(image, ImageFrame) else image
        if self._newest_image is not None:
            number, time, last = self._newest_image
            if last() is pixels and (number, time) == (image.parameters, image.time):
                return False
        if isinstance(pixels, FetchedImage):
            self._fit.take(pixels)
        elif isinstance(image, ImageFrame) and image.palette is not None:
            self._fit.take_fields(pixels, image.palette)
        elif pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 4 and 0 not in pixels.shape:
            self._fit.upload(pixels)
        else:
            raise ValueError(f"image: expected uint8 [H, W, 4], got {pixels.dtype} {list(pixels.shape)}")
        self._newest_image = (image.parameters, image.time, weakref.ref(pixels))
        return True

    def read(self, enlarged: bool = True) -> NDArray[np.uint8]:
        """The canvas as it is seen after the last draw: a new uint8 `[h, w, 3]`, RGB, row 0 at the top.

        Waits for the drawing to finish.

        Args:
            enlarged: to the size of the canvas; False for the pixels that the effects worked on, which is cheaper.
        """
        seen = self._seen
        if enlarged and seen.texture.size != self.size:
            self._ctx.enable_only(self._ctx.NOTHING)
            self._whole = self._whole or Canvas(self._ctx, self.size)
            self._copy.draw(seen.texture, self._whole.framebuffer)
            seen = self._whole
        width, height = seen.texture.size
        if self._pixels.shape != (height, width, 3):
            self._pixels = np.empty((height, width, 3), np.uint8)
        seen.framebuffer.read_into(self._pixels, components=3, alignment=1)
        return self._pixels[::-1].copy()

    def reset(self) -> None:
        """Back to the first frame: time 0, black feedback, no image."""
        for effect in self._work.effects:
            effect.clear()
            effect.active = False
        self._work.base.clear()
        self._seen = self._work.base
        self._newest_image, self._mode, self._start, self._index = None, -1, None, 0

    def close(self) -> None:
        """Give everything back to GL; the context stays open."""
        self._ctx.detect_framebuffer(0).use()  # moderngl binds the last one again, which must not be a released one
        for thing in (self._work, self._next, self._whole, self._copy, self._fit):
            if thing is not None:
                thing.release()
        self._next = None
