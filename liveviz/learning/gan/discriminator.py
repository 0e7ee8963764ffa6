"""StyleGAN2's discriminator: residual blocks that halve the size, a look at how much the images of a batch differ, and
one number an image. With classes it is asked whether an image is real and of that class.

Sources: Karras et al. 2020 (1912.04958), section 4 and appendix B; Karras et al. 2018 (1710.10196), section 3
(deviation over the batch); Miyato & Koyama 2018 (1802.05637: classes by projection).
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from liveviz.models.stylegan.reference2 import fir_kernel

GROUP_IMAGES = 4  # images whose deviation is taken
LEAKY_SLOPE, LEAKY_GAIN, SUM_GAIN = 0.2, 2.0**0.5, 0.5**0.5
"""Leaky ReLU: its slope below 0, and what restores the variance after it and after a sum of two."""


class Conv(nn.Module):
    """A convolution with equalised learning rate, times `gain`; `down` filters by the FIR and halves the size.

    What comes after (an activation and its gain, the mean of two branches) is for the gain: leaky ReLU lets it through,
    and a factor of the weights costs nothing beside one of the maps.
    """

    fir: Tensor | None

    def __init__(
        self, inputs: int, outputs: int, kernel: int, bias: bool = True, down: bool = False, gain: float = 1.0
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.gain, self.scale = gain, gain / math.sqrt(inputs * kernel * kernel)
        self.register_buffer("fir", fir_kernel()[None, None] if down else None, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        weight, k = self.weight * self.scale, self.weight.shape[-1]
        bias = None if self.bias is None else self.bias * self.gain
        if self.fir is None:
            return F.conv2d(x, weight, bias, padding=k // 2)
        fir = self.fir.expand(x.shape[1], 1, 4, 4)
        return F.conv2d(F.conv2d(x, fir, padding=(k + 1) // 2, groups=x.shape[1]), weight, bias, stride=2)


class Linear(nn.Module):
    """A linear layer with equalised learning rate."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight / math.sqrt(self.weight.shape[1]), self.bias)


def activate(x: Tensor) -> Tensor:
    """Leaky ReLU with its gain."""
    return F.leaky_relu(x, LEAKY_SLOPE) * LEAKY_GAIN


class Halving(nn.Module):
    """One residual block: what is new and what was there, each by the square root of a half."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = Conv(inputs, inputs, 3, gain=LEAKY_GAIN)
        self.second = Conv(inputs, outputs, 3, down=True, gain=LEAKY_GAIN * SUM_GAIN)
        self.skip = Conv(inputs, outputs, 1, bias=False, gain=SUM_GAIN)

    def forward(self, x: Tensor) -> Tensor:
        y = F.leaky_relu(self.first(x), LEAKY_SLOPE)
        return F.leaky_relu(self.second(y), LEAKY_SLOPE) + self.skip(F.avg_pool2d(x, 2))


def deviation(x: Tensor) -> Tensor:
    """x with one channel more: how much the images of its group differ, one number a group."""
    n, _, h, w = x.shape
    size = math.gcd(n, GROUP_IMAGES)
    groups = x.float().reshape(size, n // size, -1)
    spread = (groups.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=1)  # [n / size]
    return torch.cat([x, spread.repeat(size)[:, None, None, None].expand(n, 1, h, w).to(x.dtype)], dim=1)


class Discriminator(nn.Module):
    """Images `[n, 3, h, w]` in ±1 (and c `[n, classes]`) to logits `[n, 1]`, above 0 for real; a list of one, as others
    judge at several scales.

    Args:
        widths: channels at full size, at half of it, and so on down to the last size.
        last: (height, width) of the last size.
    """

    def __init__(self, widths: Sequence[int], last: tuple[int, int], classes: int) -> None:
        super().__init__()
        self.rgb = Conv(3, widths[0], 1, gain=LEAKY_GAIN)
        self.blocks = nn.ModuleList(Halving(i, o) for i, o in pairwise(widths))
        width = widths[-1]
        self.conv = Conv(width + 1, width, 3, gain=LEAKY_GAIN)
        self.full = Linear(width * last[0] * last[1], width)
        self.out = Linear(width, width if classes else 1)
        self.embed = Linear(classes, width) if classes else None

    def forward(self, x: Tensor, c: Tensor) -> list[Tensor]:
        x = F.leaky_relu(self.rgb(x.contiguous(memory_format=torch.channels_last)), LEAKY_SLOPE)
        for block in self.blocks:
            x = block(x)
        x = F.leaky_relu(self.conv(deviation(x)), LEAKY_SLOPE)
        with torch.autocast(x.device.type, enabled=False):  # a verdict has more digits than bfloat16
            return [self._verdict(x.flatten(1).float(), c)]

    def _verdict(self, x: Tensor, c: Tensor) -> Tensor:
        x = self.out(activate(self.full(x)))
        if self.embed is None:
            return x
        key = self.embed(c)
        key = key * (key.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
        return (x * key).sum(dim=1, keepdim=True) / math.sqrt(x.shape[1])
