"""Mandala: wheels of petals, one on the other, each turning its own way."""

import math

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, disc, soft

cos = torch.cos
PETAL_WHEELS = ((1.30, 12, 0.0), (1.02, 8, 1.0), (0.80, 8, 0.0), (0.60, 8, 1.0), (0.41, 8, 0.0), (0.22, 8, 1.0))
"""Radius, petals, half a turn: every second one is a figure, those between are ground."""


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: turn of half the wheels, of the others, depth of the petals, breath. middle: how many rings, glow."""
    turn, other, depth, breath = coarse
    rings, glow = middle
    scene = Scene(0.04 + 0.10 * torch.exp(-1.2 * (p.r - 1.1).clamp(min=0.0)), 0.5)
    light = 0.16 * torch.exp(-2.5 * (p.r - 1.0).abs())
    for k, (radius, petals, half) in enumerate(PETAL_WHEELS):
        angle = petals * p.theta + half * math.pi + (0.6 * turn if k % 2 else -0.6 * other)
        pointed = (1.0 + cos(angle) + 0.02).sqrt() / math.sqrt(2.0)  # a cusp between petals, a round tip
        edge = (
            radius
            * (0.74 - 0.08 * depth + (0.26 + 0.08 * depth) * pointed)
            * (1.0 + 0.05 * breath * (1 if k % 2 else -1))
        )
        inner = p.r / edge
        ring = 0.5 + 0.5 * cos((9.0 + 1.5 * rings) * (inner - 0.5))
        vein = bump(cos(angle) - 1.0, 0.5) * soft(inner - 0.35, 0.3)
        place = 0.10 + 0.12 * k + 0.42 * inner**3 + 0.14 * vein
        shade = 0.40 + 0.06 * k + 0.45 * inner**2 + 0.10 * ring
        away = (edge - p.r) / (1.0 + 0.3 * depth.abs())
        scene = scene.cut(away, 0.6 * place, shade) if k % 2 else scene.laid(away, place + 0.12, shade)
        light = light * (1.0 - 0.6 * soft(away, 0.05)) + (0.30 + 0.14 * glow) * bump(edge - p.r, 0.05 + 0.02 * glow)
    lines = (3.0 + 0.6 * rings) * p.r / 0.22 + 0.9 * cos(8.0 * p.theta + 0.6 * turn) * soft(p.r - 0.15, 0.2)
    heart = disc(p.x, p.y, 0.06 + 0.01 * breath)
    return scene.before(heart, 1.0, 1.0).lit(light + 0.8 * torch.exp(-11.0 * p.r)).lined(lines, 0.34)
