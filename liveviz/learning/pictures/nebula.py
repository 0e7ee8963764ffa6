"""Nebula: two wings of gas thrown out by one star, shell in shell, bright at their rims."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, disc, length, measured, rotated, sky, soft

sin, exp = torch.sin, torch.exp
SHELL_DISTANCES = (1.0, 0.70, 0.43)
"""How far out the shells of gas lie, as shares of the wings' width; every second one is a figure."""


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: tilt, opening, waves of the gas, drift. middle: how many filaments, how wide the rims."""
    tilt, opening, waves, drift = coarse
    filaments, glow = middle
    x, y = rotated(p.x, p.y, 0.36 + 0.26 * tilt)
    x = x + 0.06 * sin(3.0 * y + 1.2 * drift)

    def breadth(out: torch.Tensor) -> torch.Tensor:
        return 0.05 + (0.80 + 0.24 * opening) * out**1.3 / (0.62 + 0.62 * out * out)

    def wing(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        out = length(x, 0.0 * y)
        curl = 0.10 * sin(4.3 * x + 1.3 * waves) + 0.045 * sin(9.0 * x + 5.0 * y + 1.2 * drift)
        return breadth(out) - length(0.4 * out * breadth(out), y + curl * out / (0.3 + out))

    out = length(x, 0.0 * y)
    wide = breadth(out)
    inner = 1.0 - wing(x, y) / wide  # 0 on the axis, 1 at the wings' edge
    edge = measured(wing, x, y, 0.9)
    thin = exp(-((0.72 * out) ** 3))  # the gas is lost far out
    haze, hot = exp(-1.7 * p.r), exp(-((p.r / 0.12) ** 2))
    strand = 0.5 + 0.5 * sin((5.0 + filaments) * inner + 4.2 * out + 1.3 * sin(4.0 * out + 1.2 * waves) + 0.8 * drift)
    scene = Scene(0.05 + 0.24 * haze + 0.05 * sin(1.7 * p.x - 1.3 * p.y), 0.45 + 0.2 * haze)
    light = 0.20 * exp(-3.0 * p.r)
    for k, share in enumerate(SHELL_DISTANCES):
        away = edge - (1.0 - share) * wide * 0.8 + 0.03 * k * sin((5.0 + k) * out + 1.7 * k + waves) * thin
        apart = 1.0 if k < 2 else out**2 / (0.20 + out**2)  # near the star the shells are one
        rim = exp(-9.0 * away.clamp(min=0.0)) * apart
        place = 0.10 + 0.06 * k + 0.8 * hot + (0.20 + 0.12 * k) * strand + 0.42 * rim
        shade = 0.26 + 0.05 * k + 0.5 * hot + 0.40 * strand + 0.52 * rim
        fade = 0.25 + 0.75 * thin
        scene = (scene.cut if k % 2 else scene.laid)(away, place * fade, shade * fade)
        seam = bump(away, 0.028 + 0.01 * glow) * thin * apart
        light = light * (1.0 - 0.6 * soft(away, 0.05)) + (0.36 + 0.1 * glow) * seam
    star = disc(p.x, p.y, 0.045)
    burst = exp(-(5.0 - 1.2 * glow) * p.r) + 0.9 * bump(p.r, 0.09) + 0.35 * exp(-26.0 * y.abs() - 2.2 * x.abs())
    scene = scene.before(star, 1.0, 1.2).lit(light + (0.55 + 0.1 * glow) * burst)
    threads = (9.0 + 2.0 * filaments) * inner + 0.9 * sin(5.0 * out + 4.0 * inner + 1.2 * waves)
    star_u, star_v = sky(p)
    gas = soft(edge + 0.06, 0.05)
    u = 2.0 * star_u + (threads - 2.0 * star_u) * gas
    lines = 0.34 * thin * soft(edge - 0.03, 0.04) * soft(p.r - 0.16, 0.1)
    return scene.with_values(u=u, v=2.0 * star_v, detail=lines - 0.9 * (1.0 - soft(edge + 0.19, 0.07)))
