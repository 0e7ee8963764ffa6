"""Ribbons: five threads of light, woven across the dark."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump, rotated

sin = torch.sin


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: slope, wave, weave, pinch. middle: how curled, how wide the light."""
    slope, wave, weave, pinch = coarse
    curl, glow = middle
    x, y = rotated(p.x, p.y, 0.25 + 0.13 * slope)
    light, core, veil = torch.zeros_like(y), torch.zeros_like(y), torch.zeros_like(y)
    width = 0.050 + 0.014 * glow
    for k in range(5):
        line = (
            0.27 * (k - 2) * (0.75 + (0.45 + 0.13 * pinch) * sin(1.6 * x + 0.5))
            + 0.26 * sin(2.0 * x + 0.75 * k + 0.7 * wave)
            + (0.11 + 0.04 * curl) * sin(3.7 * x + 2.1 * k + 0.6 * weave)
        )
        away = (y - line).abs()
        core = core + bump(away, width * (0.8 + 0.25 * sin(2.0 * x + k)))
        light = light + torch.exp(-away / (0.11 + 0.04 * glow)) * (0.42 - 0.04 * k)
        veil = veil + torch.exp(-away * 4.0) * 0.22
    return Layers(
        0.06 + 0.5 * veil + 0.62 * core.clamp(max=1.0), 0.35 + 0.5 * veil + 0.6 * core.clamp(max=1.0), light * 0.8
    )
