"""Galaxy: two arms wound around a burning core, seen at a slant."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump, rotated, stars

cos = torch.cos


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: turn, slant, winding, how wide the arms. middle: how many branches, how wide the core's light."""
    turn, slant, winding, wide = coarse
    branches, glow = middle
    x, y = rotated(p.x, p.y, 0.45)
    y = y * (1.65 + 0.3 * slant)
    radius = (x * x + y * y + 0.004).sqrt()
    angle = torch.atan2(y, x)
    log = torch.log(radius)
    arms = cos(2.0 * angle - (3.7 + 0.5 * winding) * log + 1.3 * turn)
    feathers = cos((6.0) * angle - 8.0 * log + 3.0 * turn) * (0.8 + 0.5 * branches)
    fade = torch.exp(-1.15 * radius)
    stuff = torch.sigmoid((3.4) * arms + feathers + 0.1 + 0.7 * wide) * fade
    dust = bump(arms - 0.35, 0.30) * torch.exp(-1.3 * radius) * (0.6 + 0.4 * cos(8.0 * angle - 9.0 * log + 3.0 * turn))
    core = torch.exp(-7.0 * radius)
    picture = Layers(
        0.08 + 0.90 * stuff + 0.40 * core - 0.10 * dust,
        0.30 + 1.05 * stuff + 0.3 * core,
        (1.0 + 0.3 * glow) * torch.exp(-(5.0 - 1.6 * glow) * radius),
    )
    picture = picture.lit(0.38 * bump(arms - 0.75, 0.28) * fade * torch.sigmoid(4.0 * feathers))
    return picture.lit(0.75 * stars(p, 22, 13) * (1.0 - stuff.clamp(max=1.0)))
