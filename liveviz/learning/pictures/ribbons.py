"""Ribbons: five bands of light, woven across the dark."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, rotated, soft

sin, cos, exp = torch.sin, torch.cos, torch.exp
BACK_TO_FRONT = (2, 0, 4, 1, 3)
"""Which ribbon lies on which, from the back to the front."""


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: slope, wave, weave, pinch. middle: how many threads, how wide the light."""
    slope, wave, weave, pinch = coarse
    threads, glow = middle
    x, y = rotated(p.x, p.y, 0.22 + 0.16 * slope)
    deep = 0.04 + 0.10 * exp(-2.0 * y * y)
    scene = Scene(deep, 0.5)
    light, u, detail = torch.zeros_like(y * glow), torch.zeros_like(y), torch.zeros_like(y)
    for k, band in enumerate(BACK_TO_FRONT):
        a, b, c = 1.6 * x + 0.5, 2.0 * x + 0.95 * band + 0.9 * wave, 3.3 * x + 2.1 * band + 1.0 * weave
        knot = 0.80 + (0.45 + 0.25 * pinch) * sin(a)
        lane = 0.30 * (band - 2)
        line = lane * knot + 0.24 * sin(b) + 0.12 * sin(c)
        rise = lane * (0.72 + 0.40 * pinch) * cos(a) + 0.48 * cos(b) + 0.40 * cos(c)  # the line's slope
        turn = sin(1.9 * x + 1.3 * band + 0.7 * weave)  # the ribbon turns about itself
        half = 0.095 + 0.045 * turn
        across = (y - line) / (1.0 + rise * rise).sqrt()
        away = half - across.abs()
        side = (across / half).clamp(-1.3, 1.3)
        sheen = 0.5 + 0.5 * sin(2.4 * side + 3.0 * x + 1.7 * band)
        place = 0.26 + 0.52 * sheen + 0.16 * side * turn
        shade = 0.34 + 0.56 * sheen + 0.22 * bump(away, 0.04)
        scene = scene.cut(away + 0.05, deep, 0.5)  # it stands off from those behind it
        scene = scene.laid(away, place, shade) if k < 4 else scene.before(away, place + 0.1, shade + 0.1)
        gap = soft(away + 0.05, 0.03)
        light = light * (1.0 - gap)
        light = light + (0.30 + 0.10 * glow) * exp(-away.abs() / (0.050 + 0.02 * glow)) * (0.4 + 0.6 * sheen)
        u = u + ((3.5 + threads) * side + 0.5 - u) * soft(away + 0.01, 0.018)
        detail = detail * (1.0 - gap) + 0.40 * soft(away - 0.022, 0.015)
    return scene.lit(light).lined(u, detail)
