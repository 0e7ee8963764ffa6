"""One ISF shader on the graphics card: its programs (one per pass), its buffers, its uniforms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from liveviz.post.glsl import VERTEX_SHADER, fragment
from liveviz.post.isf import Input, IsfShader
from liveviz.post.library import parameter_name
from liveviz.post.sizes import size_of

if TYPE_CHECKING:
    import moderngl


class Canvas:
    """A texture that can be drawn into: RGBA, 8 bit or (for feedback that must fade to nothing) 32 bit float."""

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int], float_: bool = False) -> None:
        self.texture = ctx.texture(size, 4, dtype="f4" if float_ else "f1")
        self.texture.repeat_x = self.texture.repeat_y = False
        self.framebuffer = ctx.framebuffer([self.texture])
        self.clear()

    def clear(self) -> None:
        """Black and opaque."""
        self.framebuffer.clear(0.0, 0.0, 0.0, 1.0)

    def release(self) -> None:
        """Give the memory back."""
        self.framebuffer.release()
        self.texture.release()


class _Pass:
    """The program of one pass and its uniforms, looked up once."""

    def __init__(self, ctx: moderngl.Context, source: str, images: list[str], inputs: tuple[Input, ...]) -> None:
        self.program = ctx.program(vertex_shader=VERTEX_SHADER, fragment_shader=source)
        self.vertices = ctx.vertex_array(self.program, [])
        used: dict[str, Any] = {name: self.program[name] for name in self.program}
        self.images = [name for name in images if name in used]
        for unit, name in enumerate(self.images):
            used[name].value = unit
        self.scalars = [(i, used[i.name]) for i in inputs if i.name in used and len(i.default) == 1]
        for entry in inputs:
            if entry.name in used and len(entry.default) > 1:
                used[entry.name].value = entry.default
        self.builtin = {name: used[name] for name in ("TIME", "TIMEDELTA", "FRAMEINDEX", "DATE") if name in used}

    def release(self) -> None:
        self.vertices.release()
        self.program.release()


class Effect:
    """An ISF shader, compiled for one size of canvas.

    Args:
        size: of the canvas that it reads and draws. Buffer sizes that depend on an input follow the input's default.
    Raises:
        moderngl.Error: the driver's words, where a pass does not compile.
    State: the persistent buffers; `clear` blackens them.
    """

    def __init__(self, ctx: moderngl.Context, shader: IsfShader, size: tuple[int, int]) -> None:
        self.shader = shader
        defaults = {i.name: i.default[0] for i in shader.inputs}
        limit = int(ctx.info["GL_MAX_TEXTURE_SIZE"])
        sizes = {"inputImage": size}
        for step in shader.passes:
            if step.target is not None:
                wide, high = size_of(step.width, *size, defaults), size_of(step.height, *size, defaults)
                sizes[step.target] = (min(wide, limit), min(high, limit))
        self._passes: list[_Pass] = []
        self._buffers: dict[str, list[Canvas]] = {}  # the first is read; a persistent one has a second to draw into
        try:
            for index, step in enumerate(shader.passes):
                own = sizes[step.target] if step.target is not None else size
                self._passes.append(_Pass(ctx, fragment(shader, index, sizes, own), list(sizes), shader.inputs))
            for name in shader.targets:
                steps = [p for p in shader.passes if p.target == name]
                is_float = any(p.float_ for p in steps)
                count = 2 if any(p.persistent for p in steps) else 1
                self._buffers[name] = [Canvas(ctx, sizes[name], is_float) for _ in range(count)]
        except Exception:
            self.release()
            raise
        self._parameters = {i.name: parameter_name(shader.name, i.name) for i in shader.inputs}
        self.amount = self._parameters["amount"]
        self.active = False

    def draw(
        self,
        source: moderngl.Texture,
        target: moderngl.Framebuffer,
        values: Mapping[str, float],
        time: float,
        dt: float,
        index: int,
    ) -> None:
        """Run every pass, the last one into `target`.

        Args:
            values: by registry name; what is missing has its default. time, dt: seconds. index: number of the frame.
        """
        builtin = {"TIME": time, "TIMEDELTA": dt, "FRAMEINDEX": index, "DATE": (1970.0, 1.0, 1.0, time)}
        for step, compiled in zip(self.shader.passes, self._passes, strict=True):
            for unit, name in enumerate(compiled.images):
                (source if name == "inputImage" else self._buffers[name][0].texture).use(unit)
            for name, uniform in compiled.builtin.items():
                uniform.value = builtin[name]
            for entry, uniform in compiled.scalars:
                uniform.value = self._scalar(entry, values)
            if step.target is None:
                target.use()
                compiled.vertices.render(vertices=3)
            else:
                buffers = self._buffers[step.target]
                buffers[-1].framebuffer.use()
                compiled.vertices.render(vertices=3)
                buffers.reverse()

    def _scalar(self, entry: Input, values: Mapping[str, float]) -> float | int | bool:
        value = values.get(self._parameters[entry.name], entry.default[0])
        if entry.type == "float":
            return value
        if entry.type == "long":
            return min(entry.values, key=lambda v: abs(v - value)) if entry.values else round(value)
        return value >= 0.5

    def remember(self, other: Effect, copy: Callable[[moderngl.Texture, moderngl.Framebuffer], None]) -> None:
        """Take over the buffers, and whether it is active, of the same effect compiled for another size."""
        self.active = other.active
        for name, buffers in self._buffers.items():
            if name in other._buffers:
                copy(other._buffers[name][0].texture, buffers[0].framebuffer)

    @property
    def buffers(self) -> list[moderngl.Texture]:
        """What its passes draw into and read from frame to frame."""
        return [canvas.texture for buffers in self._buffers.values() for canvas in buffers]

    def clear(self) -> None:
        """Forget every frame before: the persistent buffers become black."""
        for buffers in self._buffers.values():
            for canvas in buffers:
                canvas.clear()

    def release(self) -> None:
        """Give programs and buffers back."""
        for compiled in self._passes:
            compiled.release()
        for buffers in self._buffers.values():
            for canvas in buffers:
                canvas.release()
        self._passes, self._buffers = [], {}
