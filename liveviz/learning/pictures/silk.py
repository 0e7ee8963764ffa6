"""Silk: one folded cloth, light running along its folds."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump, rotated

sin, cos = torch.sin, torch.cos


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: turn, two folds, drift. middle: how many folds, how wide the light."""
    turn, fold, other, drift = coarse
    count, glow = middle
    x, y = rotated(p.x, p.y, 0.5 + 0.35 * turn)
    first = sin(2.1 * x + 0.6 + 0.7 * drift + 1.2 * sin(1.7 * y + 0.8 * fold))
    second = sin(2.2 * y - 0.4 + 0.8 * other + 1.3 * first)
    cloth = sin((2.3 + 0.6 * count) * second + 2.0 * first + 0.8 * drift + 1.5 * p.x)
    shade = 0.84 + 0.22 * cos(1.5 * cloth + 2.5 * second)
    return Layers(0.5 + 0.40 * cloth + 0.1 * first, shade, 0.55 * bump(cloth - 0.3 * second, 0.26 + 0.12 * glow))
