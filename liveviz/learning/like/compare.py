"""What of a light generator's image and its teacher's is compared: at large sizes only a part of it, how strong edges are, and
what a feature network sees."""

import torch
from torch import Tensor
from torch.nn import functional as F

from liveviz.learning.features import FeatureNetwork, reduced
from liveviz.learning.gan.generator import Window, levels
from liveviz.models import GeneratorConfig
from liveviz.models.stylegan.reference import Network

EDGE_WEIGHT, EDGE_REACH_PIXELS = 1.5, 8  # of how strong edges are; pixels that are looked at together
SMALLEST_CUT_LEVEL_PIXELS, CUT_PIXELS = 64, 32  # pixels of the level at which a part is cut out, at least; of its sides
MARGIN_PIXELS = 3  # of them lack neighbours above
OVERHANG_PIXELS = (
    8  # pixels that places reach over the border, where parts stop: what is drawn there is learned as well
)


def look_at(config: GeneratorConfig, size: int, random: torch.Generator) -> Window | None:
    """The part of the images that a step draws; None for all of it, where the size is small."""
    level = size // 4
    if level < SMALLEST_CUT_LEVEL_PIXELS:
        return None
    _, height, width = config.layers[level]
    sides = [min(CUT_PIXELS, height), min(CUT_PIXELS, width)]
    places = []
    for side, whole in zip(sides, (height, width), strict=True):
        place = int(torch.randint(-OVERHANG_PIXELS, whole - side + OVERHANG_PIXELS + 1, (), generator=random))
        places.append(min(max(place, 0), whole - side))
    return Window(level, *places, *sides)


def drawn_at(network: Network, ws: Tensor, noise: list[Tensor], size: int, window: Window | None) -> dict[int, Tensor]:
    """The image so far by level, up to that of `size` pixels; of a window only what has all its neighbours."""
    found = {}
    for level in levels(network, ws, noise, window):
        img = level.img
        if window is not None and level.resolution > window.resolution:
            k = level.resolution // window.resolution
            _, height, width = network.config.layers[level.resolution]
            top, left = MARGIN_PIXELS * k * (window.top > 0), MARGIN_PIXELS * k * (window.left > 0)
            bottom = MARGIN_PIXELS * k * ((window.top + window.height) * k < height)
            right = MARGIN_PIXELS * k * ((window.left + window.width) * k < width)
            img = img[..., top : img.shape[-2] - bottom, left : img.shape[-1] - right]
        found[level.resolution] = img
        if level.resolution == size:
            break
    return found


def edges_loss(drawn: Tensor, wanted: Tensor) -> Tensor:
    """How much weaker or stronger edges are: root mean square of the slopes around every fourth pixel, relative to the
    mean of those that are wanted. An edge that is sharp, but a little beside its place, has it right, a soft one has not;
    for differences of pixels it is the other way round."""

    def strength(x: Tensor) -> Tensor:
        across, down = x.diff(dim=3)[..., 1:, :], x.diff(dim=2)[..., 1:]
        power = (across.square() + down.square()).sum(dim=1, keepdim=True)
        return (F.avg_pool2d(power, min(EDGE_REACH_PIXELS, *power.shape[-2:]), 4) + 1e-5).sqrt()

    right = strength(wanted)
    return (strength(drawn) - right).abs().mean() / right.mean()


def seen_loss(features: FeatureNetwork, drawn: Tensor, wanted: Tensor) -> Tensor:
    """How different both look to a feature network: the mean over its stages, relative to what is there to be seen."""
    size = features.config.side
    with torch.no_grad():
        targets = features(halved(wanted, size))
    total = drawn.new_zeros(())
    for made, target in zip(features(halved(drawn, size)), targets, strict=True):
        total = total + (made - target).float().abs().mean() / target.float().abs().mean().clamp(min=1e-6)
    return total / len(targets)


def halved(x: Tensor, side: int) -> Tensor:
    """Images whose shorter side is at most `side`."""
    k = min(x.shape[-2:]) // side
    return F.avg_pool2d(x, k) if k > 1 and min(x.shape[-2:]) % side == 0 else reduced(x, side)
