"""City: towers full of lit windows before a huge low sun in bands, and all of it again in the water."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, both, bump, disc, over, soft

sin, exp = torch.sin, torch.exp
WATER = -0.40
# fmt: off
FAR = (
    (-1.62, 0.13, 0.42), (-1.22, 0.11, 0.62), (-0.86, 0.12, 0.48), (-0.52, 0.09, 0.70), (-0.16, 0.11, 0.24),
    (0.22, 0.10, 0.36), (0.55, 0.11, 0.76), (0.94, 0.12, 0.50), (1.30, 0.10, 0.68), (1.66, 0.13, 0.46),
)
NEAR = (
    (-1.44, 0.15, 0.78), (-1.04, 0.12, 0.50), (-0.68, 0.13, 0.94), (-0.34, 0.12, 0.26), (0.04, 0.13, 0.14),
    (0.40, 0.12, 0.30), (0.76, 0.14, 1.06), (1.10, 0.12, 0.56), (1.50, 0.16, 0.86),
)
# fmt: on
"""Where each tower stands, half its width, its height."""


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: where the sun is, far towers, near towers, the water's waves. middle: how many windows, the sun's light."""
    sun, far, near, waves = coarse
    windows, glow = middle
    depth = (WATER - p.y).clamp(min=0.0)
    below = soft(WATER - p.y, 0.03)
    up = (p.y - WATER).abs()  # the water is a mirror
    ripple = sin(30.0 * depth.sqrt() + 3.0 * waves) + 0.6 * sin(4.0 * p.x + 17.0 * depth - 2.0 * waves)
    x = p.x + (0.022 + 0.018 * waves) * ripple * (depth / (depth + 0.08))
    sx, sy = x - 0.05 - 0.16 * sun, up - 0.62 - 0.10 * sun
    ball = disc(sx, sy, 0.50)
    away = (-ball).clamp(min=0.0)
    halo = exp(-(2.2 - 0.9 * glow) * away)
    mirror = 1.0 - 0.45 * below
    dusk = 0.06 + 0.30 * exp(-1.4 * up) + 0.26 * halo
    scene = Scene(dusk, (0.40 + 0.36 * halo) * mirror, (0.22 + 0.14 * glow) * halo * mirror)
    scene = scene.laid(ball, 0.62 + 0.36 * (sy + 0.5).clamp(0.0, 1.0), 1.0 * mirror)
    for k in range(4):
        band = (0.010 + 0.009 * k) - (sy + 0.02 + 0.115 * k).abs()
        scene = scene.cut(both(band, ball + 0.05), dusk, 0.55 * mirror)
    scene = scene.lit(-0.7 * soft(ball, 0.04) * scene.glow)
    detail = torch.zeros_like(x)
    for k, (row, tide) in enumerate(((FAR, far), (NEAR, near))):
        wall = 0.02 + 0.04 * k - up
        lit = torch.zeros_like(x)
        for i, (at, half, tall) in enumerate(row):
            top = tall * (1.0 + 0.24 * tide * (-1) ** i) - up
            side = half - (x - at).abs()
            tower = torch.minimum(side, top)
            wall = torch.maximum(wall, tower)
            floors = 0.45 + 0.45 * sin(9.0 * up + 5.0 * i + windows) if i % 2 else -1.2  # lines, or sparks
            lit = lit + soft(tower - 0.035, 0.02) * floors
            spire = torch.minimum(0.5 * side - 0.16 * half, 0.5 * (top + 0.10))  # a step at the top of each
            wall = torch.maximum(wall, spire)
        rim = exp(-40.0 * wall.clamp(min=0.0)) * halo
        fog = (0.26 - 0.18 * k) * exp(-3.0 * up) * (0.5 + 0.5 * halo)
        place, shade = 0.16 - 0.11 * k + fog + 0.10 * rim, (0.42 + 0.1 * rim) * mirror
        scene = over(scene, wall, place, shade) if k == 0 else scene.before(wall, place, shade)
        here = soft(wall, 0.03)
        scene = scene.lit(-0.8 * here * scene.glow)
        detail = detail * (1.0 - here) + (0.45 + 0.55 * k) * lit
    shore = bump(up, 0.010 + 0.003 * glow) * 0.9 * exp(-0.7 * sx**2) + 0.22 * exp(-7.0 * up) * exp(-0.8 * sx**2)
    cells = 14.0 + 2.0 * windows
    detail = detail * (1.0 - 0.5 * below)
    return scene.lit(shore).with_values(u=cells * up + 0.3, v=cells * x + 0.5, detail=detail)
