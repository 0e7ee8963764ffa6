"""Kaleidoscope: five mirrors, and coloured glass between them, pane over pane to the edges of the picture."""

import math

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, rotated, soft

sin, cos = torch.sin, torch.cos
MIRRORS = 5


def _glass(p: Plane, fine: torch.Tensor, phase: torch.Tensor, turn: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A wave of MIRRORS directions, within about ±MIRRORS, and how fast it rises."""
    value, rise_x, rise_y = torch.zeros_like(p.x), torch.zeros_like(p.x), torch.zeros_like(p.x)
    for k in range(MIRRORS):
        angle = 2.0 * math.pi * k / MIRRORS + turn
        c, s = cos(angle), sin(angle)
        along = fine * (p.x * c + p.y * s) + phase
        value = value + cos(along)
        rise_x, rise_y = rise_x - fine * c * sin(along), rise_y - fine * s * sin(along)
    return value, (rise_x**2 + rise_y**2 + 9.0).sqrt()


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: turn, twist, two slides of the glass. middle: how many pieces, how wide the light on the edges."""
    turn, twist, slide, other = coarse
    pieces, glow = middle
    x, y = rotated(p.x, p.y, 0.3 * turn + 0.5 * math.pi + 0.25 * twist * torch.exp(-1.5 * p.r))
    turned = Plane(x, y, p.r, p.theta)
    fine = 6.2 + 0.9 * pieces
    first, rise = _glass(turned, fine, 0.5 + 0.9 * slide, torch.zeros_like(slide))
    second, steep = _glass(turned, 0.62 * fine, 1.3 - 0.9 * other, torch.full_like(slide, math.pi / MIRRORS))
    dim = torch.exp(-0.45 * p.r)
    scene = Scene(0.06 + 0.08 * dim + 0.03 * second, 0.45)
    light = 0.45 * torch.exp(-5.0 * p.r)
    panes = (
        (second, steep, -0.2, 0.36),
        (first, rise, 0.1, 0.16),
        (second, steep, 1.3, 0.66),
        (first, rise, 1.6, 0.30),
    )
    for k, (wave, slope, level, place) in enumerate(panes):
        away = (wave - level) / slope
        inner = away.clamp(min=0.0)
        here = soft(away, 0.04)
        tone = place * (0.55 + 0.6 * dim) + 0.07 * (second if k % 2 else first)
        scene = (scene.cut if k % 2 else scene.laid)(away, tone, 0.30 + 0.62 * dim + 0.25 * torch.exp(-9.0 * inner))
        light = light * (1.0 - 0.6 * here) + (0.20 + 0.10 * glow) * bump(away, 0.025 + 0.012 * glow) * dim
    jewel = (first - 2.9) / rise
    scene = scene.before(jewel, 0.72 + 0.10 * first - 0.1 * p.r, 0.55 + 0.5 * dim)
    light = light + (0.3 + 0.1 * glow) * bump(jewel, 0.03) * dim
    return scene.lit(light).lined(1.6 * first + 1.1 * second, 0.30 * (0.3 + 0.7 * dim))
