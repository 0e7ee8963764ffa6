"""Kaleidoscope: six mirrors, and cut glass between them: star over star, with slivers of glass in their gaps."""

import math

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, both, bump, over, soft

sin, cos, exp = torch.sin, torch.cos, torch.exp
MIRROR_RADIANS = math.pi / 6.0
"""From one mirror to the next, in radians."""
STAR_RINGS = (
    (2.60, 0.9, 0.0),
    (1.78, 0.75, 1.0),
    (1.36, 0.95, 0.0),
    (0.96, 0.80, 1.0),
    (0.66, 1.0, 0.0),
    (0.38, 0.8, 1.0),
)
"""Radius of the points, how pointed in radians, on which mirror the points are."""


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: turn, twist, two slides of the glass. middle: how many lines, how wide the light on the edges."""
    turn, twist, slide, other = coarse
    lines, glow = middle
    angle = 6.0 * (p.theta + 0.30 * turn + 0.35 * twist * exp(-1.3 * p.r))
    fold = MIRROR_RADIANS * (
        0.5 - torch.asin(0.985 * cos(angle)) / math.pi
    )  # 0 on one mirror, MIRROR_RADIANS on the next
    dim = exp(-0.55 * p.r)
    scene = Scene(0.05 + 0.05 * dim, 0.45)
    light = torch.zeros_like(p.r)
    shape = torch.zeros_like(p.r)
    for k, (radius, pointed, which) in enumerate(STAR_RINGS):
        push = slide if k % 2 else other
        alpha = pointed + 0.22 * push
        tip = radius * (1.0 + 0.10 * (push if k < 4 else -push))
        off = MIRROR_RADIANS - fold if which else fold
        x, y = p.r * cos(off), p.r * sin(off)
        away = tip * cos(alpha) - x * cos(alpha) - y * sin(alpha)
        shape = away if k == 2 else shape
        inner = away.clamp(min=0.0)
        share = k / (len(STAR_RINGS) - 1)
        # each half of a ray catches the light in its own way
        facet = 0.14 * torch.tanh(7.0 * (off - 0.5 * MIRROR_RADIANS)) * soft(p.r - 0.1, 0.2)
        place = (0.08 + 0.30 * share if k % 2 else 0.36 + 0.42 * share) - 0.45 * facet + 0.06 * push
        edge = exp(-12.0 * inner)
        shade = 0.32 + 0.44 * share - 1.5 * facet + 0.34 * edge
        scene = over(scene, away, place, shade)
        # a sliver of glass in every gap, of the other colour
        middle_of = radius * (0.74 + 0.05 * push)
        far = (x - middle_of).abs() / (0.20 * radius) + y.abs() / (0.085 * radius)
        sliver = both((1.0 - far) * 0.075 * radius, away - 0.03)
        light = light * (1.0 - 0.85 * soft(away, 0.04)) + (0.22 + 0.10 * glow) * bump(away, 0.022 + 0.010 * glow)
        if k < 4:
            scene = over(scene, sliver, 0.95 - place if k % 2 else 0.7 * place, 0.5 + 0.4 * share)
            light = light + 0.22 * bump(sliver, 0.02)
    heart = 0.13 - p.r * cos(fold) - 0.02 * other
    scene = scene.before(heart, 0.98, 1.0)
    light = light * (0.5 + 0.5 * dim) + (0.7 + 0.2 * glow) * exp(-(6.5 - 2.0 * glow) * p.r)
    return scene.lit(light).lined((9.0 + 4.0 * lines) * shape, 0.22 + 0.2 * dim)
