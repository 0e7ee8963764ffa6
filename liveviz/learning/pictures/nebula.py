"""Nebula: two wings of gas thrown out by one star, bright at their rims."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump, inside, rotated, stars

sin = torch.sin


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: tilt, opening, waves of the gas, drift. middle: how many filaments, how wide the rims."""
    tilt, opening, waves, drift = coarse
    filaments, glow = middle
    x, y = rotated(p.x, p.y, 0.42 + 0.22 * tilt)
    x = x + 0.06 * sin(3.0 * y + 1.0 * drift)
    y = y + 0.07 * sin(2.6 * x + 1.0 * waves) + 0.03 * sin(6.0 * x + 2.0 * drift)
    u = (x * x + 0.004).sqrt()
    v = y / (0.10 + (0.72 + 0.14 * opening) * u**1.15 / (0.55 + 0.5 * u * u))
    gas = inside(1.0 - v.abs(), 0.5) * torch.exp(-((0.9 * u) ** 3)) * (0.72 + 0.3 * u)
    rim = bump(v.abs() - 0.93, 0.24 + 0.08 * glow) * torch.exp(-((1.0 * u) ** 3))
    strand = 0.5 + 0.5 * sin((5.5 + 1.4 * filaments) * v + 4.0 * u + 1.2 * sin(4.0 * u + waves) + 0.8 * drift)
    away = (p.r**2 + 1e-4).sqrt()
    haze = torch.exp(-1.9 * away)
    ramp = 0.06 + 0.30 * haze + gas * (0.22 + 0.40 * strand) + 0.34 * rim
    shade = 0.36 + 0.25 * haze + gas * (0.16 + 0.36 * strand) + 0.42 * rim
    picture = Layers(
        ramp, shade, 0.38 * rim * (0.5 + 0.5 * strand) + 0.95 * bump(away, 0.07) + 0.55 * torch.exp(-6.5 * away)
    )
    return picture.lit(0.7 * stars(p, 20, 31) * (1.0 - gas))
