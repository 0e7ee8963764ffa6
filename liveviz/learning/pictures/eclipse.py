"""Eclipse: the black disc, its corona in streamers, and the last bead of the sun."""

import torch

from liveviz.learning.pictures._shared import Numbers, Plane, Scene, bump, disc, length, sky, soft

cos, exp = torch.cos, torch.exp
MOON_RADIUS = 0.40
"""Half image heights, of the moon."""


def draw(p: Plane, coarse: Numbers, middle: Numbers) -> Scene:
    """coarse: where the bead is, two sets of streamers, how lopsided. middle: how many rays, the corona's reach."""
    bead, streamers, others, lopsided = coarse
    rays, glow = middle
    above = (p.r - MOON_RADIUS).clamp(min=0.0)
    swirl = p.theta + 0.30 * above + 0.3 * streamers * above
    shape = (
        0.42 * cos(2.0 * swirl + 0.5 + 1.5 * streamers)
        + 0.26 * cos(5.0 * swirl + 2.0 * others)
        + 0.16 * cos(9.0 * swirl - 1.4 * streamers)
        + 0.55 * lopsided * cos(swirl + 0.6)
    )
    reach = exp(-above * (3.0 - 0.8 * glow) * (1.0 - 0.6 * shape))
    near = exp(-9.0 * above)
    scene = Scene(0.05 + 0.50 * reach, 0.35 + 0.55 * reach, (0.34 + 0.10 * glow) * reach)
    for k, (size, place) in enumerate(((0.62, 0.34), (0.44, 0.52), (0.26, 0.78))):
        # petals of light, one in the other: bright at the sun, gone at their tips
        wave = shape + 0.30 * cos((7.0 + 2.0 * k) * swirl + 1.8 * others + 2.0 * k)
        tip = MOON_RADIUS + size * (0.62 + 0.16 * glow + 0.52 * wave).clamp(min=0.05)
        inner = above / (tip - MOON_RADIUS)
        away = (tip - p.r) * 0.55
        fall = exp(-1.1 * inner)
        scene = (scene.cut if k == 1 else scene.laid)(
            away, (0.10 + (place + 0.12) * fall + 0.2 * near).clamp(max=1.0), 0.30 + 0.75 * fall
        )
        scene = scene.lit(0.20 * bump(away, 0.035) * exp(-1.6 * above))
    moon = disc(p.x, p.y, MOON_RADIUS)
    seas = 0.05 * torch.sin(9.0 * p.x) * torch.sin(8.0 * p.y + 1.0)
    scene = scene.before(moon, (0.02 + 0.05 * (p.x + p.y) + seas).clamp(0.0, 0.2), 0.30)
    scene = scene.with_values(glow=scene.glow * (1.0 - 0.97 * soft(moon, 0.03)))
    angle = 0.9 + 1.0 * bead
    spot = length(p.x - MOON_RADIUS * cos(angle), p.y - MOON_RADIUS * torch.sin(angle))
    rim = bump(p.r - MOON_RADIUS - 0.012, 0.022) * (0.30 + 0.70 * exp(-2.5 * spot))
    scene = scene.lit(0.8 * rim + 1.1 * bump(spot, 0.075) + 0.55 * exp(-5.0 * spot) + 0.25 * near * soft(-moon, 0.03))
    scene = scene.with_values(glow=torch.as_tensor(scene.glow).clamp(max=1.4))
    u, v = sky(p)
    threads = (
        (5.0 + rays) * cos(2.0 * swirl + 0.5) + (3.0 + rays) * cos(5.0 * swirl + 2.0 * others) + 2.0 * cos(9.0 * swirl)
    )
    inside = soft(0.84 - p.r, 0.16)
    stars = soft(p.r - 1.12, 0.12)
    detail = 0.42 * exp(-2.4 * above) * (1.0 - soft(moon + 0.02, 0.02)) * inside - 0.9 * stars
    return scene.with_values(u=u + (threads - u) * soft(0.98 - p.r, 0.1), v=v, detail=detail)
