"""Lotus: petals opening from one heart, mirrored in dark water."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, either, length, rotated, sky, soft

sin, exp = torch.sin, torch.exp
WATER_HEIGHT = -0.42
"""Half image heights: where the water begins."""
PETAL_ROWS = (
    (1.20, 0.205, (-1.42, -0.95, -0.475, 0.0, 0.475, 0.95, 1.42)),
    (0.93, 0.165, (-1.20, -0.72, -0.24, 0.24, 0.72, 1.20)),
    (0.73, 0.135, (-1.36, -0.92, -0.46, 0.0, 0.46, 0.92, 1.36)),
    (0.48, 0.105, (-1.10, -0.66, -0.22, 0.22, 0.66, 1.10)),
)
"""Length, half a petal's width, the petals' angles: every second row is a figure, the last one stands in front."""


def petal(x: torch.Tensor, y: torch.Tensor, size: torch.Tensor, half: float) -> torch.Tensor:
    """Signed distance to a pointed leaf from the origin upwards: what two circles have in common."""
    t = (y / size).clamp(min=-0.4)
    t = t - 0.30 * t * (1.0 - t)  # its widest place is above its middle
    aside = (size * size / 4.0 - half * half) / (2.0 * half)
    return aside + half - length(x.abs() + aside, size * (t - 0.5))


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: bloom, sway, length, ripples of the water. middle: how many veins, how wide the heart's light."""
    bloom, sway, size, water = coarse
    veins, glow = middle
    below = (WATER_HEIGHT - p.y).clamp(min=0.0)
    pool = soft(WATER_HEIGHT - p.y, 0.05)
    calm = below / (below + 0.08)
    x = p.x + (0.06 + 0.035 * water) * calm * sin(26.0 * (below + 0.02) ** 0.6 + 2.2 * water + 1.5 * p.x)
    y = (p.y - WATER_HEIGHT).abs() * (1.0 + 0.2 * pool) - 0.05
    away = length(x, y - 0.3)
    heart = length(x, y - 0.08)
    scene = Scene(0.03 + 0.30 * exp(-1.5 * away), 0.50, 0.22 * exp(-(2.4 - 0.8 * glow) * away))
    light, leaf = torch.zeros_like(x * glow), torch.full_like(x * glow, -9.0)
    for k, (tall, half, angles) in enumerate(PETAL_ROWS):
        long = tall * (1.0 + 0.09 * size * (1.0 - 0.2 * k))
        row, side = torch.full_like(light, -9.0), torch.zeros_like(light)
        for angle in angles:
            turn = angle * (0.90 + 0.15 * bloom) + (0.10 - 0.03 * k) * sway
            across, along = rotated(x, y, -turn)
            one = petal(across, along, long, half)
            side = side + ((across / half).clamp(-1.3, 1.3) - side) * soft(one - row, 0.03)
            row = either(row, one)
        inner = (length(x, y) / long).clamp(max=1.2)
        mid = exp(-((side / 0.30) ** 2))
        place = 0.12 + 0.10 * k + 0.58 * inner**2 - 0.05 * mid
        shade = 0.30 + 0.05 * k + 0.70 * inner**1.5 + 0.20 * side * (1.0 - inner) - 0.16 * mid * inner
        light = light * (1.0 - 0.85 * soft(row, 0.04)) + (0.34 + 0.12 * glow) * bump(row, 0.022 + 0.006 * glow) * inner
        leaf = either(leaf, row)
        scene = scene.before(row, place, shade) if k == 3 else (scene.cut if k % 2 else scene.laid)(row, place, shade)
    light = light + (0.75 + 0.2 * glow) * exp(-(5.0 - 1.4 * glow) * heart)
    dim = 1.0 - pool * (0.50 + 0.4 * below)
    shades = {name: getattr(scene, name) * dim for name in ("shade", "figure_shade", "front_shade")}
    scene = scene.with_values(glow=(scene.glow + light) * dim, **shades)
    scene = scene.lit(0.35 * bump(p.y - WATER_HEIGHT, 0.016) * exp(-2.0 * p.x**2))
    fan = (6.5 + 1.2 * veins) * torch.atan2(x, y + 0.16) * 2.0
    rings = 9.0 * torch.log(length(p.x * 0.28, below + 0.06)) + 0.5 * sin(5.0 * p.x + 1.6 * water)
    star_u, star_v = sky(p)
    on = soft(leaf + 0.04, 0.03)
    u = star_u + (fan - star_u) * on
    detail = 0.30 * soft(leaf - 0.015, 0.02) * soft(heart - 0.2, 0.2) - 0.7 * (1.0 - soft(leaf + 0.13, 0.05))
    detail = detail * soft(p.y - WATER_HEIGHT - 0.05, 0.03) + 0.34 * calm * soft(WATER_HEIGHT - 0.05 - p.y, 0.03)
    return scene.with_values(u=u + (rings - u) * soft(WATER_HEIGHT - p.y, 0.02), v=star_v, detail=detail)
