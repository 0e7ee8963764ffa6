"""Aurora: two curtains of light above black hills, with stars."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, inside, stars, zigzag

sin = torch.sin


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: the first curtain's wave, the others' wave, height, lean. middle: how many rays, how far they reach."""
    wave, other, height, lean = coarse
    rays, glow = middle
    x = p.x + (0.10 + 0.12 * lean) * p.y
    light, edge = torch.zeros_like(x), torch.zeros_like(x)
    for k, (base, size) in enumerate(((0.26, 0.7), (-0.26, 1.15))):
        phase = 1.0 * wave if k == 1 else 1.0 * other
        line = (
            base
            + 0.09 * height
            + 0.17 * sin((1.7 + 0.5 * k) * x + 2.2 * k + phase)
            + 0.06 * sin(3.4 * x + 2.0 * k - phase)
        )
        above = p.y - line
        ray = 0.74 + 0.26 * sin((13.0 + 3.0 * rays) * x + 1.6 * sin(2.0 * x + k + phase) + 1.7 * k)
        curtain = inside(above, 0.07) * torch.exp(-above.clamp(min=0.0) * (2.0 - 0.6 * glow)) * ray * size
        light = light + curtain
        edge = edge + size * inside(above, 0.05) * torch.exp(-above.clamp(min=0.0) * 10.0) * ray
    sky = Layers(
        0.08 + 0.10 * (1.0 - p.y) + 0.56 * light.clamp(max=1.35), 0.42 + 0.8 * light.clamp(max=1.0), 0.42 * edge
    )
    sky = sky.lit(0.7 * stars(p, 14, 3) * (1.0 - light.clamp(max=1.0)) * inside(p.y - 0.15, 0.3))
    hills = -0.70 + 0.10 * zigzag(4.2 * p.x + 0.6) + 0.05 * zigzag(9.5 * p.x + 1.0)
    near = -0.88 + 0.08 * sin(3.1 * p.x - 1.0)
    sky = sky.under(
        inside(hills - p.y, 0.02),
        torch.full_like(p.x, 0.12),
        0.35 + 0.4 * torch.exp(-6.0 * (hills - p.y).clamp(min=0.0)),
    )
    return sky.under(inside(near - p.y, 0.02), torch.full_like(p.x, 0.02), torch.full_like(p.x, 0.45))
