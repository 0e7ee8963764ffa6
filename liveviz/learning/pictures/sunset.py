"""Sunset: a slatted sun above still water, hills at the horizon, everything mirrored."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, both, bump, disc, sky, soft, zigzag

sin, exp = torch.sin, torch.exp
HORIZON = -0.2
RADIUS = 0.50


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: the sun's height, hills, near hills, ripples of the water. middle: how many slats, how wide the light."""
    rise, hills, shore, water = coarse
    slats, glow = middle
    below = (HORIZON - p.y).clamp(min=0.0)
    sea = soft(HORIZON - p.y, 0.04)
    phase = 30.0 * (below + 0.03).sqrt()
    calm = below / (below + 0.06)
    x = p.x + 0.045 * calm * sin(phase + 1.6 * water + 2.0 * p.x)
    y = (p.y - HORIZON).abs()
    height = 0.34 + 0.16 * rise
    ball = disc(x, y - height, RADIUS)
    up = (y - height) / RADIUS
    pitch = 16.0 + 3.5 * slats
    gap = (zigzag(pitch * up + 1.2, 0.995) - 0.25 - 1.5 * up) * (1.5 * RADIUS / pitch)
    ripple = (zigzag(1.5 * phase + 1.3 * water + 0.7 * sin(4.0 * p.x), 0.995) - 0.55 + 0.5 * calm) * (
        0.02 + 0.05 * calm
    )
    sun = both(ball, -gap + 0.5 * sea, -ripple + 0.5 * (1.0 - sea))
    halo = exp(-(3.0 - 1.1 * glow) * (-ball).clamp(min=0.0))
    scene = Scene(0.40 - 0.27 * y + 0.10 * halo, 0.62, (0.46 + 0.16 * glow) * halo)
    scene = scene.laid(sun, 0.70 + 0.26 * up, 1.05 + 0.1 * up).lit(-0.3 * soft(ball, 0.06))
    far = 0.17 + 0.13 * zigzag(3.0 * x + 0.7 + 0.9 * hills) + 0.06 * zigzag(7.3 * x + 0.4 - 0.9 * hills)
    depth = (far - y).clamp(min=0.0)
    hill = soft(0.85 * (far - y), 0.04)
    scene = scene.before(0.85 * (far - y), 0.14 + 0.30 * exp(-9.0 * depth), 0.45 + 0.45 * exp(-9.0 * depth))
    lift = 0.16 * (1.0 - exp(-1.6 * p.x**2))
    bank = -0.05 + lift + (0.04 + 0.05 * lift) * zigzag(5.2 * p.x - 1.2 + 0.9 * shore) + 0.04 * sin(2.1 * p.x + shore)
    near = both(bank - (p.y - HORIZON), p.y - HORIZON + 0.035)
    front_light = exp(-14.0 * (bank - (p.y - HORIZON)).clamp(min=0.0))
    dim = 1.0 - sea * (0.30 + 0.35 * below)
    scene = scene.with_values(
        place=scene.place * (1.0 - 0.25 * sea),
        shade=scene.shade * dim,
        figure_shade=scene.figure_shade * dim,
        front_shade=scene.front_shade * dim,
        glow=scene.glow * dim * (1.0 - 0.25 * sea) * (1.0 - 0.75 * hill),
    )
    scene = scene.before(near, 0.03 + 0.10 * front_light, 0.55).lit(
        0.55 * bump(p.y - HORIZON, 0.018 + 0.006 * glow) * exp(-1.1 * p.x**2) * (1.0 - soft(near, 0.04))
    )
    star_u, star_v = sky(p)
    waves = 7.0 * torch.log(below + 0.04) + 0.7 * sin(4.0 * p.x + 1.6 * water + 2.0 * below) * calm
    contour = 24.0 * depth + 0.4 * sin(9.0 * x)
    night = soft(p.y - 0.35, 0.5) * (1.0 - soft(ball + 0.12, 0.2))
    detail = -0.9 * night * (1.0 - sea) + 0.30 * hill * exp(-5.0 * depth) * (1.0 - sea)
    detail = (detail + (0.42 * exp(-0.9 * p.x**2) + 0.10) * calm * sea) * (1.0 - soft(near + 0.02, 0.03))
    u = star_u + (contour - star_u) * hill
    return scene.with_values(u=u + (waves - u) * sea, v=star_v, detail=detail)
