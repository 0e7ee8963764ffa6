"""Silk: one folded cloth, light running along its folds."""

import torch
from torch import Tensor

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, measured, rotated, soft

sin, cos, exp = torch.sin, torch.cos, torch.exp


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: turn, two folds, drift. middle: how many threads, how wide the light."""
    turn, fold, other, drift = coarse
    threads, glow = middle
    x, y = rotated(p.x, p.y, 0.42 + 0.32 * turn)

    def sheet(x: Tensor, y: Tensor) -> Tensor:
        return y - 0.12 + 0.34 * sin(1.7 * x + 0.6 + 0.9 * fold) + 0.15 * sin(3.4 * x + 1.6 * y + 1.1 * drift)

    def hem(x: Tensor, y: Tensor) -> Tensor:
        return -0.52 - y + 0.30 * sin(1.5 * x - 1.5 + 0.9 * other) + 0.13 * sin(3.1 * x - 1.2 * y + 2.0 - drift)

    back, front = measured(sheet, x, y), measured(hem, x, y)
    waves = sin(2.6 * x + 1.4 * y + 0.6 + 0.8 * drift + 0.9 * sin(1.7 * y + fold))
    cloth = sin(5.2 * sheet(x, y) + 1.1 * waves)
    lower = sin(4.6 * (-hem(x, y)) + 1.3 * sin(2.0 * x + 0.7 * other))
    upper = sin(4.4 * sheet(x, y) + 1.2 * sin(2.2 * x - 0.5 * fold) + 0.4)
    fallen = exp(-4.5 * back.abs())  # the shadow the upper fold throws on the cloth
    cast = exp(-4.5 * (-front).clamp(min=0.0))
    dark = (1.0 - 0.85 * fallen) * (1.0 - 0.8 * cast)
    scene = Scene(0.42 + 0.26 * cloth - 0.26 * fallen, (0.66 + 0.36 * cloth) * dark)
    roll = exp(-6.0 * back.clamp(min=0.0))
    scene = scene.laid(back, 0.30 + 0.22 * upper + 0.44 * roll, (0.50 + 0.30 * upper + 0.5 * roll) * (1.0 - 0.5 * cast))
    turned = exp(-6.0 * front.clamp(min=0.0))
    scene = scene.before(front, 0.22 + 0.16 * lower + 0.58 * turned, 0.46 + 0.26 * lower + 0.55 * turned)
    behind = (1.0 - soft(back, 0.03)) * (1.0 - soft(front, 0.03))
    wide = 0.05 + 0.02 * glow
    light = 0.50 * bump(back - 0.03, wide) * (1.0 - soft(front, 0.06))
    gleam = bump(cloth - 0.75, 0.25) * (1.0 - fallen) * behind
    light = light + 0.50 * bump(front - 0.03, wide) + (0.26 + 0.1 * glow) * gleam
    weave = (11.0 + 2.0 * threads) * (y + 0.34 * sin(1.7 * x + 0.6 + 0.9 * fold) * 0.8 + 0.10 * waves)
    return scene.lit(light).lined(weave, 0.20 + 0.16 * cloth)
