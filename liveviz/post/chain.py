"""The chain: picture in, texture of the stage's canvas out. It skips what nothing asks for (an effect at amount 0, a
picture that is still the same), because on a computer without a GPU every pass costs a few milliseconds of the frame."""

from __future__ import annotations

import logging
import math
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from liveviz.post.effect import Canvas, Effect
from liveviz.post.fit import Fit
from liveviz.post.glsl import VERTEX
from liveviz.post.isf import IsfShader
from liveviz.spec import ImageFrame, LivevizError, ParameterFrame

if TYPE_CHECKING:
    import moderngl

    from liveviz.post.fit import Upload

_log = logging.getLogger("liveviz.post")

DEFAULT_ORDER = ("kaleidoscope", "shift", "feedback", "glow", "colour", "film")
SOFTWARE_PIXELS = 300_000
"""How many pixels the effects work on where the processor draws: 730x411 for a 16:9 canvas. A 256-line picture has no
more detail than that, and a frame of 1280x720 costs a third."""

_COPY = """#version 330 core
uniform sampler2D picture;
in vec2 isf_FragNormCoord;
out vec4 colour;
void main() { colour = texture(picture, isf_FragNormCoord); }
"""


def software(renderer: str) -> bool:
    """Whether the processor draws, by the name that GL gives its renderer."""
    return any(
        name in renderer.lower()
        for name in ("llvmpipe", "softpipe", "swiftshader", "basic render", "software renderer")
    )


def work_scale(renderer: str, size: tuple[int, int]) -> float:
    """Side of the pixels' grid that effects work on, relative to the canvas: 1 on a GPU, less on a software renderer."""
    return min(1.0, math.sqrt(SOFTWARE_PIXELS / (size[0] * size[1]))) if software(renderer) else 1.0


class Chain:
    """Draws pictures through the effects.

    Args:
        shaders: from `post.shaders`.
        size: width and height of the canvas, pixels.
        order: names of effects, first to last. Names without a shader are passed over; shaders without a name here come
            last, in alphabetical order.
        scale: work at this part of the size, 0 to 1, and enlarge pictures well, however long it takes; None chooses both by
            the renderer (see `work_scale`), for a show that may not be late.
        upload: as for `Fit`.
    Raises:
        LivevizError: the size is impossible on this GL.
    State: the last picture, the effects' feedback buffers, the time of the first frame (the effects' TIME 0).
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
        crisp = scale is not None or not software(renderer)
        part = work_scale(renderer, size) if scale is None else min(max(scale, 0.0), 1.0)
        work = (max(1, round(size[0] * part)), max(1, round(size[1] * part)))
        if not crisp:
            _log.info("no GPU draws here (%s): plain enlargement, effects at %dx%d", renderer, *work)
        self._ctx = ctx
        self.size = size
        self._fit = Fit(ctx, upload, crisp)
        self._base, self._ping, self._pong = (Canvas(ctx, work) for _ in range(3))
        self._whole = Canvas(ctx, size) if work != size else None
        self._copy = ctx.program(vertex_shader=VERTEX, fragment_shader=_COPY)
        self._copy_vertices = ctx.vertex_array(self._copy, [])
        self._seen = self._base
        names = [n for n in order if n in shaders] + sorted(set(shaders) - set(order))
        self._effects = [e for e in (self._compile(shaders[n], work) for n in names) if e is not None]
        for effect in self._effects:
            # drivers finish compiling at the first draw, for up to 0.1 s: now, and not when a knob is first turned
            effect.draw(self._base.texture, self._pong.framebuffer, {}, 0.0, 0.0, 0)
        self._pixels = np.empty((size[1], size[0], 3), np.uint8)
        self._picture: tuple[int, float, weakref.ref[NDArray[np.uint8]]] | None = None
        self._mode = -1
        self._start: float | None = None
        self._index = 0

    def _compile(self, shader: IsfShader, size: tuple[int, int]) -> Effect | None:
        from moderngl import Error

        try:
            return Effect(self._ctx, shader, size)
        except Error as error:
            lines = [line.strip() for line in str(error).splitlines() if "error" in line.lower()]
            reason = next((line for line in lines if ":" in line), str(error).strip().partition("\n")[0])
            _log.warning("effect %s is bypassed, it does not compile: %s: %s", shader.name, shader.path, reason)
            return None

    @property
    def effects(self) -> tuple[str, ...]:
        """Names of the effects that compiled, in the order they are drawn."""
        return tuple(e.shader.name for e in self._effects)

    def draw(self, image: ImageFrame, frame: ParameterFrame, time: float, dt: float) -> moderngl.Texture:
        """Draw one frame.

        Args:
            image: the picture; it is uploaded if it is not the one of the last frame.
            frame: `stage.fit` and every `post.*` are read.
            time: seconds on the show's clock. dt: seconds since the last frame.
        Returns:
            RGBA texture, row 0 at the bottom as GL has it, its sides those of the canvas times the working scale: draw
            it over the whole canvas. It is overwritten by the next draw.
        Raises:
            ValueError: the picture is not uint8 [H, W, 4].
        """
        if self._start is None:
            self._start = time
        elapsed, dt = max(time - self._start, 0.0), max(dt, 0.0)
        self._ctx.enable_only(self._ctx.NOTHING)
        mode = min(max(round(frame["stage.fit"]), 0), 2)
        if self._upload(image) or mode != self._mode:
            self._fit.draw(self._base.framebuffer, mode)
            self._mode = mode
        current = self._base
        for effect in self._effects:
            active = frame.values.get(effect.amount, 0.0) > 0.0
            if active and not effect.active:
                effect.clear()  # trails from before it was switched off are not of this moment
            effect.active = active
            if active:
                target = self._pong if current is self._ping else self._ping
                effect.draw(current.texture, target.framebuffer, frame.values, elapsed, dt, self._index)
                current = target
        self._seen = current
        self._index += 1
        return current.texture

    def _upload(self, image: ImageFrame) -> bool:
        """Hand the picture to GL; False where it is the one of the frame before."""
        pixels = image.pixels
        if self._picture is not None:
            number, time, last = self._picture
            if last() is pixels and (number, time) == (image.parameters, image.time):
                return False
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 4 or 0 in pixels.shape:
            raise ValueError(f"image: expected uint8 [H, W, 4], got {pixels.dtype} {list(pixels.shape)}")
        self._fit.upload(pixels)
        self._picture = (image.parameters, image.time, weakref.ref(pixels))
        return True

    def read(self) -> NDArray[np.uint8]:
        """The canvas as it is seen after the last draw: a new uint8 `[h, w, 3]`, RGB, row 0 at the top.

        Waits for the drawing to finish.
        """
        seen = self._seen
        if self._whole is not None:
            self._ctx.enable_only(self._ctx.NOTHING)
            self._whole.framebuffer.use()
            seen.texture.use(0)
            self._copy_vertices.render(vertices=3)
            seen = self._whole
        seen.framebuffer.read_into(self._pixels, components=3, alignment=1)
        return self._pixels[::-1].copy()

    def reset(self) -> None:
        """Back to the first frame: time 0, black feedback, no picture."""
        for effect in self._effects:
            effect.clear()
            effect.active = False
        self._base.clear()
        self._seen = self._base
        self._picture, self._mode, self._start, self._index = None, -1, None, 0

    def close(self) -> None:
        """Give everything back to GL; the context stays open."""
        self._ctx.detect_framebuffer(0).use()  # moderngl binds the last one again, which must not be a released one
        for effect in self._effects:
            effect.release()
        for canvas in (self._base, self._ping, self._pong, self._whole):
            if canvas is not None:
                canvas.release()
        self._copy_vertices.release()
        self._copy.release()
        self._fit.release()
        self._effects = []
