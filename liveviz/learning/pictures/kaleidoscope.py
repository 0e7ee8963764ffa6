"""Kaleidoscope: six mirrors, and coloured glass between them."""

import math

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump

sin, cos = torch.sin, torch.cos
MIRRORS = 6


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: turn, twist, two slides of the glass. middle: how many pieces, how wide the light on the edges."""
    turn, twist, slide, other = coarse
    pieces, glow = middle
    wedge = 2.0 * math.pi / MIRRORS
    angle = torch.remainder(p.theta + 0.18 * turn + 0.12 * twist * p.r, wedge) - wedge / 2.0
    angle = (angle * angle + 0.002).sqrt()
    x, y = p.r * cos(angle), p.r * sin(angle)
    first = sin(4.6 * x + 0.4 + 0.9 * slide + 1.4 * sin(4.6 * y + 0.5 * other))
    second = sin(4.8 * y + 0.8 + 0.6 * other + (1.6 + 0.35 * pieces) * first + 0.9 * x)
    ramp = 0.48 + 0.38 * second + 0.14 * first
    shade = 0.32 + 0.62 * torch.sigmoid(4.0 * second + 0.6) + 0.16 * first
    edge = bump(first - 0.25, 0.22 + 0.07 * glow) * (0.5 + 0.5 * second)
    return Layers(ramp, shade * (1.08 - 0.25 * p.r), 0.75 * edge + 0.55 * torch.exp(-6.5 * p.r))
