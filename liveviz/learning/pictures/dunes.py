"""Dunes: five ridges of sand, rippled by the wind, under a low sun."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, inside

sin = torch.sin


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: where the sun is, far ridges, near ridges, height. middle: how many ripples, how wide the sun's light."""
    sun, far, near, height = coarse
    ripples, glow = middle
    away = ((p.x - 0.3 - 0.2 * sun) ** 2 + (p.y - 0.52 - 0.06 * height) ** 2 + 1e-4).sqrt()
    disc = inside(0.2 - away, 0.02)
    picture = Layers(
        0.80 - 0.34 * (p.y - 0.2) + 0.2 * disc,
        0.62 + 0.45 * disc + 0.25 * torch.exp(-2.0 * away),
        (0.75 + 0.2 * glow) * torch.exp(-(3.2 - 1.1 * glow) * (away - 0.2).clamp(min=0.0)) * (1.0 - 0.6 * disc),
    )
    for k in range(5):
        shift = far if k < 2 else near
        line = (
            0.34
            - 0.30 * k
            + 0.05 * height
            + 0.17 * sin((1.3 + 0.3 * k) * p.x + 2.3 * k + 0.9 * shift)
            + 0.06 * sin((3.1 + 0.4 * k) * p.x + 1.3 * k - 0.9 * shift)
        )
        depth = (line - p.y).clamp(min=0.0)
        slope = torch.cos((1.3 + 0.3 * k) * p.x + 2.3 * k + 0.9 * shift + 2.2 * depth)
        ripple = sin((20.0 + 5.0 * ripples) * (depth + 0.12 * p.x) + 1.5 * sin(3.0 * p.x + k)) * (0.03 + 0.014 * k)
        crest = torch.exp(-8.0 * depth)
        picture = picture.under(
            inside(line - p.y, 0.018),
            0.62 - 0.13 * k + 0.26 * crest + 0.09 * slope + ripple,
            0.70 - 0.10 * k + 0.5 * crest + 0.12 * slope + ripple,
            0.16 * crest,
        )
    return picture
