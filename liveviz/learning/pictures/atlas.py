"""Atlas: an island as a map shows it, terrace over terrace as if cut from paper, with contour lines, in a dark sea."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, soft

sin, exp = torch.sin, torch.exp
LAND_LEVELS = 6
"""Heights at which the land is cut."""


def _height(x: torch.Tensor, y: torch.Tensor, coarse: Numbers) -> torch.Tensor:
    """Height of the land, 0 at the shore and about 1 on the highest top."""
    ridge, bay, top, drift = coarse
    far = ((x / 1.75) ** 2 + (y / 1.05) ** 2 + 0.01).sqrt()
    land = 1.05 - 1.15 * far
    land = land + 0.34 * exp(-(((x + 0.45 - 0.2 * top) / 0.42) ** 2) - ((y - 0.20) / 0.36) ** 2) * (1.0 + 0.6 * top)
    land = land + 0.30 * exp(-(((x - 0.62) / 0.40) ** 2) - ((y + 0.18 - 0.2 * drift) / 0.34) ** 2) * (1.0 - 0.5 * top)
    land = land - (0.42 + 0.25 * bay) * exp(-(((x - 0.10) / 0.36) ** 2) - ((y + 0.62) / 0.42) ** 2)
    land = land + 0.13 * sin(3.1 * x + 1.4 * sin(2.6 * y + ridge) + 1.2 * ridge) * sin(2.9 * y - 1.1 * drift + 0.5)
    return land + 0.05 * sin(6.1 * x - 2.0 * y + 1.5 * ridge) * sin(5.3 * y + 2.2 * x + drift)


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: ridges, depth of the bay, which top is higher, drift. middle: how many contour lines, light on edges."""
    lines, glow = middle
    land = _height(p.x, p.y, coarse)
    step = 0.02
    rise_x = (_height(p.x + step, p.y, coarse) - land) / step
    rise_y = (_height(p.x, p.y + step, coarse) - land) / step
    slope = (rise_x**2 + rise_y**2 + 0.12).sqrt()
    lean = (0.7 * rise_y - 0.7 * rise_x) / slope  # above 0: faces away from the light
    sea = exp(6.0 * land.clamp(max=0.0))
    scene = Scene(0.03 + 0.22 * sea, 0.42 + 0.15 * sea)
    light = 0.24 * sea
    for k in range(LAND_LEVELS):
        away = (land - 0.02 - 0.165 * k) / slope
        inner = away.clamp(min=0.0)
        share = k / (LAND_LEVELS - 1)
        # under the next terrace lies its shadow, towards the side that the light does not reach
        shadow = exp(-14.0 * ((0.02 + 0.165 * (k + 1) - land) / slope).clamp(min=0.0)) * (
            0.30 + 0.40 * lean.clamp(min=-0.5)
        )
        place = 0.20 + 0.62 * share**1.2 + 0.10 * exp(-10.0 * inner) - 0.06 * lean - 0.14 * shadow
        shade = 0.42 + 0.42 * share + 0.30 * exp(-12.0 * inner) - 0.12 * lean - 0.5 * shadow
        add = scene.before if k == LAND_LEVELS - 1 else (scene.cut if k % 2 else scene.laid)
        scene = add(away, place, shade)
        light = light * (1.0 - 0.6 * soft(away, 0.04)) + (0.20 + 0.09 * glow) * bump(away, 0.022 + 0.01 * glow) * (
            1.0 - 0.5 * lean
        )
    fine = (3.4 + 0.8 * lines) / 0.165
    return scene.lit(light).lined(fine * (land - 0.35), 0.16 + 0.12 * soft(land, 0.2))
