"""Mountains: ridge behind ridge, mist between them, a moon above."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, disc, sky, soft, zigzag


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: where the moon is, far peaks, near peaks, mist. middle: how jagged, how wide the moon's halo."""
    moon, far, near, mist = coarse
    jagged, glow = middle
    ball = disc(p.x + 0.34 + 0.3 * moon, p.y - 0.54, 0.17)
    seas = 0.12 * torch.sin(9.0 * p.x + 2.0) * torch.sin(8.0 * p.y)
    scene = Scene(
        0.22 + 0.11 * (1.0 - p.y), 0.55, (0.5 + 0.15 * glow) * torch.exp(-(4.6 - 1.8 * glow) * (-ball).clamp(min=0.0))
    ).laid(ball, 0.95, 0.92 + seas)
    scene = scene.lit(-0.5 * soft(ball, 0.04))
    u, v = sky(p)
    night = soft(p.y - 0.2, 0.4) * (1.0 - soft(ball, 0.1))
    detail = -1.0 * night
    for k in range(5):
        shift = 0.8 * far if k < 2 else 0.8 * near
        wide, fine = 2.5 + 0.55 * k, 6.3 + 1.4 * k
        peak = 0.20 * zigzag(wide * p.x + 1.9 * k * k + 0.6 + shift)
        peak = peak + (0.075 + 0.045 * jagged) * zigzag(fine * p.x + 2.7 * k - shift)
        line = 0.20 - 0.25 * k + peak
        down = line - p.y
        depth = down.clamp(min=0.0)
        fog = 1.0 - torch.exp(-(2.7 + 1.1 * mist) * depth)
        snow = torch.exp(-16.0 * depth)
        place = 0.40 - 0.095 * k + 0.38 * fog * (1.0 - 0.17 * k) + 0.10 * snow
        shade = 0.60 - 0.07 * k + 0.42 * fog + 0.3 * snow
        away = down * 0.75
        scene = scene.before(away, place, shade) if k == 4 else (scene.cut if k % 2 else scene.laid)(away, place, shade)
        here = soft(down, 0.03)
        contour = (9.0 + 1.2 * k) * depth + 0.35 * torch.sin(fine * p.x * 1.7 + k)
        u = u + (contour - u) * here
        detail = detail + (0.22 * torch.exp(-2.2 * depth) - detail) * here
    return scene.with_values(u=u, v=v, detail=detail)
