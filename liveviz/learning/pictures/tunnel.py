"""Tunnel: a lattice of cells falling into a bright end."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump

sin, cos = torch.sin, torch.cos


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: flight, twist, where the end is across and up. middle: how hard the cells' edges, how wide the light."""
    flight, twist, across, up = coarse
    edges, glow = middle
    x, y = p.x - 0.14 * across, p.y - 0.14 * up
    radius = (x * x + y * y + 0.003).sqrt()
    log = torch.log(radius)
    ring = sin(4.4 * log + 1.4 * flight)
    rib = cos(4.0 * torch.atan2(y, x) + (1.7 + 0.6 * twist) * log + 0.6)
    cell = torch.tanh((2.6 + 0.9 * edges) * ring * rib)
    fog = 1.0 - torch.exp(-2.8 * radius)
    seam = bump(ring, 0.20 + 0.06 * glow) + bump(rib, 0.20 + 0.06 * glow)
    ramp = 0.50 + 0.36 * cell * fog + 0.13 * log + 0.10 * ring * rib
    shade = 0.16 + 0.95 * fog * (0.72 + 0.30 * cell)
    return Layers(
        ramp, shade, (0.85 + 0.2 * glow) * torch.exp(-(6.5 - 1.5 * glow) * radius) + 0.34 * seam.clamp(max=1.0) * fog
    )
