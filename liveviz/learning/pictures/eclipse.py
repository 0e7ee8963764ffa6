"""Eclipse: the black disc, its corona in streamers, and the last bead of the sun."""

import torch

from liveviz.learning.pictures._shared import Layers, Numbers, Plane, bump, inside, stars

cos = torch.cos
RADIUS = 0.40


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Layers:
    """coarse: where the bead is, two sets of streamers, how lopsided. middle: how many rays, the corona's reach."""
    bead, streamers, others, lopsided = coarse
    rays, glow = middle
    above = (p.r - RADIUS).clamp(min=0.0)
    swirl = p.theta + 0.35 * above
    shape = (
        0.34 * cos(2.0 * swirl + 0.7 + 0.9 * streamers)
        + 0.26 * cos(5.0 * swirl + 1.1 * others)
        + 0.14 * cos(9.0 * swirl - 1.4 * streamers)
        + 0.25 * lopsided * cos(swirl + 0.6)
    )
    ray = 0.82 + (0.18 + 0.08 * rays) * cos(14.0 * swirl + 1.6 * cos(3.0 * swirl + others) + 1.2 * rays)
    reach = torch.exp(-above * (3.6 - 0.9 * glow) * (1.0 - 0.62 * shape))
    corona = reach * (ray * (1.0 - 0.7 * torch.exp(-above * 12.0)) + 0.7 * torch.exp(-above * 12.0))
    moon = inside(RADIUS - p.r, 0.016)
    earthshine = 0.10 + 0.08 * (p.x + p.y) + 0.05 * torch.sin(9.0 * p.x) * torch.sin(8.0 * p.y + 1.0)
    sky = Layers(0.04 + 0.90 * corona, 0.30 + 0.85 * corona, 0.42 * torch.exp(-above * 9.0) * (0.8 + 0.2 * shape))
    sky = sky.lit(0.7 * stars(p, 16, 21) * (1.0 - corona))
    picture = sky.under(moon, earthshine, torch.full_like(p.x, 0.35))
    angle = 0.9 + 0.7 * bead
    spot = ((p.x - RADIUS * cos(angle)) ** 2 + (p.y - RADIUS * torch.sin(angle)) ** 2 + 1e-4).sqrt()
    rim = bump(p.r - RADIUS - 0.012, 0.022) * (0.35 + 0.65 * torch.exp(-3.0 * spot))
    return picture.lit(0.9 * rim + 1.0 * bump(spot, 0.085) + 0.5 * torch.exp(-6.0 * spot))
