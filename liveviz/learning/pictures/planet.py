"""Planet: a banded giant with its rings, half in shadow, among stars."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump, inside, rotated, stars

sin = torch.sin
RADIUS = 0.52


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: where the light is, tilt of the rings, their opening, weather. middle: how many bands, air's glow."""
    light, tilt, opening, weather = coarse
    bands, glow = middle
    x, y = p.x / RADIUS, p.y / RADIUS
    rho = (x * x + y * y + 1e-4).sqrt()
    front = (1.0 - rho**2).clamp(min=0.0).add(0.003).sqrt()
    angle = 2.3 + 0.8 * light
    towards = x * torch.cos(angle) + y * torch.sin(angle)
    day = (0.75 * towards + 0.62 * front).clamp(min=0.0)
    ball = inside(1.0 - rho, 0.03)
    along, across = rotated(x, y, 0.38 + 0.12 * tilt)
    bent = across * (1.0 + 0.25 * front) + 0.10 * sin(2.6 * along + 0.8 * weather + 1.0)
    ramp = 0.52 + 0.26 * sin((6.5 + 0.9 * bands) * bent + 0.7 * weather) + 0.10 * sin((13.0 + 1.8 * bands) * bent)
    flat = across / (0.30 + 0.05 * opening)
    far = (along**2 + flat**2 + 1e-4).sqrt()
    ring = bump(far - 1.52, 0.15) + 0.75 * bump(far - 1.92, 0.13) + 0.3 * bump(far - 2.22, 0.09)
    behind = inside(across, 0.05)
    shadow = 1.0 - 0.75 * inside(0.85 - (along * 1.0 + 0.55 * torch.cos(angle)).abs(), 0.3) * behind
    ring = (ring * (1.0 - ball * behind)).clamp(max=1.0)
    air = (
        torch.exp(-(6.0 - 2.0 * glow) * (rho - 1.0).clamp(min=0.0))
        * (0.2 + 0.8 * torch.sigmoid(3.5 * towards))
        * (1.0 - ball)
    )
    sky = Layers(0.10 + 0.10 * sin(1.4 * p.x + 1.1 * p.y + 0.8), torch.full_like(p.x, 0.55), (0.62 + 0.18 * glow) * air)
    sky = sky.lit(0.75 * stars(p, 16, 5) * (1.0 - ball))
    picture = sky.under(ball, ramp, 0.05 + 1.15 * day, 0.30 * day**4)
    return picture.under(0.92 * ring, 0.60 + 0.28 * sin(5.0 * far) * 0.5, 0.92 * shadow, 0.15 * ring * shadow)
