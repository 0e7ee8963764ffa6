"""City: a skyline at night, block behind block, windows lit, light welling up behind it."""

import math

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, both, bump, disc, either, soft, zigzag

sin, exp = torch.sin, torch.exp
PANE = 0.11
"""Half image heights from window to window."""
STREETS = ((0.39, 0.150, 0.12, 0.9), (0.44, 0.168, -0.10, 0.7), (0.44, 0.168, -0.40, 0.6), (0.52, 0.185, -0.70, 0.42))
"""From far to near: how far apart the houses stand, half their width, their roofs, how much these differ."""


def houses(p: Plane, street: int, grown: torch.Tensor) -> torch.Tensor:
    """Signed distance to one street of houses."""
    apart, half, roof, differ = STREETS[street]
    row = torch.full_like(p.x * grown, -9.0)
    for k in range(-5, 6):
        x = p.x - apart * (k + 0.37 * street)
        wave = sin(torch.tensor(2.4 * k + 1.7 * street)) * sin(torch.tensor(1.1 * k + 2.0 * street + 0.4))
        top = roof + differ * (0.42 * wave + 0.20 * grown * sin(torch.tensor(1.3 * k + 0.8 * street + 0.9)))
        kind = (k + 2 * street) % 3
        tower = both(half - x.abs(), top - p.y)
        if kind == 0:  # a second, narrower block on the first
            tower = either(tower, both(0.55 * half - x.abs(), top + 0.13 - p.y))
        elif kind == 1:  # a slanted roof
            tower = both(half - x.abs(), (top + 0.45 * x - p.y) * 0.91)
        else:  # a spire
            tower = either(tower, both((top + 0.34 - p.y) * 0.12 - x.abs(), top + 0.34 - p.y))
        row = either(row, tower)
    return row


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: far houses' heights, near ones', who is awake, the beams. middle: how many stars, how wide the light."""
    far, near, awake, beams = coarse
    many, glow = middle
    dusk = exp(-(1.5 - 0.4 * glow) * (p.y + 0.45).clamp(min=0.0) - 0.25 * p.x**2)
    light = (0.50 + 0.16 * glow) * dusk**2
    scene = Scene(0.05 + 0.42 * dusk, 0.60)
    moon = disc(p.x - 0.62, p.y - 0.62, 0.17)
    scene = scene.laid(moon, 0.95, 0.95 + 0.12 * sin(9.0 * p.x) * sin(8.0 * p.y))
    light = light + 0.40 * exp(-5.0 * (-moon).clamp(min=0.0)) * (1.0 - soft(moon, 0.03))
    for foot, lean in ((-0.72, 0.30 + 0.34 * beams), (-0.42, 0.16 - 0.34 * beams)):
        aside = p.x - foot - lean * (p.y + 0.3)
        width = 0.03 + 0.09 * (p.y + 0.3).clamp(min=0.0)
        light = light + 0.42 * bump(aside, width) * exp(-0.7 * (p.y + 0.3).clamp(min=0.0)) * soft(p.y + 0.3, 0.3)
    lamps = (-0.35 - 0.15 * many) * soft(p.y - 0.1, 0.5) * (1.0 - soft(moon + 0.04, 0.06))
    for k in range(4):
        wall = houses(p, k, far if k < 2 else near)
        up = p.y + 1.0
        fog = exp(-(1.3 + 0.5 * k) * up) * (1.0 - 0.25 * k)
        rim = bump(wall, 0.03) * (1.0 - 0.2 * k)
        place = 0.26 - 0.075 * k + 0.34 * fog
        shade = 0.62 - 0.09 * k + 0.40 * fog
        here = soft(wall, 0.02)
        light = light * (1.0 - (0.75 + 0.06 * k) * here) + (0.22 + 0.08 * glow) * rim * dusk * (1.0 - here)
        scene = scene.before(wall, place, shade) if k == 3 else (scene.cut if k % 2 else scene.laid)(wall, place, shade)
        lamps = lamps * (1.0 - here) - (1.0 - 0.15 * k) * soft(wall - 0.03, 0.02)
        if k in (1, 2):  # on these one sees the single windows
            grid = math.tau / PANE
            lit = sin(17.0 * p.x + 3.0 * k + 1.6 * awake) * sin(11.0 * p.y + 5.0 * p.x - 1.3 * awake) + 0.35 * awake + 0.1
            column = zigzag(grid * (p.x - 0.37 * k * STREETS[k][0]) + 0.5 * math.pi, 0.995)
            floor = zigzag(0.85 * grid * p.y + k, 0.995)
            pane = both(0.24 * PANE * column - 0.001, 0.28 * PANE * floor + 0.004, 0.10 * lit, 0.8 * (wall - 0.035))
            scene = (scene.laid if k == 1 else scene.cut)(pane, 0.72 + 0.2 * lit, 0.9 + 0.2 * lit)
            light = light + 0.30 * soft(pane + 0.01, 0.05)
    return scene.lit(light).sparked(14.0 * p.x + 0.2, 14.0 * p.y + 0.6, -lamps)
