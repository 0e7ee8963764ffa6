"""The canvases and effects of one working size. Sizes are constants of the shaders, so another size is another set of
programs: they are made one at a time, between two frames, and what effects remember (trails) comes along."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from liveviz.post.effect import Canvas, Effect
from liveviz.post.glsl import VERTEX_SHADER
from liveviz.post.isf import IsfShader

if TYPE_CHECKING:
    import moderngl

_log = logging.getLogger("liveviz.post")

_COPY_SHADER = """#version 330 core
uniform sampler2D picture;
in vec2 isf_FragNormCoord;
out vec4 colour;
void main() { colour = texture(picture, isf_FragNormCoord); }
"""


class Copy:
    """Draws a texture over the whole of a framebuffer, whatever the sizes of both."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._program = ctx.program(vertex_shader=VERTEX_SHADER, fragment_shader=_COPY_SHADER)
        self._vertices = ctx.vertex_array(self._program, [])

    def draw(self, source: moderngl.Texture, target: moderngl.Framebuffer) -> None:
        """Overwrite `target` with `source`."""
        target.use()
        source.use(0)
        self._vertices.render(vertices=3)

    def release(self) -> None:
        """Give the program back."""
        self._vertices.release()
        self._program.release()


class Work:
    """Canvases of `size` (width, height), pixels, and the effects that draw on them.

    Args:
        shaders: in the order in which they are drawn.
    State: the shaders that are not compiled yet; `step` compiles the next one. `base` holds the fitted image, `ping` and
    `pong` what effects make of it.
    """

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int], shaders: Sequence[IsfShader]) -> None:
        self._ctx, self.size = ctx, size
        self._left = list(shaders)
        self.base, self.ping, self.pong = (Canvas(ctx, size) for _ in range(3))
        self.effects: list[Effect] = []

    def step(self) -> bool:
        """Compile one more effect; True once all are."""
        if self._left and (made := self._compile(self._left.pop(0))) is not None:
            # drivers finish compiling at the first draw, for up to 0.1 s: now, and not when a knob is first turned
            made.draw(self.base.texture, self.pong.framebuffer, {}, 0.0, 0.0, 0)
            self.effects.append(made)
        return not self._left

    def _compile(self, shader: IsfShader) -> Effect | None:
        from moderngl import Error

        try:
            return Effect(self._ctx, shader, self.size)
        except Error as error:
            lines = [line.strip() for line in str(error).splitlines() if "error" in line.lower()]
            reason = next((line for line in lines if ":" in line), str(error).strip().partition("\n")[0])
            _log.warning("effect %s is bypassed, it does not compile: %s: %s", shader.name, shader.path, reason)
            return None

    def remember(self, other: Work, copy: Copy) -> None:
        """Take over what the same effects of another working size remember, and which are active."""
        before = {effect.shader.name: effect for effect in other.effects}
        for effect in self.effects:
            if effect.shader.name in before:
                effect.remember(before[effect.shader.name], copy.draw)

    def release(self) -> None:
        """Give everything back to GL."""
        for effect in self.effects:
            effect.release()
        for canvas in (self.base, self.ping, self.pong):
            canvas.release()
        self.effects = []
