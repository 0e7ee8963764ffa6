"""Lotus: petals opening from one heart, mirrored in dark water."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump, inside, rotated

WATER = -0.42
PETALS = (
    (-1.42, 0.86),
    (1.42, 0.86),
    (-1.02, 1.0),
    (1.02, 1.0),
    (-0.62, 1.1),
    (0.62, 1.1),
    (-0.22, 1.14),
    (0.22, 1.14),
    (-1.20, 0.74),
    (1.20, 0.74),
    (-0.78, 0.84),
    (0.78, 0.84),
    (-0.38, 0.90),
    (0.38, 0.90),
    (0.0, 0.92),
)  # angle, length


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: bloom, sway, length, ripples of the water. middle: how many veins, how wide the heart's light."""
    bloom, sway, length, water = coarse
    veins, glow = middle
    pool = inside(WATER - p.y, 0.012)
    below = (WATER - p.y).clamp(min=0.0)
    x = p.x + pool * 0.036 * torch.sin(24.0 * below**0.7 + 0.9 * water + 1.5 * p.x)
    y = (p.y - WATER).abs() * (1.0 + 0.25 * pool) - 0.02
    away = (x * x + (y - 0.28) ** 2 + 1e-4).sqrt()
    picture = Layers(
        0.05 + 0.32 * torch.exp(-1.7 * away),
        0.42 + 0.35 * torch.exp(-1.5 * away),
        0.34 * torch.exp(-(2.6 - 0.9 * glow) * away),
    )
    for k, (angle, size) in enumerate(PETALS):
        front = k >= 8
        across, along = rotated(x, y, -(angle * (0.88 + 0.08 * bloom) + 0.03 * sway))
        along = along / (size * (0.98 + 0.06 * length))
        inner = along.clamp(0.001, 0.999)
        half = (0.27 if front else 0.25) * size * inner.sqrt() * (1.0 - inner * inner)
        side = across / (half + 0.02)
        petal = inside(half - across.abs(), 0.016) * inside(along - 0.02, 0.02) * inside(0.985 - along, 0.02)
        vein = 0.5 + 0.5 * torch.cos((6.5 + 1.5 * veins) * side)
        base = 0.40 if front else 0.22
        ramp = base + 0.50 * inner * inner + 0.10 * vein * inner - 0.06 * side.abs()
        shade = 0.52 + 0.52 * inner + 0.10 * vein - (0.0 if front else 0.14)
        rim = bump(half - across.abs(), 0.022) * inside(along, 0.1)
        picture = picture.under(petal, ramp, shade, 0.30 * rim * inner + 0.15 * bump(side, 0.3) * (1.0 - inner))
    picture = picture.lit(
        (0.62 + 0.2 * glow) * torch.exp(-(5.0 - 1.5 * glow) * (x * x + (y - 0.12) ** 2 + 1e-4).sqrt())
    )
    dim = 1.0 - pool * (0.42 + 0.5 * below)
    picture = Layers(picture.ramp * (1.0 - 0.2 * pool), picture.shade * dim, picture.glow * dim)
    return picture.lit(0.30 * bump(p.y - WATER, 0.02) * torch.exp(-2.5 * p.x**2))
