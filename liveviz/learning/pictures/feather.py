"""Feather: the eye of a peacock's feather, ring in ring, and its barbs."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, both, bump, length, over, soft

sin, exp = torch.sin, torch.exp


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: bend of the stem, size of the eye, sweep of the barbs, shimmer. middle: how many barbs, glow."""
    bend, size, sweep, shimmer = coarse
    barbs, glow = middle
    x = p.x - 0.10 * bend * (0.5 * (1.0 - p.y) ** 2 - 0.7)
    y = p.y - 0.16
    side = (x * x + 0.0009).sqrt()
    rise = 0.80 + 0.30 * sweep
    along = y - rise * side**0.85
    count = 20.0 + 4.5 * barbs
    long = 1.75 + 0.14 * sin(2.0 * y) + 0.10 * sin(7.0 * along)
    out = side / long
    comb = torch.cos(count * along)
    steep = count * (1.0 + rise**2) ** 0.5
    strand = (comb + 1.25 - 2.6 * out**1.6) / steep  # closed at the stem, pointed at the ends
    fade = exp(-1.2 * out**2)
    gloss = 0.5 + 0.5 * sin(5.0 * side - 2.0 * y + 3.0 * shimmer)
    scene = Scene(0.05 + 0.10 * exp(-1.4 * p.r), 0.45, 0.10 * exp(-1.5 * p.r))
    scene = scene.laid(
        strand, 0.14 + 0.24 * fade + 0.10 * comb * fade + 0.26 * gloss * fade, 0.28 + 0.44 * fade * (1 + 0.4 * comb)
    )
    light = 0.14 * bump(strand, 0.02) * fade
    big = 0.60 + 0.09 * size
    rho = length(x / (0.86 - 0.16 * y), y * 0.86) / big
    low = length(x / 0.9, y + 0.10) / big  # the inner rings sit lower
    notch = 0.30 * bump(x, 0.09) * soft(-0.10 - y, 0.1)
    rings = ((rho, 1.0, 0.40, 0.16), (rho, 0.84, 0.74, 0.42), (low, 0.64, 0.22, 0.16), (low, 0.46, 0.86, 0.5))
    for k, (ring, edge, place, shine) in enumerate(rings):
        away = (edge - ring) * big * 0.9
        here = soft(away, 0.04)
        inner = away.clamp(min=0.0)
        wave = 0.10 * sin(2.0 * torch.atan2(y.abs() + 0.3, x) * 2.0 + 1.5 * shimmer) * edge
        scene = over(scene, away, place + wave - 0.9 * inner * (1 if k % 2 else -1), 0.62 + 0.4 * exp(-9.0 * inner))
        light = light * (1.0 - 0.7 * here) + shine * bump(away, 0.045 + 0.02 * glow)
    heart = (0.30 - notch - low) * big * 0.8
    stem = both(0.034 - x.abs() + 0.012 * (-y).clamp(min=0.0), 0.9 * big * (rho - 0.99) - 2.0 * soft(y, 0.2))
    scene = scene.before(heart, 0.05 + 0.3 * heart.clamp(min=0.0), 0.5).before(stem, 0.90, 0.95)
    light = light * (1.0 - soft(heart, 0.03)) + 0.35 * bump(heart, 0.04)
    light = light + (0.26 + 0.14 * glow) * exp(-(3.2 - 1.0 * glow) * (rho - 1.0).clamp(min=0.0)) * soft(rho - 1.0, 0.06)
    lines = (1.0 - soft(heart + 0.02, 0.06)) * (0.14 + 0.22 * fade) * soft(strand - 0.01, 0.05)
    return scene.lit(light).lined((9.0 + barbs) * along + 8.0, lines)
