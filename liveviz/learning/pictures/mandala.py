"""Mandala: wheels of petals, one on the other, each turning its own way."""

import math

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump, inside

cos = torch.cos
WHEELS = ((1.02, 8, 0.0), (0.80, 8, 1.0), (0.60, 8, 0.0), (0.41, 8, 1.0), (0.22, 8, 0.0))  # radius, petals, half a turn


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: turn of half the wheels, of the others, depth of the petals, breath. middle: how many rings, glow."""
    turn, other, depth, breath = coarse
    rings, glow = middle
    picture = Layers(
        torch.full_like(p.r, 0.03), torch.full_like(p.r, 0.4), 0.22 * torch.exp(-2.5 * (p.r - 0.9).clamp(min=0.0))
    )
    for k, (radius, petals, half) in enumerate(WHEELS):
        angle = petals * p.theta + half * math.pi + (0.6 * turn if k % 2 else -0.6 * other)
        pointed = (1.0 + cos(angle) + 0.02).sqrt() / math.sqrt(2.0)  # a cusp between petals, a round tip
        edge = (
            radius
            * (0.74 - 0.06 * depth + (0.26 + 0.06 * depth) * pointed)
            * (1.0 + 0.04 * breath * (1 if k % 2 else -1))
        )
        place = p.r / edge
        petal = inside(edge - p.r, 0.014)
        vein = bump(cos(angle) - 1.0, 0.5) * inside(place - 0.35, 0.3)
        ring = 0.5 + 0.5 * cos((11.0 + 1.0 * rings) * (place - 0.5))
        ramp = (0.16 + 0.14 * k) + 0.40 * place**3 + 0.16 * vein + 0.10 * ring
        shade = 0.34 + 0.07 * k + 0.50 * place**2 + 0.16 * ring
        picture = picture.under(petal, ramp, shade, (0.42 + 0.16 * glow) * bump(edge - p.r, 0.035 + 0.012 * glow))
    return picture.lit(0.9 * torch.exp(-11.0 * p.r))
