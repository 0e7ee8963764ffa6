"""Forest: a great moon behind the trunks of a dark wood, mist between them, and hundreds of fireflies."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, disc, over, soft, zigzag

sin, exp = torch.sin, torch.exp
TREE_ROWS = (
    ((-0.30, 0.030), (0.16, 0.036), (0.40, 0.028), (-1.05, 0.034), (1.12, 0.032), (-1.55, 0.03)),
    ((-0.62, 0.050), (0.66, 0.056), (-1.25, 0.052), (1.42, 0.056)),
    ((-0.92, 0.075), (0.94, 0.085), (-1.62, 0.08)),
    ((-1.30, 0.095), (1.22, 0.085), (1.85, 0.12)),
)
"""Where the trunks stand and their half widths, row before row."""


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: where the moon is, lean of the trunks, how open the leaves, sway. middle: how many rays, the moon's halo."""
    moon, lean, leaves, sway = coarse
    rays, glow = middle
    mx, my = p.x - 0.04 - 0.11 * moon, p.y - 0.12 - 0.06 * leaves
    ball = disc(mx, my, 0.43)
    away = (-ball).clamp(min=0.0)
    halo = exp(-(1.7 - 0.6 * glow) * away)
    shaft = 0.85 + 0.15 * sin((9.0 + 2.0 * rays) * mx / (1.4 + my) + 1.0) * soft(-my, 0.5)
    scene = Scene(0.10 + 0.60 * halo * shaft, 0.42 + 0.55 * halo, (0.22 + 0.12 * glow) * halo * shaft)
    seas = 0.10 * sin(5.0 * mx + 1.5 * sin(4.0 * my)) * sin(5.5 * my + 1.0)
    scene = scene.laid(ball, 0.90 + 0.6 * seas, 0.92 + seas).lit(-0.45 * soft(ball, 0.04) * scene.glow)
    seen = torch.zeros_like(p.x)
    for k, row in enumerate(TREE_ROWS):
        floor = -0.40 - 0.16 * k + 0.05 * sin((2.0 + 0.6 * k) * p.x + 1.9 * k + sway) + 0.06 * p.x**2
        trees = 0.85 * (floor - p.y)
        shift = (0.5 + 0.3 * k) * 0.10 * sway
        for i, (at, half) in enumerate(row):
            up = p.y + 0.5
            line = at + shift + (0.10 * lean + 0.03 * (-1) ** i) * up + 0.025 * sin(3.0 * p.y + 2.0 * i + k)
            thick = half * (1.0 + 0.9 * exp(-6.0 * (p.y - floor).clamp(min=0.0)) + 0.12 * sin(6.0 * p.y + i))
            trees = torch.maximum(trees, thick - (p.x - line).abs())
        crown = 0.86 + 0.10 * leaves - 0.02 * k + 0.05 * zigzag((5.5 - 0.7 * k) * p.x + 2.0 * k + sway)
        crown = (
            crown
            + 0.035 * sin((17.0 - 2.0 * k) * p.x + 1.3 * k)
            - (0.06 + 0.05 * k) * (p.x / (1.2 + 0.2 * leaves)) ** 2
        )
        trees = torch.maximum(trees, 0.8 * (p.y - crown))
        rim = exp(-30.0 * trees.clamp(min=0.0)) * exp(-1.6 * away)
        fog = halo * (0.22 - 0.07 * k) * exp(-0.6 * (p.y + 0.5).abs())
        place = 0.17 - 0.05 * k + fog + (0.02 + 0.06 * k) * rim
        shade = 0.40 + 0.12 * k * rim
        scene = over(scene, trees, place, shade) if k < 3 else scene.before(trees, place, shade)
        here = soft(trees, 0.04)
        scene = scene.lit(
            -(0.45 + 0.18 * k) * here * scene.glow + 0.05 * k * bump(trees - 0.012, 0.016) * exp(-1.8 * away)
        )
        seen = torch.maximum(seen, here) if k == 3 else seen
    glade = exp(-((p.x / 1.5) ** 2) - ((p.y + 0.42) / 0.42) ** 2)
    u = 6.5 * p.x + 0.7 * sin(2.4 * p.y + sway) + 0.2
    v = 6.5 * p.y + 0.7 * sin(2.0 * p.x - sway) + 0.6
    return scene.lit(0.20 * glade).sparked(u, v, (0.2 + 2.0 * glade).clamp(max=1.0) * (1.0 - 0.3 * seen))
