"""Aurora: two curtains of light, one hung before the other above black hills, with stars."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, sky, soft, zigzag

sin = torch.sin
CURTAINS = ((-0.30, 0.85), (0.16, 1.10))
"""Height of the hem and strength: the nearest hangs highest, and hides what is behind it."""


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: the near curtain's wave, the far one's, height, lean. middle: how many rays, how far they reach."""
    wave, other, height, lean = coarse
    rays, glow = middle
    night = 0.03 + 0.07 * bump(p.y - 0.1, 0.8)
    hills = -0.60 + 0.13 * zigzag(2.6 * p.x + 0.6) + 0.05 * zigzag(6.5 * p.x + 1.0)
    down = hills - p.y
    dusk = torch.exp(-5.0 * (-down).clamp(min=0.0))
    scene = Scene(night + 0.34 * dusk, 0.42 + 0.45 * dusk)
    x = p.x + (0.12 + 0.20 * lean) * p.y
    u, v = sky(p)
    detail = -0.8 * soft(p.y - 0.2, 0.5)
    light = torch.zeros_like(x)
    for k, (base, strength) in enumerate(CURTAINS):
        phase = 1.2 * wave if k == 1 else -1.2 * other
        fold = 1.9 + 0.35 * k
        line = base + 0.12 * height + 0.13 * sin(fold * x + 2.3 * k + phase + 0.8)
        line = line + 0.07 * sin(2.3 * fold * x + 1.9 * k - phase) + 0.025 * sin(5.1 * fold * x + k + phase)
        above = p.y - line
        up = above.clamp(min=0.0)
        turned = 0.5 + 0.5 * torch.cos(fold * x + 2.3 * k + phase + 0.8)  # where the cloth faces us
        ray = sin((12.0 + 3.0 * rays) * x + 1.6 * sin(2.0 * x + k + phase) + 1.7 * k)
        ray = 0.6 * ray + 0.4 * sin((7.3 + rays) * x + 2.0 * k - phase)
        reach = torch.exp(-(2.5 - 0.8 * glow - 0.9 * ray) * up)
        bright = strength * reach * (0.55 + 0.45 * turned) * (0.80 + 0.20 * ray)
        place = night + 0.86 * bright.clamp(max=1.05)
        away = above * 0.85
        scene = (scene.cut if k == 1 else scene.laid)(away, place, 0.50 + 0.62 * bright)
        here = soft(above, 0.05)
        light = light * (1.0 - here) + (0.5 + 0.2 * turned) * strength * here * torch.exp(-13.0 * up) * (
            0.8 + 0.2 * ray
        )
        light = light + 0.09 * (1.0 - here) * strength * torch.exp(-9.0 * (-above).clamp(min=0.0))
        strand = (10.0 + 2.0 * rays) * x + 0.9 * sin(2.0 * x + k + phase) + 0.4 * sin(5.0 * x + 2.0 * k)
        seen = soft(above - 0.05, 0.05)
        u = u + (strand - u) * soft(above, 0.03) * soft(0.62 - above, 0.12)
        detail = detail * (1.0 - here) + seen * (
            0.60 * torch.exp(-2.6 * up) * (1.0 - soft(above - 0.45, 0.12)) * turned - 0.8 * soft(above - 0.85, 0.2)
        )
    scene = scene.before(0.85 * down, 0.02 + 0.05 * torch.exp(-5.0 * down.clamp(min=0.0)), 0.5)
    under = soft(down, 0.04)
    return scene.lit(light * (1.0 - under)).with_values(u=u, v=v, detail=detail * (1.0 - under))
