"""Jellyfish: a glowing bell, and long arms trailing under it through deep water."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump, inside, rotated

sin = torch.sin


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: pulse of the bell, sway of the arms, tilt, spread. middle: how many ribs, how wide the light."""
    pulse, sway, tilt, spread = coarse
    ribs, glow = middle
    x, y = rotated(p.x, p.y - 0.22, 0.12 + 0.06 * tilt)
    wide, tall = 0.58 - 0.06 * pulse, 0.50 + 0.07 * pulse
    rho = ((x / wide) ** 2 + (y / tall) ** 2 + 1e-3).sqrt()
    hem = -0.06 + 0.05 * torch.cos(9.0 * x / wide) * (1.0 + 0.3 * pulse) - 0.12 * (x / wide) ** 2
    bell = inside(1.0 - rho, 0.03) * inside(y - hem, 0.02)
    water = 0.05 + 0.16 * torch.exp(-1.3 * ((x / 0.9) ** 2 + y * y)) + 0.05 * (p.y + 1.0)
    picture = Layers(
        water,
        0.5 + 0.2 * (p.y + 1.0) * 0.5,
        0.36 * torch.exp(-(4.0 - 1.2 * glow) * (rho - 1.0).clamp(min=0.0) - 2.5 * (hem - y).clamp(min=0.0)),
    )
    below = (-y).clamp(min=0.0)
    fade = torch.exp(-0.95 * below) * inside(hem + 0.08 - y, 0.04)
    for k in range(5):
        root = (k - 2) / 2.0 * wide * 0.80
        line = root * (1.0 + (0.10 + 0.09 * spread) * below) + (0.10 * below.sqrt()) * sin(
            5.0 * below - 0.9 * k * (-1) ** k + 0.5 * sway + 0.6
        )
        thick = (0.065 if k in (1, 3) else 0.045) * (1.0 - 0.3 * below) + 0.008 * glow
        arm = bump(x - line, thick) * fade
        picture = picture.under((0.85 * arm).clamp(max=1.0), 0.52 + 0.25 * fade, 0.45 + 0.55 * fade, 0.35 * arm)
        picture = picture.lit(0.16 * torch.exp(-(x - line).abs() * (15.0 - 4.0 * glow)) * fade)
    fan = x / (wide * (1.02 - (y / tall).clamp(-0.4, 0.98) ** 2).clamp(min=0.04).sqrt())
    rib = 0.5 + 0.5 * torch.cos((8.5 + 2.5 * ribs) * fan)
    dome = rho.clamp(max=1.0)
    picture = picture.under(
        bell,
        0.38 + 0.26 * dome**2 + 0.24 * rib,
        0.52 + 0.32 * dome**3 + 0.24 * rib,
        0.42 * bump(rho - 0.97, 0.09) + 0.30 * bump(y - hem, 0.05),
    )
    heart = bump(x / 0.20, 1.0) * bump((y - 0.16) / 0.13, 1.0)
    return picture.lit((0.55 + 0.2 * glow) * heart * bell)
