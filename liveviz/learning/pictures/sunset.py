"""Sunset: a slatted sun above still water, hills at the horizon, everything mirrored."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, inside

sin = torch.sin
HORIZON = -0.2


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: the sun's height, hills, near hills, ripples of the water. middle: how many slats, how wide the light."""
    rise, hills, shore, water = coarse
    slats, glow = middle
    sea = inside(HORIZON - p.y, 0.012)
    below = (HORIZON - p.y).clamp(min=0.0)
    x = p.x + sea * 0.045 * sin(34.0 * (below + 0.02).sqrt() + 1.2 * water + 2.0 * p.x)
    y = HORIZON + (p.y - HORIZON).abs()
    centre, radius = HORIZON + 0.38 + 0.12 * rise, 0.48
    away = (x**2 + (y - centre) ** 2 + 1e-4).sqrt()
    up = (y - centre) / radius
    slat = inside(sin((11.0 + 2.5 * slats) * up) + 0.45 + 1.5 * up, 0.35)
    sun = inside(radius - away, 0.016) * slat
    sky = (y - HORIZON) / 1.2
    halo = torch.exp(-(3.2 - 1.2 * glow) * (away - radius).clamp(min=0.0))
    picture = Layers(
        0.50 - 0.40 * sky + (0.26 + 0.22 * up + 0.1) * sun, 0.62 + 0.5 * sun, (0.50 + 0.15 * glow) * halo * (1.0 - sun)
    )
    far = HORIZON + 0.15 + 0.12 * sin(3.2 * x + 0.9 + 0.9 * hills) + 0.05 * sin(7.0 * x + 0.4 - 0.9 * hills)
    near = HORIZON + 0.05 + 0.09 * sin(2.6 * x - 1.4 + 0.8 * shore) + 0.03 * sin(8.0 * x + 0.8 * shore)
    picture = picture.under(
        inside(far - y, 0.016),
        torch.full_like(p.x, 0.26),
        0.45 + 0.35 * torch.exp(-9.0 * (far - y).clamp(min=0.0)),
        0.08 * halo,
    )
    picture = picture.under(inside(near - y, 0.016), torch.full_like(p.x, 0.05), torch.full_like(p.x, 0.5))
    dim = 1.0 - sea * (0.25 + 0.45 * below)
    picture = Layers(picture.ramp * (1.0 - 0.15 * sea), picture.shade * dim, picture.glow * dim)
    return picture.lit(0.4 * torch.exp(-(((p.y - HORIZON) / 0.02) ** 2)) * torch.exp(-1.5 * p.x**2))
