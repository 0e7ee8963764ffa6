"""How fields become colour: the one description of it, which runs in NumPy and in torch, and writes the shader.

Every value is a plane of numbers (an array, or a name in GLSL), every function comes from `o`, which is one of the
modules of this room or of `learning` that have these functions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from liveviz.fields.channels import COLOURS, REACH

SHARPEST_SLOPE = 0.35
"""Of an edge: a field that rises less than this share of a distance's own slope is a soft edge and stays one."""
LINE_HALF_WIDTH = 0.0012
"""Half image heights: a line is 1.3 pixels wide at 1080 rows, and never less than a pixel."""
LEAST_LINE_PIXELS = 0.55
DENSEST_LINES = (0.22, 0.42)
"""Lines a pixel at which lines begin to fade and are gone: closer ones would shimmer."""


def paint(o: Any, fields: Mapping[str, Any], palette: Sequence[Sequence[Any]], pixel: Any) -> list[Any]:
    """Red, green and blue, 0 to 1, of an image of fields.

    Args:
        o: the functions of numbers: mix, clamp, smoothstep, fract, floor, absolute, sqrt, exp, maximum, slope.
        fields: by the names of CHANNELS, at the size of the result.
        palette: `COLOURS` colours of three numbers each.
        pixel: size of one pixel of the result, in half image heights.
    """
    figure = _cover(o, fields["figure_edge"], pixel)
    front = _cover(o, fields["front_edge"], pixel)
    parts = [_ramp(o, fields[f"{side}_place"], fields[f"{side}_shade"]) for side in ("ground", "figure", "front")]
    weights = [o.mix(o.mix(g, f, figure), t, front) for g, f, t in zip(*parts, strict=True)]
    light = o.clamp(fields["glow"], 0.0, 1.4) + _lines(o, fields, pixel) + _sparks(o, fields)
    rgb = []
    for component in range(3):
        value = light * palette[COLOURS - 1][component]
        for colour, weight in zip(palette, weights, strict=False):
            value = value + weight * colour[component]
        rgb.append(o.clamp(value, 0.0, 1.0))
    return rgb


def _cover(o: Any, edge: Any, pixel: Any) -> Any:
    """How much of a pixel is inside of an edge: its zero crossing, softened over one pixel by its own slope."""
    least = pixel * (SHARPEST_SLOPE / REACH)
    return o.clamp(0.5 + edge / o.maximum(o.slope(edge), least), 0.0, 1.0)


def _ramp(o: Any, place: Any, shade: Any) -> list[Any]:
    """How much of each of the four colours of the ramp: smooth hats around its four places, times the shade."""
    third = o.clamp(place, 0.0, 1.0) * 3.0
    bright = o.clamp(shade, 0.0, 1.3)
    weights = []
    for k in range(COLOURS - 1):
        hat = o.clamp(1.0 - o.absolute(third - float(k)), 0.0, 1.0)
        weights.append(hat * hat * (3.0 - 2.0 * hat) * bright)
    return weights


def _lines(o: Any, fields: Mapping[str, Any], pixel: Any) -> Any:
    """Thin lines where u is whole."""
    rise = o.maximum(o.slope(fields["u"]), 1e-5)
    away = o.absolute(o.fract(fields["u"] + 0.5) - 0.5) / rise  # pixels
    half = o.maximum(LINE_HALF_WIDTH / pixel, LEAST_LINE_PIXELS)
    line = o.clamp(half + 0.5 - away, 0.0, 1.0)
    return line * o.clamp(fields["detail"], 0.0, 1.0) * (1.0 - o.smoothstep(*DENSEST_LINES, rise))


def _sparks(o: Any, fields: Mapping[str, Any]) -> Any:
    """A spark in about half of all cells of u and v, each in its own place, of its own size, with a small halo."""
    u, v = fields["u"], fields["v"]
    cell_u, cell_v = o.floor(u), o.floor(v)
    first, second, third = _random(o, cell_u, cell_v)
    across = o.fract(u) - 0.5 - 0.4 * (first - 0.5)
    up = o.fract(v) - 0.5 - 0.4 * (second - 0.5)
    away = o.sqrt(across * across + up * up)
    pixel = o.maximum(o.slope(u), o.slope(v)) + 1e-5  # cells; at the wrap of a chart it is large, and nothing is drawn
    rare = o.clamp(third * 2.0 - 1.0, 0.0, 1.0)
    size = 0.015 + 0.035 * rare * rare * rare
    point = o.clamp((size - away) / pixel + 0.5, 0.0, 1.0) * o.clamp(size * 2.0 / pixel, 0.0, 1.0)
    halo = 0.45 * o.exp(-(away * away) / (7.0 * size * size)) * rare
    seen = o.smoothstep(0.5, 0.55, third) * (1.0 - o.smoothstep(0.15, 0.35, pixel))
    return (point + halo) * seen * o.clamp(-1.0 * fields["detail"], 0.0, 1.0)


def _random(o: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """Three numbers in 0 to 1 of two whole ones, the same in float32 everywhere: no sine of large numbers."""
    x, y, z = o.fract(a * 0.1031), o.fract(b * 0.1030), o.fract(a * 0.0973)
    dot = x * (y + 33.33) + y * (x + 33.33) + z * (z + 33.33)
    x, y, z = x + dot, y + dot, z + dot
    return o.fract((x + y) * z), o.fract((x + z) * y), o.fract((y + z) * x)
