"""Planet: a banded giant with its rings, half in shadow, among stars."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, both, bump, length, rotated, sky, soft

sin = torch.sin
PLANET_RADIUS = 0.52
"""Half image heights."""


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: where the light is, tilt of the rings, their opening, weather. middle: how many bands, air's glow."""
    light, tilt, opening, weather = coarse
    bands, glow = middle
    x, y = p.x / PLANET_RADIUS, p.y / PLANET_RADIUS
    rho = length(x, y)
    front = (1.0 - rho**2).clamp(min=0.0).add(0.003).sqrt()
    angle = 2.3 + 0.8 * light
    towards = x * torch.cos(angle) + y * torch.sin(angle)
    day = (0.75 * towards + 0.62 * front).clamp(min=0.0)
    along, across = rotated(x, y, 0.38 + 0.22 * tilt)
    bent = across * (1.0 + 0.25 * front) + 0.10 * sin(2.6 * along + 0.8 * weather + 1.0)
    band = 0.52 + 0.26 * sin((6.5 + 1.6 * bands) * bent + 0.7 * weather) + 0.10 * sin((13.0 + 3.0 * bands) * bent)
    flat = across / (0.30 + 0.09 * opening)
    far = length(along, flat)
    ball = PLANET_RADIUS * (1.0 - rho)
    behind = soft(across, 0.05)
    shadow = 1.0 - 0.75 * soft(0.85 - (along + 0.55 * torch.cos(angle)).abs(), 0.3) * behind
    thin = 0.30 + 0.09 * opening
    squeeze = PLANET_RADIUS * thin + PLANET_RADIUS * (1.0 - thin) * along**2 / (
        far**2
    )  # how far apart the rings' lines stand
    hoop = both((far - 1.30) * squeeze, (2.34 - far) * squeeze)
    hoop = both(hoop, torch.maximum(-ball, -across * PLANET_RADIUS))
    air = torch.exp(-(6.0 - 2.0 * glow) * (rho - 1.0).clamp(min=0.0)) * (0.2 + 0.8 * torch.sigmoid(3.5 * towards))
    outside = soft(rho - 1.0, 0.05)
    scene = Scene(0.10 + 0.10 * sin(1.4 * p.x + 1.1 * p.y + 0.8), 0.55, (0.62 + 0.18 * glow) * air * outside)
    scene = scene.laid(ball, band, 0.05 + 1.15 * day).lit(0.30 * day**4 * (1.0 - outside))
    ringed = 0.62 + 0.24 * sin(9.0 * far) - 0.5 * bump(far - 1.74, 0.06)
    scene = scene.before(hoop, ringed, 0.92 * shadow)
    on_ring = soft(hoop, 0.04)
    u, v = sky(p)
    lines = 14.0 * far
    stars = (1.0 - soft(ball, 0.08)) * (1.0 - soft(hoop + 0.05, 0.05))
    return scene.with_values(
        u=u + (lines - u) * on_ring, v=v, detail=0.35 * on_ring * shadow - 1.0 * stars * (1.0 - on_ring)
    )
