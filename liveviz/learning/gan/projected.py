"""A discriminator that looks through fixed feature networks instead of at pixels: it starts with eyes, so learning needs
a fraction of the images. Random mixtures across channels and across scales, fixed too, keep it from looking at a few
features only; a small discriminator at every scale judges every place, and sees how much the images of a class differ.
One more judges the image itself, reduced to its colours: to a feature network a red thing and a blue one are nearly the
same.

Source: Sauer et al. 2021, "Projected GANs converge faster" (2111.01007), sections 3 and 4. Spectral normalisation:
Miyato et al. 2018 (1802.05957).
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from liveviz.learning.features import FeatureNetwork

MIXED_CHANNELS = 64  # channels after mixing
COLOUR_SIDE_PIXELS = 8  # pixels of the shorter side at which the image itself is judged
GROUP_IMAGES = 4  # images that are looked at beside one another
SMALLEST_SIDE_PIXELS = 4  # pixels of the places that are judged: a discriminator halves down to about this
LEAKY_SLOPE = 0.2
"""Of the leaky ReLU below 0."""


def _fixed(inputs: int, outputs: int, kernel: int, random: torch.Generator) -> nn.Conv2d:
    """A random convolution that never learns, of about unit gain."""
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    with torch.no_grad():
        conv.weight.normal_(0.0, 1.0 / math.sqrt(inputs * kernel * kernel), generator=random)
    return conv.requires_grad_(False)


class Mixing(nn.Module):
    """Maps of all scales of one feature network to as many maps of MIXED_CHANNELS channels, deep ones mixed into the fine ones."""

    def __init__(self, widths: Sequence[int], random: torch.Generator) -> None:
        super().__init__()
        self.channels = nn.ModuleList(_fixed(w, MIXED_CHANNELS, 1, random) for w in widths)
        self.scales = nn.ModuleList(_fixed(MIXED_CHANNELS, MIXED_CHANNELS, 3, random) for _ in widths[1:])

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        seen = [conv(x) for conv, x in zip(self.channels, maps, strict=True)]
        for k in range(len(seen) - 2, -1, -1):
            deeper = F.interpolate(seen[k + 1], size=seen[k].shape[-2:], mode="bilinear")
            seen[k] = self.scales[k]((seen[k] + deeper) * math.sqrt(0.5))
        return seen


class Judge(nn.Module):
    """Logits of the places of one scale: `[n, MIXED_CHANNELS, h, w]` (and c `[n, classes]`) to `[n, places]`."""

    def __init__(self, side: int, classes: int) -> None:
        super().__init__()
        halvings = max(0, round(math.log2(side / SMALLEST_SIDE_PIXELS)))
        widths = [MIXED_CHANNELS, *(min(MIXED_CHANNELS << (n + 1), 2 * MIXED_CHANNELS) for n in range(halvings))]
        self.down = nn.ModuleList(spectral_norm(nn.Conv2d(i, o, 4, 2, 1)) for i, o in pairwise(widths))
        self.conv = spectral_norm(nn.Conv2d(widths[-1] + 1, MIXED_CHANNELS, 3, padding=1))
        self.out = spectral_norm(nn.Conv2d(MIXED_CHANNELS, 1, 1))
        self.embed = nn.Linear(classes, MIXED_CHANNELS) if classes else None

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        for conv in self.down:
            x = F.leaky_relu(conv(x), LEAKY_SLOPE)
        x = F.leaky_relu(self.conv(spread(x, c)), LEAKY_SLOPE)
        logits = self.out(x)
        if self.embed is not None:  # a key of length 1 for each class: as loud as the convolution beside it
            key = F.normalize(self.embed(c).float(), dim=1)[:, :, None, None]
            logits = logits + (x * key.to(x.dtype)).sum(dim=1, keepdim=True)
        return logits.flatten(1)


def spread(x: Tensor, c: Tensor) -> Tensor:
    """Maps `[n, m, h, w]` with one channel more: how much the GROUP_IMAGES that an image is in differs at every place.

    Those of one class are put together as far as they go: classes differ anyway, and all images of one class being the
    same is what is to be seen. Without it every class soon had a single form, and then nearly a single colour.
    Source: Karras et al. 2018 (1710.10196), section 3, there one number for all places and classes.
    """
    n = len(x)
    size = math.gcd(n, GROUP_IMAGES)
    order = c.argmax(dim=1).argsort(stable=True) if c.shape[1] else torch.arange(n, device=x.device)
    groups = x.float()[order].unflatten(0, (n // size, size))
    differ = (groups.var(dim=1, unbiased=False) + 1e-8).sqrt().mean(dim=1, keepdim=True)  # [n / size, 1, h, w]
    return torch.cat([x, differ.repeat_interleave(size, dim=0)[order.argsort()].to(x.dtype)], dim=1)


class ProjectedDiscriminator(nn.Module):
    """Images `[n, 3, h, w]` in ±1 (and c `[n, classes]`) to logits `[n, places]`, one tensor for colours and one a scale
    of every network.

    networks: frozen; they are read from their files again, and not part of what a checkpoint holds. size: (width, height).
    """

    def __init__(
        self, networks: Sequence[FeatureNetwork], size: tuple[int, int], classes: int, random: torch.Generator
    ) -> None:
        super().__init__()
        self.networks = tuple(networks)  # a tuple, so that their weights are not among our parameters
        self.mixings = nn.ModuleList(Mixing(network.config.widths, random) for network in networks)
        side = min(size)
        self.judges = nn.ModuleList(
            nn.ModuleList(Judge(max(1, side >> (k + 1)), classes) for k in range(len(network.config.widths)))
            for network in networks
        )
        self.colours = _fixed(3, MIXED_CHANNELS, 1, random)
        self.judge_of_colours = Judge(COLOUR_SIDE_PIXELS, classes)
        self._reduced = round(COLOUR_SIDE_PIXELS * size[1] / side), round(COLOUR_SIDE_PIXELS * size[0] / side)

    def forward(self, x: Tensor, c: Tensor) -> list[Tensor]:
        logits = [self.judge_of_colours(self.colours(F.adaptive_avg_pool2d(x, self._reduced)), c).float()]
        for network, mixing, judges in zip(self.networks, self.mixings, self.judges, strict=True):
            maps = mixing(network(x.contiguous(memory_format=torch.channels_last)))
            judged = zip(judges, maps, strict=True)  # type: ignore[call-overload]
            logits += [judge(seen, c).float() for judge, seen in judged]
        return logits
