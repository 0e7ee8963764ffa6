"""Mountains: ridge behind ridge, mist between them, a moon above."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump, inside, stars, zigzag


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: where the moon is, far peaks, near peaks, mist. middle: how jagged, how wide the moon's halo."""
    moon, far, near, mist = coarse
    jagged, glow = middle
    away = ((p.x + 0.34 + 0.2 * moon) ** 2 + (p.y - 0.56) ** 2 + 1e-4).sqrt()
    disc = inside(0.17 - away, 0.018)
    seas = 0.12 * torch.sin(9.0 * p.x + 2.0) * torch.sin(8.0 * p.y)
    picture = Layers(
        0.22 + 0.22 * (1.0 - p.y) * 0.5 + 0.7 * disc,
        0.55 + 0.35 * disc + disc * seas,
        (0.5 + 0.15 * glow) * torch.exp(-(4.6 - 1.8 * glow) * (away - 0.17).clamp(min=0.0)) * (1.0 - disc),
    ).lit(0.6 * stars(p, 12, 8) * (1.0 - disc) * inside(p.y - 0.2, 0.3))
    for k in range(5):
        shift = 0.55 * far if k < 2 else 0.55 * near
        wide, fine = 2.5 + 0.55 * k, 6.3 + 1.4 * k
        peak = 0.20 * zigzag(wide * p.x + 1.9 * k * k + 0.6 + shift)
        peak = peak + (0.075 + 0.035 * jagged) * zigzag(fine * p.x + 2.7 * k - shift)
        line = 0.20 - 0.25 * k + peak
        depth = (line - p.y).clamp(min=0.0)
        fog = 1.0 - torch.exp(-(2.7 + 1.1 * mist) * depth)
        snow = torch.exp(-16.0 * depth)
        ramp = 0.40 - 0.095 * k + 0.38 * fog * (1.0 - 0.17 * k) + 0.10 * snow
        picture = picture.under(
            inside(line - p.y, 0.018), ramp, 0.60 - 0.07 * k + 0.42 * fog + 0.3 * snow, 0.05 * bump(depth, 0.05)
        )
    return picture
