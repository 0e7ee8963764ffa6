"""Tunnel: a lattice of lit panels falling into a bright end."""

import math

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, length, soft, zigzag

exp = torch.exp
END_RADIUS = 0.11
"""Half image heights: radius of the light at the end."""
RING_STEEPNESS = 4.4
"""Rings come closer by this much of a turn wherever the radius falls by a factor of e."""


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: flight, twist, where the end is across and up. middle: how many lines, how wide the light."""
    flight, twist, across, up = coarse
    lines, glow = middle
    still = 1.0 - exp(-1.3 * p.r)  # the end wanders, the mouth stays
    x, y = p.x - 0.34 * across * (1.0 - still), p.y - 0.30 * up * (1.0 - still)
    radius = length(x, y)
    log = torch.log(radius)
    spin = 1.5 + 1.2 * twist
    fall = RING_STEEPNESS * log + 1.5 * flight
    ring = zigzag(fall, 0.995)
    rib = zigzag(4.0 * torch.atan2(y, x) + spin * log + 2.2, 0.995)
    d_ring, d_rib = ring.abs() * radius * (1.5 / RING_STEEPNESS), rib.abs() * radius * 1.5 / (16.0 + spin * spin).sqrt()
    inside = torch.minimum(d_ring, d_rib) - (0.085 + 0.012 * glow) * radius
    lit = 0.5 + 0.5 * torch.tanh(5.0 * ring * rib)  # every second panel, as on a chess board
    deep = (inside / radius / 0.25).clamp(min=0.0)  # from a panel's edge, 0, to its middle, about 1
    fog = 1.0 - exp(-2.2 * radius)
    lamp = exp(-4.0 * (radius - END_RADIUS).clamp(min=0.0))
    frame = bump(deep - 0.42, 0.09)
    scene = Scene(0.30 + 0.45 * lamp, 0.22 + 0.40 * fog * bump(inside / radius + 0.085, 0.06))
    place = 0.04 + 0.22 * deep + lit * (0.78 - 0.50 * deep + 0.10 * frame) + 0.30 * lamp
    shade = (0.35 + 0.25 * deep) + lit * (0.75 - 0.35 * deep)
    scene = scene.laid(inside, place, (0.15 + 0.85 * fog) * shade).before(END_RADIUS + 0.015 * glow - radius, 1.0, 1.1)
    beam = bump(inside / radius + 0.085, 0.022 + 0.008 * glow)
    scene = scene.lit((0.34 + 0.12 * glow) * beam * (0.25 + lamp) + 0.16 * frame * lit * fog)
    scene = scene.lit((0.80 + 0.2 * glow) * exp(-(4.6 - 1.3 * glow) * (radius - END_RADIUS).clamp(min=0.0)))
    rings = (5.0 + 1.5 * lines) / math.pi * (RING_STEEPNESS * torch.log(radius + 0.06) + 1.5 * flight)
    return scene.lined(rings, (0.10 + 0.30 * soft(inside, 0.06) * (0.4 + 0.6 * lit)) * fog)
