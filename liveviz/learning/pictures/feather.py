"""Feather: the eye of a peacock's feather, ring in ring, and its barbs."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump, inside

sin = torch.sin


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: bend of the stem, size of the eye, sweep of the barbs, shimmer. middle: how many barbs, glow."""
    bend, size, sweep, shimmer = coarse
    barbs, glow = middle
    x = p.x - (0.07 * bend) * (1.0 - p.y) ** 2 * 0.5 + 0.05 * bend
    y = p.y - 0.16
    side = (x * x + 0.0008).sqrt()
    body = inside(0.92 + 0.10 * y - 0.30 * y**2 - side, 0.06)
    comb = sin((18.0 + 0.7 * barbs) * (y - (0.95 + 0.04 * sweep) * side**0.85) + 0.8 * shimmer)
    strand = 0.5 + 0.5 * comb
    picture = Layers(
        0.04 + body * (0.20 + 0.32 * strand), 0.35 + body * (0.06 + 0.62 * strand), 0.16 * body * strand**3
    )
    stem = bump(x, 0.028) * inside(-y - 0.15, 0.05)
    picture = picture.under(stem, torch.full_like(x, 0.85), torch.full_like(x, 0.9), 0.3 * stem)
    drop = (x / (0.86 - 0.16 * y)) ** 2 + (y * 0.86) ** 2
    rho = (drop + 1e-4).sqrt() / (0.62 + 0.06 * size)
    low = (x * x / 0.8 + (y + 0.10) ** 2 + 1e-4).sqrt() / (0.62 + 0.06 * size)  # the inner rings sit lower
    comb = 0.05 * comb
    rings = (
        (rho, 1.0, 0.40, 0.60, 0.12),
        (rho, 0.86, 0.66, 0.88, 0.40),
        (low, 0.62, 0.26, 0.72, 0.12),
        (low, 0.45, 0.90, 1.0, 0.50),
    )
    for place, edge, ramp, shade, light in rings:
        away = edge - place
        picture = picture.under(
            inside(away, 0.025),
            ramp + comb + 0.12 * place * sin(2.0 * p.theta + shimmer),
            shade + comb,
            light * bump(away, 0.055 + 0.02 * glow),
        )
    heart = (0.27 - 0.13 * bump(x, 0.08) * inside(y + 0.10, 0.1)) - low
    picture = picture.under(
        inside(heart, 0.025), torch.full_like(x, 0.06), torch.full_like(x, 0.5), 0.25 * bump(heart, 0.05)
    )
    return picture.lit(
        (0.30 + 0.14 * glow) * torch.exp(-(2.6 - 0.8 * glow) * (rho - 1.0).clamp(min=0.0)) * inside(rho - 1.0, 0.05)
    )
