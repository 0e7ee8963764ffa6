"""Dunes: one great dune, its sharp crest between light and shade, under a low sun, with ripples before it."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, both, bump, disc, length, soft

sin, exp = torch.sin, torch.exp


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: where the sun is, far ridges, bend of the crest, height. middle: how many ripples, the sun's light."""
    sun, far, bend, height = coarse
    ripples, glow = middle
    sx, sy = p.x + 0.52 + 0.26 * sun, p.y - 0.50 - 0.06 * sun
    ball = disc(sx, sy, 0.19)
    halo = exp(-(2.8 - 1.1 * glow) * (-ball).clamp(min=0.0))
    scene = Scene(0.30 + 0.16 * (1.0 - p.y) + 0.22 * halo, 0.55 + 0.25 * halo, (0.50 + 0.16 * glow) * halo)
    scene = scene.laid(ball, 0.97, 1.05).lit(-0.4 * soft(ball, 0.05))
    ridge = 0.14 + 0.10 * sin(2.1 * p.x + 1.0 + 1.3 * far) + 0.03 * sin(5.0 * p.x - far)
    depth = (ridge - p.y).clamp(min=0.0)
    scene = scene.laid(0.9 * (ridge - p.y), 0.50 + 0.25 * exp(-7.0 * depth), 0.62 + 0.3 * exp(-7.0 * depth))
    nearer = 0.02 + 0.10 * sin(1.6 * p.x + 3.6 - 1.1 * far) + 0.03 * sin(4.1 * p.x + far)
    depth = (nearer - p.y).clamp(min=0.0)
    scene = scene.cut(0.9 * (nearer - p.y), 0.36 + 0.32 * exp(-6.0 * depth), 0.50 + 0.45 * exp(-6.0 * depth))
    # the great dune: left of its crest in the light, right of it in the shade
    side = p.x - 0.22
    top = 0.34 + 0.12 * height - 0.60 * (length(side, 0.35 * torch.ones_like(side)) - 0.35)
    top = top + 0.03 * sin(3.0 * p.x + 1.0) * side.abs().clamp(max=1.0)
    body = (top - p.y) * 0.85
    low = (0.34 + 0.12 * height - p.y).clamp(min=0.0)
    crest = 0.06 - 0.85 * low**1.5 * 0.6 + (0.20 + 0.30 * bend) * sin(4.2 * low + 0.4) * low.clamp(max=0.6) * 1.8
    right = (side - crest + 0.06) * 0.75
    inner = (top - p.y).clamp(min=0.0)
    wind = sin(2.6 * p.x + 3.0 * p.y) * 0.05
    edge = exp(-5.0 * right.abs())
    scene = scene.laid(body, 0.16 + 0.10 * exp(-4.0 * inner) - 0.10 * edge + wind, 0.50 + 0.5 * wind)
    lit = both(body, -right)
    ripple = (8.0 + 2.6 * ripples) * (p.y + 0.55 * p.x) + 0.6 * sin(3.0 * p.x - 2.0 * p.y) + 0.3 * sin(7.0 * p.x)
    wave = 0.05 * sin(6.28 * ripple) * soft(lit, 0.2)
    scene = scene.before(lit, 0.50 + 0.26 * edge + wind + 0.10 * exp(-6.0 * inner), 0.66 + 0.36 * edge + wave)
    # before it, a low one
    line = -0.62 + 0.12 * sin(1.5 * p.x + 0.9 + 0.7 * bend) + 0.04 * sin(3.6 * p.x - 0.7 * far)
    down = (line - p.y) * 0.9
    under = down.clamp(min=0.0)
    scene = scene.cut(down, 0.10 + 0.52 * exp(-9.0 * under), 0.35 + 0.65 * exp(-7.0 * under))
    scene = scene.with_values(front=torch.minimum(torch.as_tensor(scene.front), -down))
    shade = soft(down, 0.05)
    lines = 0.34 * (soft(lit - 0.03, 0.1) * (1.0 - shade) + 0.7 * soft(down - 0.02, 0.1) * exp(-2.0 * under))
    shine = bump(right, 0.035) * soft(body, 0.06) * (1.0 - shade) + 0.7 * bump(down, 0.03) + 0.3 * bump(body, 0.04)
    return scene.lit((0.24 + 0.08 * glow) * shine).lined(ripple, lines)
