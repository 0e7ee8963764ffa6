"""The overlay: the figures that tell a performer in the dark, two metres from the laptop, whether the show is well.

Letters are drawn on the processor, which is slow, so only when one changed and at most ten times a second; what moves
with every frame (graph, level, beat) is drawn by GL as a handful of triangles over the same texture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import moderngl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH_PIXELS, HEIGHT_PIXELS = 560, 508
BAR_COUNT = 120
_TEXT_INTERVAL = 0.1
_PANEL_RGBA = np.array([6, 8, 11, 205], np.float32)  # premultiplied
_WHITE, _DIM, _YELLOW = (245, 248, 250, 255), (160, 175, 188, 255), (255, 205, 90, 255)
_GRAPH_BOX = (20, 96, 520, 84)  # x, y from the top, width, height
_LEVEL_BOX = (118, 206, 300, 22)
_BEAT_CIRCLE = (40, 264, 20)  # centre x, y from the top, radius
_GREEN, _AMBER, _RED, _BLUE = (0.30, 0.90, 0.50), (1.00, 0.75, 0.20), (1.00, 0.30, 0.30), (0.35, 0.70, 1.00)

# An error has its line, its field and what to write instead: small letters, and three lines of them
_MESSAGE_PIXELS = 21

Piece = tuple[str, int, tuple[int, int, int, int]]  # text, height of the type in pixels, RGBA
_FIELD_BOXES = (  # x, y from the top, width, height of each line of letters, in the order of _words
    (20, 8, 320, 84),
    (340, 16, 220, 40),
    (340, 56, 220, 36),
    (20, 196, 90, 40),
    (430, 196, 130, 40),
    (72, 240, 300, 46),
    (372, 240, 188, 46),
    (20, 292, 540, 42),
    (20, 332, 540, 34),
    (20, 370, 540, 40),
    (20, 412, 540, 30),
    (20, 442, 540, 30),
    (20, 472, 540, 30),
)

_VERTEX_SHADER = """#version 330 core
in vec2 at;
in vec4 ink;
out vec4 shade;
void main() { shade = ink; gl_Position = vec4(at, 0.0, 1.0); }
"""
_FRAGMENT_SHADER = """#version 330 core
in vec4 shade;
out vec4 colour;
void main() { colour = vec4(shade.rgb * shade.a, shade.a); }
"""


@dataclass(frozen=True, slots=True)
class OverlayStats:
    """What the overlay shows.

    time: seconds, of this frame. fps, target_fps: images per second. frame_ms: the last frames' intervals, oldest first.
    latency_ms: from sound to image, None where it is not known. level: 0 to 1; level_db: dB of full scale;
    gain_db: what gain control adds.
    beat_phase: [0, 1); bpm: 0 where none was found. control: last control touched, (name, value); hint: why it does
    nothing, or where its knob must go.
    """

    time: float
    fps: float
    target_fps: float
    frame_ms: Sequence[float] | NDArray[np.floating] = ()
    latency_ms: float | None = None
    level: float = 0.0
    level_db: float = -120.0
    gain_db: float = 0.0
    beat_phase: float = 0.0
    bpm: float = 0.0
    control: tuple[str, float] | None = None
    hint: str = ""
    model: str = ""
    mapping: str = ""
    backend: str = ""
    quality: str = ""
    message: str = ""
    dropped: int = 0
    late: int = 0


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _wrapped(text: str, size: int, width: int, count: int) -> list[str]:
    """`text` in exactly `count` lines of at most `width` pixels, broken between words; the last holds all that is left."""
    font, lines = _font(size), [""]
    for word in text[:400].split():
        longer = f"{lines[-1]} {word}".strip()
        if len(lines) < count and lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines + [""] * (count - len(lines))


def _finite(value: float, low: float, high: float) -> float:
    return min(max(value, low), high) if math.isfinite(value) else low


class Overlay:
    """Draws the figures into a texture of 560x508, made for a window 720 lines high.

    State: the lines of letters that are in the texture, and when they were last drawn.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self.texture = ctx.texture((WIDTH_PIXELS, HEIGHT_PIXELS), 4)
        self.texture.repeat_x = self.texture.repeat_y = False
        self._framebuffer = ctx.framebuffer([self.texture])
        self._program = ctx.program(vertex_shader=_VERTEX_SHADER, fragment_shader=_FRAGMENT_SHADER)
        self._corners = ctx.buffer(reserve=(BAR_COUNT + 64) * 6 * 24, dynamic=True)
        self._vertices = ctx.vertex_array(self._program, [(self._corners, "2f 4f", "at", "ink")])
        self.texture.write(np.broadcast_to(_PANEL_RGBA.astype(np.uint8), (HEIGHT_PIXELS, WIDTH_PIXELS, 4)).tobytes())
        self._lines: list[tuple[Piece, ...]] = [()] * len(_FIELD_BOXES)
        self._drawn = -math.inf

    def draw(self, stats: OverlayStats) -> moderngl.Texture:
        """The texture for `present`: premultiplied RGBA, row 0 at the bottom."""
        if not 0 <= stats.time - self._drawn < _TEXT_INTERVAL:
            self._drawn = stats.time
            for index, (line, place) in enumerate(zip(self._words(stats), _FIELD_BOXES, strict=True)):
                if line != self._lines[index]:
                    self._lines[index] = line
                    x, y, width, height = place
                    self.texture.write(_letters(line, width, height), (x, HEIGHT_PIXELS - y - height, width, height))
        ink = _Ink()
        self._graph(ink, stats)
        self._meters(ink, stats)
        corners = ink.corners()
        self._corners.write(corners)
        self._framebuffer.use()
        self._ctx.enable_only(self._ctx.NOTHING)
        self._vertices.render(vertices=len(corners))
        return self.texture

    @staticmethod
    def _words(stats: OverlayStats) -> tuple[tuple[Piece, ...], ...]:
        """The lines of letters, one for each of _FIELD_BOXES."""
        latency = "unknown" if stats.latency_ms is None else f"{_finite(stats.latency_ms, 0, 9999):.0f} ms"
        control = "nothing yet" if stats.control is None else f"{stats.control[0]}  {stats.control[1]:.2f}"
        names = " · ".join(part for part in (stats.model, stats.quality, stats.mapping, stats.backend) if part)
        beat = f"{stats.bpm:.0f} BPM" if math.isfinite(stats.bpm) and stats.bpm > 0 else "no beat"
        return (
            ((f"{_finite(stats.fps, 0, 9999):.1f}", 70, _WHITE), (f"of {stats.target_fps:g} fps", 30, _DIM)),
            (("latency", 27, _DIM), (latency, 27, _WHITE)),
            ((f"late {stats.late}  old {stats.dropped}", 23, _DIM),),
            (("input", 27, _DIM),),
            ((f"{_finite(stats.level_db, -99, 99):.0f} dB", 27, _WHITE),),
            ((beat, 32, _WHITE),),
            (("gain", 27, _DIM), (f"{_finite(stats.gain_db, -99, 99):+.0f} dB", 27, _WHITE)),
            (("last", 27, _DIM), (control, 27, _WHITE)),
            ((stats.hint, 22, _YELLOW),),
            ((names, 25, _DIM),),
            *(
                ((line, _MESSAGE_PIXELS, _YELLOW),)
                for line in _wrapped(stats.message, _MESSAGE_PIXELS, WIDTH_PIXELS - 24, 3)
            ),
        )

    @staticmethod
    def _graph(ink: _Ink, stats: OverlayStats) -> None:
        """Frame times as bars; the line is the budget, at half the height."""
        x, y, width, height = _GRAPH_BOX
        ink.box(x, y, width, height, (0.05, 0.06, 0.08), 0.9)
        budget = 1000.0 / stats.target_fps if stats.target_fps > 0 else 33.3
        step = width / BAR_COUNT
        times = np.nan_to_num(np.asarray(stats.frame_ms, np.float64)[-BAR_COUNT:], nan=0.0, posinf=1e6, neginf=0.0)
        for i, ms in enumerate(times.tolist(), start=BAR_COUNT - len(times)):
            share = min(max(ms / budget, 0.0), 2.0)
            colour = _GREEN if share <= 1.1 else _AMBER if share <= 1.6 else _RED
            tall = share * height / 2
            ink.box(x + i * step, y + height - tall, step - 1.0, tall, colour)
        ink.box(x, y + height / 2 - 1, width, 2, (0.96, 0.97, 0.98), 0.9)

    @staticmethod
    def _meters(ink: _Ink, stats: OverlayStats) -> None:
        x, y, width, height = _LEVEL_BOX
        level = _finite(stats.level, 0.0, 1.0)
        ink.box(x, y, width, height, (0.05, 0.06, 0.08), 0.9)
        ink.box(x, y, width * level, height, _GREEN if level < 0.7 else _AMBER if level < 0.95 else _RED)
        x, y, radius = _BEAT_CIRCLE
        phase = _finite(stats.beat_phase, 0.0, 1.0)
        light = (1.0 - phase) ** 2 if stats.bpm > 0 else 0.0
        ink.box(x - radius, y - radius, 2 * radius, 2 * radius, (0.05, 0.06, 0.08), 0.9)
        ink.dot(x, y, radius * (0.55 + 0.45 * light), tuple(0.25 + (c - 0.25) * (0.25 + 0.75 * light) for c in _BLUE))

    def close(self) -> None:
        """Give everything back to GL."""
        for thing in (self._vertices, self._corners, self._program, self._framebuffer, self.texture):
            thing.release()


class _Ink:
    """Collects coloured triangles, in pixels from the upper left of the panel."""

    def __init__(self) -> None:
        self._points: list[tuple[float, float, float, float, float, float]] = []

    def box(self, x: float, y: float, w: float, h: float, rgb: Sequence[float], alpha: float = 1.0) -> None:
        ink = (rgb[0], rgb[1], rgb[2], alpha)
        a, b, c, d = (x, y, *ink), (x + w, y, *ink), (x, y + h, *ink), (x + w, y + h, *ink)
        self._points += (a, b, c, c, b, d)

    def dot(self, x: float, y: float, radius: float, rgb: Sequence[float]) -> None:
        ink = (rgb[0], rgb[1], rgb[2], 1.0)
        rim = [(x + radius * math.cos(k * math.pi / 12), y + radius * math.sin(k * math.pi / 12)) for k in range(25)]
        for (x0, y0), (x1, y1) in pairwise(rim):
            self._points += ((x, y, *ink), (x0, y0, *ink), (x1, y1, *ink))

    def corners(self) -> NDArray[np.float32]:
        """float32 `[n, 6]`: x and y from -1 to 1, y up; RGBA."""
        points = np.array(self._points, np.float32)
        points[:, 0] = points[:, 0] * (2 / WIDTH_PIXELS) - 1
        points[:, 1] = 1 - points[:, 1] * (2 / HEIGHT_PIXELS)
        return points


def _letters(line: tuple[Piece, ...], width: int, height: int) -> bytes:
    """One line on the panel's ground: premultiplied RGBA, `[height, width, 4]` bytes, row 0 at the bottom."""
    field = np.tile(_PANEL_RGBA, (height, width, 1))
    x = 0
    for text, size, colour in line:
        font = _font(size)
        cut = text[:80]
        while cut and font.getlength(cut) > width - x - 4:
            cut = cut.removesuffix("…")[:-1] + "…" if len(cut) > 1 else ""
        image = Image.new("L", (width, height))
        ImageDraw.Draw(image).text((x, height - 12), cut, 255, font, anchor="ls")
        cover = np.asarray(image, np.float32)[..., None] / 255  # [height, width, 1]
        field += (np.array(colour, np.float32) - field) * cover
        x += round(font.getlength(cut)) + 12
    return field[::-1].astype(np.uint8).tobytes()
