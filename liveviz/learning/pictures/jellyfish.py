"""Jellyfish: a glowing bell, and long arms trailing under it through deep water."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, both, bump, length, over, rotated, sky, soft

sin, cos, exp = torch.sin, torch.cos, torch.exp


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: pulse of the bell, sway of the arms, tilt, spread. middle: how many ribs, how wide the light."""
    pulse, sway, tilt, spread = coarse
    ribs, glow = middle
    x, y = rotated(p.x, p.y - 0.26, 0.14 + 0.12 * tilt)
    wide, tall = 0.60 - 0.09 * pulse, 0.52 + 0.10 * pulse
    rho = length(x / wide, y / tall)
    hem = -0.03 + 0.045 * cos(9.0 * x / wide) * (1.0 + 0.3 * pulse) - 0.14 * (x / wide) ** 2
    bell = both((1.0 - rho) * 0.5, (y - hem) * 0.8)
    rays = 0.5 + 0.5 * sin(5.0 * p.x + 1.6 * p.y + 0.7 * sin(2.3 * p.x)) * exp(-0.9 * (1.0 - p.y))
    deep = 0.05 + 0.12 * exp(-1.1 * (x * x + y * y)) + 0.14 * rays * soft(p.y - 0.1, 1.6)
    aura = exp(-(3.6 - 1.2 * glow) * (rho - 1.0).clamp(min=0.0) - 2.5 * (hem - y).clamp(min=0.0))
    scene = Scene(deep, 0.5 + 0.1 * p.y, 0.34 * aura)
    # the mouth of the bell, seen from below: a dark ellipse
    mouth = (0.90 - length(x / wide, (y + 0.10) / 0.16)) * 0.16
    below = (hem + 0.04 - y).clamp(min=0.0)
    trail = exp(-0.85 * below)
    light = torch.zeros_like(x)
    for k in range(5):
        root = (0.0, -0.5, 0.5, -0.22, 0.25)[k] * wide * 1.4
        wave = sin((4.6 + 0.3 * k) * below - 1.3 * k - 1.2 * sway + 0.6)
        line = root * (1.0 + (0.15 + 0.3 * spread) * below) + (0.14 * below.sqrt()) * wave - 0.16 * sway * below**2
        frill = 0.5 + 0.5 * sin(17.0 * below + 2.0 * k)
        thick = (0.050 + 0.028 * frill) * (1.15 - 0.62 * below)
        arm = both((thick - (x - line).abs()) * 0.8, hem + 0.05 - y)
        place = 0.22 + 0.52 * trail + 0.05 * torch.tanh((x - line) / 0.07) * (-1.0) ** (k + 1)
        scene = over(scene, arm, place - 0.14 * (k < 3), 0.22 + 0.54 * trail + 0.10 * frill + 0.05 * k)
        light = (
            light + 0.20 * trail * bump(arm, 0.035) + 0.10 * trail * exp(-(9.0 - 3.0 * glow) * (-arm).clamp(min=0.0))
        )
    scene = over(scene, mouth, 0.30 + 0.3 * (y + 0.2), 0.5)
    light = light * (1.0 - 0.9 * soft(mouth, 0.05))
    fan = x / (wide * (1.02 - (y / tall).clamp(-0.5, 0.98) ** 2).clamp(min=0.05).sqrt())
    rib = 0.5 + 0.5 * cos((9.5 + 2.5 * ribs) * fan)
    dome = rho.clamp(max=1.0)
    scene = scene.before(bell, 0.26 + 0.30 * dome**2 + 0.22 * rib, 0.50 + 0.36 * dome**3 + 0.20 * rib)
    inside = soft(bell, 0.04)
    heart = torch.zeros_like(x)
    for side, high in ((-0.24, 0.16), (0.0, 0.24), (0.24, 0.16)):
        heart = heart + bump(length((x - side * wide / 0.6) / 0.10, (y - high * tall / 0.5) / 0.07), 0.9)
    light = light * (1.0 - inside) + inside * ((0.40 + 0.15 * glow) * heart + 0.40 * bump(rho - 0.98, 0.08))
    light = light + 0.45 * bump(y - hem, 0.035) * soft(1.0 - rho, 0.1)
    u, v = sky(p)
    turn = (1.6 * u + 0.5 * sin(2.0 * p.y), 1.6 * v + 0.5 * sin(2.4 * p.x))
    motes = 0.9 * (1.0 - soft(bell + 0.05, 0.05)) * (1.0 - 0.8 * trail * soft(0.55 - x.abs(), 0.3) * soft(-y, 0.2))
    lines = soft(bell - 0.03, 0.08)
    ring = (6.0 + ribs) * dome * (1.0 + 0.06 * rib)
    return scene.lit(light).with_values(
        u=turn[0] + (ring - turn[0]) * soft(bell, 0.03), v=turn[1], detail=0.35 * lines - motes * (1.0 - lines)
    )
