"""Sunset: a slatted sun above still water, hills at the horizon, a boat, everything mirrored."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, both, bump, disc, either, sky, soft, zigzag

sin, exp = torch.sin, torch.exp
HORIZON_HEIGHT = -0.2
"""Half image heights above the middle."""
SUN_RADIUS = 0.50
"""Half image heights, of the sun."""


def boat(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Signed distance to a boat with two sails and its mirror image, the waterline at y = 0."""
    y = y.abs()
    main = both(x - 0.012, y - 0.085, (0.47 - y - 1.75 * x) / 2.0)
    jib = both(-0.012 - x, y - 0.085, (0.40 - y + 2.2 * x) / 2.4)
    hull = both(0.06 - y, (0.17 + 1.2 * y - x.abs()) / 1.5)
    return either(main, jib, hull, both(0.022 - x.abs(), 0.10 - y))


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: the sun's height, hills, where the boat is, ripples of the water. middle: how many slats, how wide the light."""
    rise, hills, sail, water = coarse
    slats, glow = middle
    below = (HORIZON_HEIGHT - p.y).clamp(min=0.0)
    sea = soft(HORIZON_HEIGHT - p.y, 0.04)
    phase = 30.0 * (below + 0.03).sqrt()
    calm = below / (below + 0.06)
    x = p.x + (0.045 + 0.025 * water) * calm * sin(phase + 2.2 * water + 2.0 * p.x)
    y = (p.y - HORIZON_HEIGHT).abs()
    height = 0.34 + 0.16 * rise
    ball = disc(x, y - height, SUN_RADIUS)
    up = (y - height) / SUN_RADIUS
    pitch = 16.5 + 5.0 * slats
    gap = (zigzag(pitch * up + 1.2, 0.995) - 0.25 - 1.5 * up) * (1.5 * SUN_RADIUS / pitch)
    streak = zigzag(1.5 * phase + 1.3 * water + 0.7 * sin(4.0 * p.x), 0.995)
    ripple = (streak - 0.55 + 0.5 * calm) * (0.02 + 0.05 * calm)
    sun = both(ball, -gap + 0.14 * sea, -ripple + 0.12 * (1.0 - sea))
    halo = exp(-(3.0 - 1.1 * glow) * (-ball).clamp(min=0.0))
    scene = Scene(0.40 - 0.27 * y + 0.10 * halo, 0.62, (0.46 + 0.16 * glow) * halo)
    scene = scene.laid(sun, 0.70 + 0.26 * up, 1.05 + 0.1 * up).lit(-0.3 * soft(ball, 0.06))
    far = 0.17 + 0.14 * zigzag(3.0 * x + 0.7 + 1.3 * hills) + 0.085 * zigzag(7.3 * x + 0.4 - 1.3 * hills)
    slope = far - y * (1.0 + 0.7 * sea)
    depth = slope.clamp(min=0.0)
    hill = soft(0.85 * slope, 0.04)
    scene = scene.before(0.85 * slope, 0.14 + 0.30 * exp(-9.0 * depth), 0.45 + 0.45 * exp(-9.0 * depth))
    lift = 0.16 * (1.0 - exp(-1.6 * p.x**2))
    bank = -0.05 + lift + (0.04 + 0.05 * lift) * zigzag(5.2 * p.x - 1.2 + 0.9 * hills) + 0.04 * sin(2.1 * p.x + hills)
    near = both(bank - (p.y - HORIZON_HEIGHT), p.y - HORIZON_HEIGHT + 0.035)
    front_light = exp(-14.0 * (bank - (p.y - HORIZON_HEIGHT)).clamp(min=0.0))
    dim = 1.0 - sea * (0.30 + 0.35 * below)
    scene = scene.with_values(
        place=scene.place * (1.0 - 0.25 * sea),
        shade=scene.shade * dim,
        figure_shade=scene.figure_shade * dim,
        front_shade=scene.front_shade * dim,
        glow=scene.glow * dim * (1.0 - 0.25 * sea) * (1.0 - 0.75 * hill),
    )
    scene = scene.before(near, 0.03 + 0.10 * front_light, 0.55)
    at, hold = p.x + 0.05 + 0.36 * sail, HORIZON_HEIGHT - 0.43
    under = soft(hold - p.y, 0.03)
    ship = 0.8 * boat((at + 0.5 * under * (x - p.x)) / 0.8, (p.y - hold) / 0.8)
    cover = either(near, ship)
    scene = scene.before(ship, 0.05 + 0.10 * (p.y - hold).clamp(min=0.0), 0.5)
    scene = scene.with_values(glow=scene.glow * (1.0 - 0.8 * soft(ship, 0.03)))
    band = bump(p.y - HORIZON_HEIGHT, 0.018 + 0.006 * glow) * exp(-1.1 * p.x**2)
    scene = scene.lit((0.55 * band + 0.16 * bump(ship, 0.012) * (1.0 - under)) * (1.0 - soft(cover - 0.02, 0.04)))
    star_u, star_v = sky(p)
    waves = 7.0 * torch.log(below + 0.04) + 0.7 * sin(4.0 * p.x + 2.2 * water + 2.0 * below) * calm
    contour = 24.0 * depth + 0.4 * sin(9.0 * x)
    night = soft(p.y - 0.40, 0.30) * (1.0 - soft(slope + 0.10, 0.08)) * (1.0 - soft(ball + 0.12, 0.2))
    detail = -0.9 * night + 0.30 * soft(0.85 * slope - 0.03, 0.02) * exp(-5.0 * depth) * soft(
        p.y - HORIZON_HEIGHT - 0.05, 0.03
    )
    detail = (detail + (0.42 * exp(-0.9 * p.x**2) + 0.10) * calm * soft(HORIZON_HEIGHT - 0.05 - p.y, 0.03)) * (
        1.0 - soft(cover + 0.02, 0.03)
    )
    u = star_u + (contour - star_u) * soft(slope, 0.02)
    return scene.with_values(u=u + (waves - u) * soft(HORIZON_HEIGHT - p.y, 0.02), v=star_v, detail=detail)
