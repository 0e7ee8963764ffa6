"""Lays the generator's small image on the stage's canvas: without distortion, upright, and enlarged with a filter
that does not show the pixels (Catmull-Rom; plain bilinear enlargement of 256 lines to 720 looks like a lattice). Where
there is a GPU, or time, edges are made steep as well (`crisp`)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from liveviz.post.crisp import REACH_PIXELS, Crisp
from liveviz.post.effect import Canvas
from liveviz.post.fields_image import FieldsImage
from liveviz.post.glsl import VERTEX_SHADER
from liveviz.spec import FetchedImage

if TYPE_CHECKING:
    from collections.abc import Callable

    import moderngl

    Upload = Callable[[NDArray[np.uint8], moderngl.Texture], None]

CONTAIN, COVER, MIRROR = 0, 1, 2

_VERTEX_SHADER = """#version 330 core
in vec2 corner;
in vec2 at;
out vec2 uv;
void main() { uv = at; gl_Position = vec4(corner, 0.0, 1.0); }
"""
_PLAIN_SHADER = """#version 330 core
uniform sampler2D picture;
in vec2 uv;
out vec4 colour;
void main() { colour = vec4(texture(picture, uv).rgb, 1.0); }
"""
# Catmull-Rom in five bilinear reads: the two middle taps of each axis are one read between them, and the corners, whose
# weights are below 0.5 %, are left out.
_ROUND_SHADER = """#version 330 core
uniform sampler2D picture;
in vec2 uv;
out vec4 colour;
vec3 smooth_at(vec2 uv) {
    vec2 size = vec2(textureSize(picture, 0));
    vec2 centre = floor(uv * size - 0.5) + 0.5;
    vec2 f = uv * size - centre;
    vec2 w0 = f * (-0.5 + f * (1.0 - 0.5 * f));
    vec2 w1 = 1.0 + f * f * (-2.5 + 1.5 * f);
    vec2 w2 = f * (0.5 + f * (2.0 - 1.5 * f));
    vec2 w3 = f * f * (-0.5 + 0.5 * f);
    vec2 w12 = w1 + w2;
    vec2 at0 = (centre - 1.0) / size;
    vec2 at12 = (centre + w2 / w12) / size;
    vec2 at3 = (centre + 2.0) / size;
    float middle = w12.x * w12.y, above = w12.x * w0.y, below = w12.x * w3.y, left = w0.x * w12.y, right = w3.x * w12.y;
    vec3 sum = texture(picture, at12).rgb * middle
             + texture(picture, vec2(at12.x, at0.y)).rgb * above
             + texture(picture, vec2(at12.x, at3.y)).rgb * below
             + texture(picture, vec2(at0.x, at12.y)).rgb * left
             + texture(picture, vec2(at3.x, at12.y)).rgb * right;
    return clamp(sum / (middle + above + below + left + right), 0.0, 1.0);
}
"""
_BETWEEN_SHADER = """#version 330 core
uniform sampler2D picture;
uniform sampler2D before;
uniform float share;
in vec2 isf_FragNormCoord;
out vec4 colour;
void main() { colour = mix(texture(before, isf_FragNormCoord), texture(picture, isf_FragNormCoord), share); }
"""
_SMOOTH_SHADER = _ROUND_SHADER + "void main() { colour = vec4(smooth_at(uv), 1.0); }\n"
_CRISP_SHADER = f"""{_ROUND_SHADER}
uniform sampler2D push;
void main() {{
    vec2 away = (texture(push, uv).rg - 128.0 / 255.0) * {2 * REACH_PIXELS:.1f};
    colour = vec4(smooth_at(uv + away / vec2(textureSize(picture, 0))), 1.0);
}}
"""

EDGE_PIXELS, EDGE_FROM_PIXELS = 2, 128
NEAR_RATIO = 1.08
ENLARGED_RATIO = 1.01  # an image shown at its own size keeps every pixel


def enlargement(image: tuple[int, int], canvas: tuple[int, int], mode: int) -> float:
    """Pixels of the canvas per pixel of the image, the same on both axes."""
    scales = (canvas[0] / image[0], canvas[1] / image[1])
    return max(scales) if mode == COVER or (mode == MIRROR and near_sides(image, canvas)) else min(scales)


def near_sides(image: tuple[int, int], canvas: tuple[int, int]) -> bool:
    """Whether an image was made for this canvas: a sliver of its mirror at the sides would only show a seam."""
    scales = (canvas[0] / image[0], canvas[1] / image[1])
    return max(scales) <= NEAR_RATIO * min(scales)


def quads(image: tuple[int, int], canvas: tuple[int, int], mode: int, frame: int = EDGE_PIXELS) -> NDArray[np.float32]:
    """The rectangles to draw, as triangles: float32 `[6 * n, 4]` of x, y (-1 to 1, y up) and u, v (v 0 is the top row).

    Args:
        image, canvas: width and height in pixels, > 0.
        mode: CONTAIN (black sides), COVER (crops), MIRROR (like CONTAIN, the sides filled with mirrored copies;
            like COVER where little would be left to fill).
        frame: pixels of the image that are left out at its border, where it is enlarged.
    """
    scale = enlargement(image, canvas, mode)
    # Zero padding leaves a frame of a pixel or two around a generator's image: a line when it is enlarged, and where it
    # meets its mirror.
    whole = scale <= ENLARGED_RATIO and (mode != MIRROR or near_sides(image, canvas))
    edge = 0 if whole or min(image) < EDGE_FROM_PIXELS else frame
    spans = [_spans(image[axis] * scale, canvas[axis], mode == MIRROR, edge / image[axis]) for axis in (0, 1)]
    corners = []
    for left, right, u0, u1 in spans[0]:
        for top, bottom, v0, v1 in spans[1]:
            x0, x1 = 2 * left / canvas[0] - 1, 2 * right / canvas[0] - 1
            y0, y1 = 1 - 2 * top / canvas[1], 1 - 2 * bottom / canvas[1]
            a, b, c, d = (x0, y0, u0, v0), (x1, y0, u1, v0), (x0, y1, u0, v1), (x1, y1, u1, v1)
            corners += [a, b, c, c, b, d]
    return np.array(corners, np.float32)


def _spans(length: float, room: int, mirror: bool, edge: float) -> list[tuple[float, float, float, float]]:
    """Pieces (from, to, texture from, texture to) along one side of `room` pixels for an image of `length` pixels, of
    which the share `edge` at either end is left out."""
    length = max(length, 1.0)  # an image thinner than a pixel: else there would be millions of mirrored copies
    start = (room - length) / 2
    if abs(length - round(length)) < 1e-6:  # on whole pixels, so that an image at its own size stays sharp
        length = round(length)
        start = (room - length) // 2
    copies = range(-math.ceil(start / length), math.ceil((room - start) / length)) if mirror and length < room else (0,)
    spans = []
    for n in copies:
        low = start + n * length
        t0, t1 = (1.0 - edge, edge) if n % 2 else (edge, 1.0 - edge)
        spans.append((low, low + length, t0, t1))
    return spans


class Fit:
    """Holds the uploaded image and the one before it, and draws one, or a mixture of both, into a framebuffer.

    Args:
        upload: how pixels get into a texture of their size; None writes them at once.
        crisp: make edges steep where an image is enlarged: 15 ms a frame of 1280x720 without a GPU, nothing with one.
    State: the two textures, whose sizes follow the images, and the rectangles for the last sizes and mode.
    """

    def __init__(self, ctx: moderngl.Context, upload: Upload | None = None, crisp: bool = True) -> None:
        self._ctx, self._upload = ctx, upload
        self._crisp = Crisp(ctx) if crisp else None
        self._texture: moderngl.Texture | None = None
        self._before: moderngl.Texture | None = None
        self._mixed: Canvas | None = None
        self._mixing = ctx.program(vertex_shader=VERTEX_SHADER, fragment_shader=_BETWEEN_SHADER)
        self._mixing["before"] = 1
        self._mixing_vertices = ctx.vertex_array(self._mixing, [])
        self._buffer: moderngl.Buffer
        self._vertices: moderngl.VertexArray
        self._arrays: dict[int, moderngl.VertexArray] = {}
        self._key: tuple[tuple[int, int], tuple[int, int], int, int] | None = None
        self._fields: FieldsImage | None = None
        self._shows_fields = False
        self._programs = {
            name: ctx.program(vertex_shader=_VERTEX_SHADER, fragment_shader=source)
            for name, source in (("plain", _PLAIN_SHADER), ("smooth", _SMOOTH_SHADER), ("crisp", _CRISP_SHADER))
        }
        self._programs["crisp"]["push"] = 1

    def upload(self, pixels: NDArray[np.uint8]) -> None:
        """Take over uint8 `[H, W, 4]`, row 0 at the top."""
        texture = self._turn((pixels.shape[1], pixels.shape[0]))
        if self._upload is not None:
            self._upload(pixels, texture)
        else:
            texture.write(np.ascontiguousarray(pixels))

    def take(self, image: FetchedImage) -> None:
        """Take over an image that is in GL's memory."""
        image.write_to(self._turn(image.size))

    def take_fields(self, pixels: NDArray[np.uint16], palette: NDArray[np.float32]) -> None:
        """Take over an image of fields, uint16 `[H, W, channels]`, and its palette `[5, 3]`."""
        self._fields = self._fields or FieldsImage(self._ctx, smooth=self._crisp is not None)
        self._fields.take(pixels, palette)
        self._shows_fields = True

    def _turn(self, size: tuple[int, int]) -> moderngl.Texture:
        """The texture for the next image, (width, height); the one that was the last is the one before it now."""
        self._shows_fields = False
        self._texture, self._before = self._before, self._texture
        if self._texture is None or self._texture.size != size:
            if self._texture is not None:
                self._texture.release()
            self._texture = self._ctx.texture(size, 4)
            self._texture.repeat_x = self._texture.repeat_y = False
        return self._texture

    def draw(self, target: moderngl.Framebuffer, mode: int, share: float = 1.0) -> None:
        """Draw the last image into all of `target`; black where it does not reach.

        Args:
            share: of the last image, 0 to 1; the rest is the image before it. Mixed at the last image's size.
        """
        if self._shows_fields and self._fields is not None:
            program = self._fields.use(share, enlargement(self._fields.size, target.size, mode))
            self._place(self._fields.size, target.size, mode, program)
            target.use()
            target.clear(0.0, 0.0, 0.0, 1.0)
            self._vertices.render()
            return
        texture = self._texture
        if texture is None:
            target.clear(0.0, 0.0, 0.0, 1.0)
            return
        ctx = self._ctx
        if share < 1.0 and self._before is not None:
            texture = self._between(texture, self._before, share)
        scale = enlargement(texture.size, target.size, mode)
        if scale < 0.75:
            texture.build_mipmaps()
        texture.filter = (ctx.LINEAR_MIPMAP_LINEAR if scale < 0.75 else ctx.LINEAR, ctx.LINEAR)
        how = "plain" if scale <= ENLARGED_RATIO else "smooth" if self._crisp is None else "crisp"
        self._place(texture.size, target.size, mode, self._programs[how])
        if self._crisp is not None and how == "crisp":
            self._crisp.draw(texture)
            self._crisp.push.use(1)
            texture = self._crisp.image
        target.use()
        target.clear(0.0, 0.0, 0.0, 1.0)
        texture.use(0)
        self._vertices.render()

    def _place(self, image: tuple[int, int], canvas: tuple[int, int], mode: int, program: moderngl.Program) -> None:
        """Make the rectangles ready that an image is drawn on, with that program."""
        key = (image, canvas, mode, 0 if self._shows_fields else EDGE_PIXELS)
        if key != self._key:
            self._forget()
            self._buffer, self._key = self._ctx.buffer(quads(*key)), key
        if program.glo not in self._arrays:
            self._arrays[program.glo] = self._ctx.vertex_array(program, [(self._buffer, "2f 2f", "corner", "at")])
        self._vertices = self._arrays[program.glo]

    def _between(self, texture: moderngl.Texture, before: moderngl.Texture, share: float) -> moderngl.Texture:
        if self._mixed is None or self._mixed.texture.size != texture.size:
            if self._mixed is not None:
                self._mixed.release()
            self._mixed = Canvas(self._ctx, texture.size)
        self._mixing["share"] = share
        for unit, source in enumerate((texture, before)):
            source.filter = self._ctx.LINEAR, self._ctx.LINEAR
            source.use(unit)
        self._mixed.framebuffer.use()
        self._mixing_vertices.render(vertices=3)
        return self._mixed.texture

    def _forget(self) -> None:
        if self._key is not None:
            for array in self._arrays.values():
                array.release()
            self._arrays.clear()
            self._buffer.release()
            self._key = None

    def release(self) -> None:
        """Give texture and programs back."""
        self._forget()
        if self._crisp is not None:
            self._crisp.release()
        if self._fields is not None:
            self._fields.release()
        for program in self._programs.values():
            program.release()
        for thing in (self._mixing_vertices, self._mixing, self._texture, self._before, self._mixed):
            if thing is not None:
                thing.release()
        self._texture = self._before = self._mixed = None
