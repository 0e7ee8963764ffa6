"""Galaxy: two arms of stars wound around a burning core, seen at a slant, dark dust along them."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, rotated, soft

cos, exp = torch.cos, torch.exp


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: turn, slant, winding, how wide the arms. middle: how many branches, how wide the core's light."""
    turn, slant, winding, wide = coarse
    branches, glow = middle
    x, y = rotated(p.x, p.y, 0.36 + 0.12 * turn)
    y = y * (1.9 + 0.5 * slant)
    radius = (x * x + y * y + 0.010).sqrt()
    angle = torch.atan2(y, x)
    wound = (5.6 + 1.0 * winding) * torch.log(radius + 0.12)
    phase = 2.0 * angle - wound + 1.6 * turn
    away = (radius + 0.12) / 7.5  # of the arms' phase, to half image heights
    ragged = 0.16 * cos(3.0 * phase + 2.0 * angle) + (0.14 + 0.08 * branches) * cos(8.0 * angle - 5.0 * radius)
    fade = exp(-0.95 * radius)
    core = exp(-5.0 * radius)
    haze = torch.sigmoid(2.4 * cos(phase) + 0.6 * wide) * fade
    scene = Scene(0.04 + 0.44 * haze + 0.5 * core, 0.36 + 0.5 * haze + 0.4 * core)
    centre = 0.22 - radius
    light = (0.8 + 0.25 * glow) * exp(-(4.2 - 1.5 * glow) * radius) + 0.20 * haze
    for k, (lag, narrow, place) in enumerate(((0.0, 0.15, 0.10), (-0.95, 0.84, -0.40), (0.45, 0.62, 0.24))):
        # an arm, its lane of dust, and the young stars at its front
        level = cos(phase + lag) + ragged - narrow + 0.22 * wide
        band = torch.minimum(level * away, 1.75 - radius)
        band = torch.maximum(band, centre) if k == 0 else torch.minimum(band, -centre - 0.05)
        rich = fade * (0.80 + 0.25 * cos(phase + lag))
        place = 0.12 + place + 0.62 * rich + 0.4 * core if k != 1 else 0.04 + 0.12 * fade
        add = (scene.laid, scene.cut, scene.before)[k]
        scene = add(band, place, 0.42 + 0.75 * rich + 0.3 * core)
        light = light * (1.0 - 0.8 * soft(band, 0.04)) if k == 1 else light + 0.2 * bump(band, 0.03) * fade
    u, v = rotated(x, 0.7 * y, -0.7 * torch.log(radius + 0.4))  # stars turn with the arms
    many = (0.25 + 1.1 * haze + 0.3 * soft(radius - 1.0, 0.6)) * (1.0 - soft(0.18 - radius, 0.1))
    return scene.lit(light).sparked(9.0 * u + 0.3, 9.0 * v + 0.6, many.clamp(max=1.0))
