"""Draws an image of fields at the size of the canvas: every field is enlarged by a cubic B-spline, which has no overshoot and
so no ring along an edge, and `liveviz.fields` says what colour that is. The last brush stroke is as fine as the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from liveviz.fields import CHANNELS, COLOURS, COUNT, FINE, MOST, glsl

if TYPE_CHECKING:
    import moderngl

PER_LAYER = 4
LAYERS = COUNT // PER_LAYER
"""Of the texture array that holds an image: four fields each, the fine ones first."""
LARGEST_SEEN = 1.4
"""Places, shades and light above this look like this."""

VERTEX_SHADER = """#version 330 core
in vec2 corner;
in vec2 at;
out vec2 uv;
void main() { uv = at; gl_Position = vec4(corner, 0.0, 1.0); }
"""
_HEAD_GLSL = f"""#version 330 core
uniform sampler2DArray now;
uniform sampler2DArray before;
uniform float share;
uniform float pixel;
uniform vec3 palette[{COLOURS}];
uniform vec4 low[{LAYERS}];
uniform vec4 span[{LAYERS}];
in vec2 uv;
out vec4 colour;
"""
# A cubic B-spline in four bilinear reads: the two taps of each side of an axis are one read between them (Sigg & Hadwiger
# 2005, GPU Gems 2, chapter 20).
_SPLINE_GLSL = """
vec2 first, second, left;
void prepare() {
    vec2 size = vec2(textureSize(now, 0).xy);
    vec2 place = uv * size - 0.5;
    vec2 f = fract(place);
    vec2 base = place - f + 0.5;
    vec2 w0 = (1.0 - f) * (1.0 - f) * (1.0 - f) / 6.0, w3 = f * f * f / 6.0;
    vec2 w1 = (4.0 + f * f * (3.0 * f - 6.0)) / 6.0;
    left = w0 + w1;
    first = (base - 1.0 + w1 / left) / size;
    second = (base + 1.0 + w3 / (1.0 - left)) / size;
}
vec4 four_of(sampler2DArray image, int layer) {
    float n = float(layer);
    return mix(
        mix(texture(image, vec3(second.x, second.y, n)), texture(image, vec3(first.x, second.y, n)), left.x),
        mix(texture(image, vec3(second.x, first.y, n)), texture(image, vec3(first.x, first.y, n)), left.x), left.y);
}
"""
# Where the processor draws, a read of a filtered 16-bit texture costs as much as ten of plain bytes. So the two bytes of the
# numbers that need both lie in layers of their own, and four pixels are mixed here; the others are read as bytes.
_PLAIN_GLSL = f"""
ivec2 a, d;
vec2 f;
void prepare() {{
    ivec2 size = textureSize(now, 0).xy;
    vec2 place = uv * vec2(size) - 0.5;
    ivec2 base = ivec2(floor(place));
    f = place - vec2(base);
    a = clamp(base, ivec2(0), size - 1);
    d = clamp(base + 1, ivec2(0), size - 1);
}}
vec4 one_of(sampler2DArray image, int x, int y) {{
    return texelFetch(image, ivec3(x, y, 1), 0) * (255.0 * 256.0 / {MOST}.0)
        + texelFetch(image, ivec3(x, y, 0), 0) * (255.0 / {MOST}.0);
}}
vec4 four_of(sampler2DArray image, int layer) {{
    if (layer > 0) return texture(image, vec3(uv, float(layer + 1)));
    return mix(
        mix(one_of(image, a.x, a.y), one_of(image, d.x, a.y), f.x),
        mix(one_of(image, a.x, d.y), one_of(image, d.x, d.y), f.x), f.y);
}}
"""
_MAIN_GLSL = f"""
{glsl()}
void main() {{
    prepare();
    float fields[{COUNT}];
    for (int layer = 0; layer < {LAYERS}; layer++) {{
        vec4 four = four_of(now, layer);
#ifdef MIXED
        four = mix(four_of(before, layer), four, share);
#endif
        four = low[layer] + span[layer] * four;
        fields[4 * layer] = four.x;
        fields[4 * layer + 1] = four.y;
        fields[4 * layer + 2] = four.z;
        fields[4 * layer + 3] = four.w;
    }}
    colour = vec4(painted(fields, palette, pixel), 1.0);
    float grain = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;
    colour.rgb += grain / 255.0;  // no band is seen in a dark gradient
}}
"""


def _uniform(program: moderngl.Program, name: str) -> moderngl.Uniform:
    found: Any = program[name]
    return found


class FieldsImage:
    """The last two images of fields, and the programs that draw them.

    Args:
        smooth: enlarge by the spline, which a GPU does in passing; False mixes the four pixels around, which is a tenth of
            the work and hardly seen at three times the image's size.
    programs: that draw the last image (False), and a mixture of both (True); they take rectangles of `corner` (-1 to 1)
        and `at` (0 to 1, 0 is the top row).
    State: two texture arrays, whose sizes follow the images, and their palettes.
    """

    def __init__(self, ctx: moderngl.Context, smooth: bool = True) -> None:
        self._ctx, self._smooth = ctx, smooth
        body = (_SPLINE_GLSL if smooth else _PLAIN_GLSL) + _MAIN_GLSL
        low, high = (np.array([getattr(c, end) for c in CHANNELS], np.float32) for end in ("low", "high"))
        if not smooth:  # a byte is fine enough for what can be seen alone
            low[FINE:] = [0.0 if c.low > -1.0 else c.low for c in CHANNELS[FINE:]]
            high[FINE:] = [min(c.high, LARGEST_SEEN) for c in CHANNELS[FINE:]]
        self._low, self._span = low, high - low
        heads = {False: _HEAD_GLSL, True: _HEAD_GLSL + "#define MIXED\n"}
        self.programs = {mixed: self._program(head + body) for mixed, head in heads.items()}
        self._now: moderngl.TextureArray | None = None
        self._before: moderngl.TextureArray | None = None
        self._palettes = np.zeros((2, COLOURS, 3), np.float32)  # the last one's, and the one's before it

    def _program(self, source: str) -> moderngl.Program:
        made = self._ctx.program(vertex_shader=VERTEX_SHADER, fragment_shader=source)
        made["now"] = 0
        if "before" in made:
            made["before"] = 1
        _uniform(made, "low").write(self._low.tobytes())
        _uniform(made, "span").write(self._span.tobytes())
        return made

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the last image."""
        assert self._now is not None
        width, height, _ = self._now.size
        return width, height

    def take(self, pixels: NDArray[np.uint16], palette: NDArray[np.float32]) -> None:
        """Take over uint16 `[H, W, channels]`, row 0 at the top, and its palette `[5, 3]`."""
        height, width = pixels.shape[:2]
        layers: NDArray[Any] = pixels.reshape(height, width, LAYERS, PER_LAYER).transpose(2, 0, 1, 3)
        if not self._smooth:
            layers = self._as_bytes(pixels)
        self._now, self._before = self._before, self._now
        if self._now is None or self._now.size != (width, height, len(layers)):
            if self._now is not None:
                self._now.release()
            kind = "nu2" if self._smooth else "f1"
            self._now = self._ctx.texture_array((width, height, len(layers)), PER_LAYER, dtype=kind)
            self._now.filter = self._ctx.LINEAR, self._ctx.LINEAR
            self._now.repeat_x = self._now.repeat_y = False
        self._now.write(np.ascontiguousarray(layers))
        self._palettes = np.stack([palette, self._palettes[0]])

    def _as_bytes(self, pixels: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Layers uint8 `[4, H, W, 4]`: low and high bytes of the fine fields, and the others."""
        fine = np.ascontiguousarray(pixels[..., :FINE], "<u2").view(np.uint8).reshape(*pixels.shape[:2], FINE, 2)
        stored = np.array([c.high - c.low for c in CHANNELS[FINE:]], np.float32) / np.float32(MOST)
        offset = np.array([c.low for c in CHANNELS[FINE:]], np.float32) - self._low[FINE:]
        part = (pixels[..., FINE:] * stored + offset) * (np.float32(255.0) / self._span[FINE:]) + np.float32(0.5)
        rest = np.clip(part, 0.0, 255.0).astype(np.uint8).reshape(*pixels.shape[:2], LAYERS - 1, PER_LAYER)
        return np.concatenate([fine.transpose(3, 0, 1, 2), rest.transpose(2, 0, 1, 3)])

    def use(self, share: float, scale: float) -> moderngl.Program:
        """Make ready to draw, with the program that is returned.

        Args:
            share: of the last image, 0 to 1; the rest is the one before it, whose fields are mixed and not its colours.
            scale: pixels of the canvas per pixel of the image.
        """
        assert self._now is not None
        before = self._before
        if before is None or before.size != self._now.size:
            before, share = self._now, 1.0
        program = self.programs[share < 1.0]
        if share < 1.0:
            program["share"] = share
            before.use(1)
        program["pixel"] = 2.0 / (self.size[1] * scale)  # half image heights
        palette = self._palettes[1] + (self._palettes[0] - self._palettes[1]) * np.float32(share)
        _uniform(program, "palette").write(palette.astype(np.float32).tobytes())
        self._now.use(0)
        return program

    def release(self) -> None:
        """Give textures and programs back."""
        for program in self.programs.values():
            program.release()
        for texture in (self._now, self._before):
            if texture is not None:
                texture.release()
        self._now = self._before = None
