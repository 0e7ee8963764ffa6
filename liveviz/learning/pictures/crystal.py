"""Crystal: a druse of clear points, each with its facets, light rising through them."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, both, bump, length, rotated, sky, soft

exp = torch.exp
CRYSTAL_POINTS = (
    (-1.30, 1.72, 0.16),
    (1.27, 1.66, 0.16),
    (-1.02, 1.20, 0.14),
    (0.98, 1.30, 0.15),
    (-0.66, 1.52, 0.17),
    (0.62, 1.42, 0.16),
    (0.02, 1.78, 0.23),
    (-0.34, 1.22, 0.15),
    (0.31, 1.08, 0.15),
    (-0.84, 0.80, 0.13),
    (0.80, 0.76, 0.13),
    (-0.05, 0.72, 0.14),
)
"""Lean, length and half the width of each, from the back to the front."""
FOOT_HEIGHT = -0.98
"""Half image heights: where all of them begin."""
GAP_WIDTH = 0.032
"""Half image heights of the dark that one sees between two of them."""


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: spread, growth, where the light falls from, how it turns. middle: how many lines, how wide the light."""
    spread, growth, sun, turn = coarse
    lines, glow = middle
    x, y = p.x, p.y - FOOT_HEIGHT
    from_heart = length(x, y - 0.25)
    haze = exp(-1.3 * from_heart)
    deep = 0.03 + 0.30 * haze + 0.45 * exp(-3.5 * from_heart)
    scene = Scene(deep, 0.5)
    light = (0.45 + 0.15 * glow) * exp(-(2.4 - 0.7 * glow) * from_heart)
    star_u, star_v = sky(p)
    u, detail = star_u + 0.0 * light, -0.8 + 0.0 * light
    for k, (lean, tall, half) in enumerate(CRYSTAL_POINTS):
        grown = tall * (1.0 + 0.14 * growth * (1 if k % 2 else -1))
        across, along = rotated(x, y, -lean * (1.0 + 0.14 * spread))
        ridge = half * (-0.25 + 0.5 * turn * (1 if k % 3 else -1) * 0.6)  # where two facets meet
        tip = grown - 1.35 * across.abs() - along
        body = both(half - across.abs(), tip * 0.6, along + 0.2)
        facet = both(body - 0.006, across - ridge)  # the one that is turned to the light
        cap = soft(0.30 - tip + 0.9 * (across - ridge).abs(), 0.03)  # the slanted end of each facet
        rise = (along / grown).clamp(0.0, 1.0)
        core = exp(-2.2 * rise)
        scene = scene.cut(body + GAP_WIDTH, deep, 0.5)
        scene = scene.with_values(front=torch.minimum(torch.as_tensor(scene.front), -body - GAP_WIDTH))
        facing = 0.5 + 0.35 * torch.sin(1.3 * lean + 1.4 * sun)
        place = 0.14 + 0.50 * core + 0.16 * cap + 0.10 * facing
        shade = 0.24 + 0.55 * core + 0.22 * cap + 0.16 * bump(across - ridge, 0.05)
        scene = scene.laid(body, place, shade)
        scene = scene.before(facet, place + 0.16 + 0.24 * facing, shade + 0.22 + 0.20 * facing)
        here = soft(body, 0.03)
        light = light * (1.0 - 0.8 * soft(body, 0.03))
        seams = bump(body, 0.022) + 0.7 * bump(across - ridge, 0.02) * here
        light = light + (0.26 + 0.10 * glow) * seams * (0.3 + rise)
        light = light + 0.55 * core * here * haze
        u = u + ((12.0 + 3.0 * lines) * (along + 0.6 * (across - ridge).abs()) - u) * soft(body + 0.005, 0.018)
        detail = detail * (1.0 - soft(body + 0.04, 0.03)) + 0.26 * soft(body - 0.032, 0.02) * (0.4 + 0.6 * core)
    return scene.lit(light).with_values(u=u, v=star_v, detail=detail)
