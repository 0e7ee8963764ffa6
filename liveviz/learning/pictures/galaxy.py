"""Galaxy: two arms of stars wound around a burning core, seen at a slant, dark dust along them."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, rotated, soft

cos, exp = torch.cos, torch.exp


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: turn, slant, winding, how wide the arms. middle: how many branches, how wide the core's light."""
    turn, slant, winding, wide = coarse
    branches, glow = middle
    x, y = rotated(p.x, p.y, 0.36 + 0.12 * turn)
    y = y * (1.7 + 0.4 * slant)
    radius = (x * x + y * y + 0.010).sqrt()
    angle = torch.atan2(y, x)
    wound = (5.4 + 1.0 * winding) * torch.log(radius + 0.12)
    phase = 2.0 * angle - wound + 1.6 * turn
    away = (radius + 0.12) / 8.0  # of the arms' phase, to half image heights
    ragged = 0.20 * cos(2.0 * phase + 2.0 * angle) + (0.20 + 0.12 * branches) * cos(6.0 * angle - 1.6 * wound)
    fade = exp(-0.55 * radius**2) * 0.9
    core = exp(-5.0 * radius)
    haze = torch.sigmoid(2.4 * cos(phase) + 0.6 * wide) * exp(-0.8 * radius)
    dark = 0.04 + 0.40 * haze + 0.5 * core
    scene = Scene(dark, 0.36 + 0.5 * haze + 0.4 * core)
    centre = 0.20 - radius
    light = (0.8 + 0.25 * glow) * exp(-(4.2 - 1.5 * glow) * radius) + 0.22 * haze
    for k, (lag, narrow, bright) in enumerate(((0.0, -0.05, 0.42), (-0.55, 0.70, 0.0), (0.30, 0.78, 0.86))):
        # an arm, its lane of dust, and the young stars at its front
        band = (cos(phase + lag) + ragged - narrow + 0.22 * wide) * away
        band = torch.maximum(band, centre) if k == 0 else torch.minimum(band, -centre - (0.16 if k == 1 else 0.04))
        rich = fade * (0.70 + 0.30 * cos(phase + lag))
        place = (dark + (bright - 0.1) * rich).clamp(max=1.0) if k != 1 else 0.03 + 0.08 * fade
        add = (scene.laid, scene.cut, scene.before)[k]
        scene = add(band, place, 0.36 + 0.3 * haze + 0.5 * rich * (k != 1) + 0.3 * core)
        light = light * (1.0 - 0.85 * soft(band, 0.04)) if k == 1 else light + 0.26 * bump(band, 0.03) * fade
    u, v = rotated(x, 0.7 * y, -0.7 * torch.log(radius + 0.4))  # stars turn with the arms
    many = (0.25 + 1.1 * haze + 0.3 * soft(radius - 1.0, 0.6)) * (1.0 - soft(0.18 - radius, 0.1))
    return scene.lit(light).sparked(9.0 * u + 0.3, 9.0 * v + 0.6, many.clamp(max=1.0))
