"""City: a skyline at night, block behind block, windows lit, light welling up behind it."""

import math

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, both, bump, disc, either, soft, zigzag

sin, cos, exp = torch.sin, torch.cos, torch.exp
PANE_SPACING = 0.11
"""Half image heights from window to window."""
STREETS = (
    (0.39, 0.150, 0.06, 0.56),
    (0.44, 0.168, -0.24, 0.32),
    (0.44, 0.168, -0.54, 0.32),
    (0.52, 0.185, -0.93, 0.50),
)
"""From far to near: how far apart the houses stand, half their width, the lowest roof, how much higher others are."""


def houses(p: Plane, street: int, grown: torch.Tensor) -> torch.Tensor:
    """Signed distance to one street of houses."""
    apart, half, roof, differ = STREETS[street]
    row = roof - p.y + 0.0 * grown
    for k in range(-5, 6):
        x = p.x - apart * (k + 0.37 * street)
        wave = math.sin(2.4 * k + 1.7 * street) * math.sin(1.1 * k + 2.0 * street + 0.4)
        low = 0.62 * math.exp(-(((apart * k - 0.62) / 0.42) ** 2)) if street == 0 else 0.0  # where the moon stands
        taller = 0.5 + 0.5 * wave + 0.45 * grown * math.sin(1.3 * k + 0.8 * street + 0.9)
        top = roof + differ * (1.0 - low) * taller
        kind = (k + 2 * street) % 3 if street in (0, 3) else k % 2
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
    """coarse: far houses' heights, near ones', who is awake, the beams. middle: how many lamps, how wide the light."""
    far, near, awake, beams = coarse
    many, glow = middle
    dusk = exp(-(1.5 - 0.4 * glow) * (p.y + 0.45).clamp(min=0.0) - 0.25 * p.x**2)
    light = (0.50 + 0.16 * glow) * dusk**2
    scene = Scene(0.05 + 0.42 * dusk, 0.60)
    moon = disc(p.x - 0.62, p.y - 0.66, 0.18)
    scene = scene.laid(moon, 0.95, 0.95 + 0.12 * sin(9.0 * p.x) * sin(8.0 * p.y))
    light = light + 0.40 * exp(-5.0 * (-moon).clamp(min=0.0)) * (1.0 - soft(moon, 0.03))
    for foot, lean in ((-0.72, 0.30 + 0.55 * beams), (-0.42, 0.10 - 0.50 * beams)):
        aside = p.x - foot - lean * (p.y + 0.3)
        width = 0.03 + 0.09 * (p.y + 0.3).clamp(min=0.0)
        light = light + 0.50 * bump(aside, width) * exp(-0.7 * (p.y + 0.3).clamp(min=0.0)) * soft(p.y + 0.3, 0.3)
    lamps = (-0.35 - 0.25 * many) * soft(p.y - 0.1, 0.5) * (1.0 - soft(moon + 0.04, 0.06))
    streets = [houses(p, k, far if k < 2 else near) for k in range(4)]
    for k, wall in enumerate(streets):
        fog = exp(-(3.4 - 0.4 * glow) * (p.y - STREETS[k][2] + 0.22).clamp(min=0.0)) * (1.0 - 0.22 * k)
        rim = bump(wall, 0.03) * (1.0 - 0.2 * k)
        place = 0.20 - 0.05 * k + 0.40 * fog
        shade = 0.55 - 0.06 * k + 0.35 * fog
        here = soft(wall, 0.02)
        light = light * (1.0 - (0.75 + 0.06 * k) * here) + (0.22 + 0.08 * glow) * rim * dusk * (1.0 - here)
        scene = scene.before(wall, place, shade) if k == 3 else (scene.cut if k % 2 else scene.laid)(wall, place, shade)
        lamps = lamps * (1.0 - here) - (0.75 + 0.25 * many) * soft(wall - 0.03, 0.02)
        if k in (1, 2):  # on these one sees the single windows
            across = math.tau / PANE_SPACING * (p.x - 0.37 * k * STREETS[k][0]) + 0.5 * math.pi
            floor = 0.85 * math.tau / PANE_SPACING * (p.y - STREETS[k][2] + 0.02) - 0.5 * math.pi
            room, storey = across + cos(across), floor + cos(floor)  # they hardly change within one window
            lit = sin(0.30 * room + 3.0 * k + 1.6 * awake) * sin(0.22 * storey + 0.13 * room - 1.3 * awake)
            lit = lit + 0.30 * awake + 0.30 * many + 0.15
            column, row = zigzag(across, 0.995), zigzag(floor, 0.995)
            pane = both(
                0.24 * PANE_SPACING * column - 0.001,
                0.28 * PANE_SPACING * row + 0.004,
                0.10 * lit,
                0.8 * (wall - 0.035),
            )
            pane = both(pane, -streets[k + 1] - 0.03)
            scene = (scene.laid if k == 1 else scene.cut)(pane, 0.72 + 0.2 * lit, 0.9 + 0.2 * lit)
            light = light + 0.30 * soft(pane + 0.01, 0.05)
    return scene.lit(light).sparked(14.0 * p.x + 0.2, 14.0 * p.y + 0.6, -lamps)
