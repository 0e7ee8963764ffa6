"""The network that is trained: a StyleGAN2 that draws fields, in a form that trains fast.

It is the stock generator with one thing left out that training by program needs not learn: styles of the fine layers,
whose rows of ws are the palette's alone. `export` puts them back, exactly. Fast form: activations are scaled instead of
weights, and an up-convolution with its FIR is one 3x3 convolution to four times the channels and a pixel shuffle.

Sources: Karras et al. 2020 (1912.04958); Shi et al. 2016 (1609.05158) for the shuffle.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from liveviz.fields import COLOURS, COUNT
from liveviz.learning.pictures import COARSE_NUMBERS, MIDDLE_NUMBERS, PALETTE_NUMBERS
from liveviz.models.stylegan.reference import fir_kernel

BLOCK_ROWS = (4, 8, 16, 32, 64, 128)
"""Rows of the blocks, one after the other."""
HEAD_ROWS = (32, 64, 128)
"""Blocks that draw: what one draws is added to the enlarged sum of those before it."""
SHAPE_W, PALETTE_W = 128, 96
"""Numbers of w that say the shape, and the palette."""
MAPPING_LAYERS = 4
"""Of each mapping network."""
COARSE_ROWS, MIDDLE_ROWS = 4, 4  # rows 0-3 and 4-7 of ws, as `spec.layers` has them
SHAPE_NUMBERS = COARSE_NUMBERS + MIDDLE_NUMBERS
"""Of z that say the shape."""


def channels(size: int) -> int:
    """Channels of the layers at `size` pixels."""
    return min(4096 // size, 128)


class Linear(nn.Module):
    """A linear layer of unit-variance weights, scaled on use; with `activate`, a leaky ReLU after it."""

    def __init__(self, inputs: int, outputs: int, bias: float = 0.0, activate: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.full([outputs], bias))
        self.activate = activate

    def forward(self, x: Tensor) -> Tensor:
        x = F.linear(x, self.weight / math.sqrt(self.weight.shape[1]), self.bias)
        return F.leaky_relu(x, 0.2) * math.sqrt(2.0) if self.activate else x


class Conv(nn.Module):
    """A modulated 3x3 convolution; `styled` False is one whose style is always 1."""

    phases: Tensor

    def __init__(self, inputs: int, outputs: int, up: bool, styled: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.affine = Linear(SHAPE_W, inputs, bias=1.0) if styled else None
        self.up = up
        self.register_buffer("phases", _phases(), persistent=False)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        outputs, inputs = self.weight.shape[:2]
        power = self.weight.square().sum(dim=(2, 3))  # [O, I]
        weight: Tensor = self.weight
        bias = self.bias * math.sqrt(2.0)  # the gain of the leaky ReLU goes in before it
        if self.affine is None:  # one scale for all samples: fold it in, large images are slow to pass over
            weight = weight * ((power.sum(dim=1) + 1e-8).rsqrt() * math.sqrt(2.0))[:, None, None, None]
        if self.up:
            weight = (weight.reshape(-1, 9) @ self.phases).reshape(outputs, inputs, 4, 3, 3)
            weight = weight.transpose(1, 2).reshape(outputs * 4, inputs, 3, 3)
        weight = weight.to(x.dtype).contiguous(memory_format=torch.channels_last)
        if self.affine is None:
            before = bias.repeat_interleave(4) if self.up else bias
            x = F.leaky_relu(F.conv2d(x, weight, before.to(x.dtype), padding=1), 0.2)
            return F.pixel_shuffle(x, 2) if self.up else x
        style = self.affine(w)  # [n, I]
        scale = (style.square() @ power.T + 1e-8).rsqrt() * math.sqrt(2.0)  # [n, O]
        x = F.conv2d(x * style.to(x.dtype)[:, :, None, None], weight, padding=1)
        x = F.pixel_shuffle(x, 2) if self.up else x
        x = torch.addcmul(bias.to(x.dtype)[None, :, None, None], x, scale.to(x.dtype)[:, :, None, None])
        return F.leaky_relu(x, 0.2)


def _phases() -> Tensor:
    """From a 3x3 kernel, flat, to the four 3x3 kernels of "transposed by 2, then FIR", flat: `[9, 36]`."""
    unit = torch.eye(9).reshape(9, 1, 3, 3)
    whole = F.conv2d(unit, fir_kernel().mul(4.0)[None, None], padding=3).flip([2, 3])[:, 0]  # [9, 6, 6]
    return torch.stack([whole[:, a::2, b::2] for a in (1, 0) for b in (1, 0)], dim=1).reshape(9, 36)


def upsample(x: Tensor) -> Tensor:
    """Twice the size by the FIR [1, 3, 3, 1], zero outside: bilinear of the image with a border of zeros."""
    return F.interpolate(F.pad(x, [1] * 4), scale_factor=2, mode="bilinear", align_corners=False)[..., 2:-2, 2:-2]


class Head(nn.Module):
    """From activations to fields, at every place by itself; float32."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(COUNT, inputs) * (0.3 / math.sqrt(inputs)))
        self.bias = nn.Parameter(torch.zeros(COUNT))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x.float(), self.weight[:, :, None, None], self.bias)


class FieldsNetwork(nn.Module):
    """Class and shape numbers to w, w to fields; and a palette network beside it.

    Args:
        classes: how many. columns: width of the constant, which is 4 high: 7 for images nearly as wide as 16:9.
    w_avg: running mean of w, `[SHAPE_W]`.
    """

    w_avg: Tensor

    def __init__(self, classes: int, columns: int = 4) -> None:
        super().__init__()
        self.classes, self.columns = classes, columns
        self.embed = Linear(classes, SHAPE_W)
        widths = [SHAPE_NUMBERS + SHAPE_W] + [SHAPE_W] * MAPPING_LAYERS
        self.shape = nn.Sequential(*(Linear(a, b, activate=True) for a, b in pairwise(widths)))
        with torch.no_grad():  # as loud as the class, though fewer
            next(self.shape.parameters())[:, :SHAPE_NUMBERS] *= math.sqrt(SHAPE_W / SHAPE_NUMBERS) / 2.0
        widths = [PALETTE_NUMBERS] + [PALETTE_W] * MAPPING_LAYERS
        self.palette_layers = nn.Sequential(*(Linear(a, b, activate=True) for a, b in pairwise(widths)))
        self.palette_out = Linear(PALETTE_W, COLOURS * 3)
        self.const = nn.Parameter(torch.randn(channels(4), 4, columns))
        self.conv0, self.conv1 = nn.ModuleDict(), nn.ModuleDict()
        for size in BLOCK_ROWS:
            if size > 4:
                self.conv0[str(size)] = Conv(channels(size // 2), channels(size), up=True, styled=size <= 64)
            self.conv1[str(size)] = Conv(channels(size), channels(size), up=False, styled=size < 64)
        self.head = nn.ModuleDict({str(size): Head(channels(size)) for size in HEAD_ROWS})
        self.register_buffer("w_avg", torch.zeros(SHAPE_W))

    def w(self, z: Tensor, classes: Tensor) -> Tensor:
        """The shape part of w, `[n, SHAPE_W]`, of normalised z `[n, z_dim]` and class indices `[n]`."""
        label = self.embed(F.one_hot(classes, self.classes).to(z.dtype))
        label = label * (label.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
        w: Tensor = self.shape(torch.cat([z[:, :SHAPE_NUMBERS], label], dim=1))
        return w

    def colours(self, numbers: Tensor) -> Tensor:
        """What the palette network has learned of `palettes.palette`: `[n, 10]` to `[n, 5, 3]`."""
        colours: Tensor = self.palette_out(self.palette_layers(numbers))
        return colours.reshape(-1, COLOURS, 3)

    def width(self, size: int) -> int:
        """Pixels of a row of an image `size` pixels high."""
        return size // 4 * self.columns

    def forward(self, coarse: Tensor, middle: Tensor, size: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Fields as they are stored, float32 `[n, channels, size, size / 4 * columns]` in ±1, of w `[n, SHAPE_W]` for the
        coarse and for the middle rows."""
        rows = iter([coarse] * COARSE_ROWS + [middle] * MIDDLE_ROWS + [middle] * 16)
        x = self.const.to(dtype).expand(coarse.shape[0], -1, -1, -1).contiguous(memory_format=torch.channels_last)
        drawn = None
        for s in BLOCK_ROWS[: BLOCK_ROWS.index(size) + 1]:
            if s > 4:
                x = self.conv0[str(s)](x, next(rows))
            x = self.conv1[str(s)](x, next(rows))
            if s in HEAD_ROWS:
                more = self.head[str(s)](x)
                drawn = more if drawn is None else upsample(drawn) + more
        assert drawn is not None, f"size: {size} is below {HEAD_ROWS[0]}"
        return drawn
