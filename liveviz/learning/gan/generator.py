"""StyleGAN2's generator in the form that trains fast: the parameters of `models.reference.Network`, so that what is
learned is a bundle as it stands, but styles scale activations instead of weights, and doubling the size is one
convolution with four outputs a pixel, its FIR folded in. A test holds both forms together.

Sources: Karras et al. 2019 (1812.04948: style mixing, noise), 2020 (1912.04958: modulation, skip, appendix B: start).
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from liveviz.models import GeneratorConfig
from liveviz.models.stylegan.reference import Network
from liveviz.models.stylegan.reference2 import Block, Layer, ToRGB, fir_kernel, upsample

ACTIVATION_LIMIT = 256.0
"""Activations are held within ± this while training, as float16 files expect."""
LEAKY_SLOPE, LEAKY_GAIN = 0.2, 2.0**0.5
"""Leaky ReLU: its slope below 0, and what restores the variance after it."""


@torch.no_grad()
def begin(config: GeneratorConfig, random: torch.Generator) -> Network:
    """A network with StyleGAN2's start: unit normal weights, biases 0 but 1 for styles, silent noise."""
    network = Network(config)
    for name, value in network.state_dict().items():  # in place: these are the tensors themselves
        if name.endswith(("noise_strength", "w_avg")):
            value.zero_()
        elif name.endswith("bias"):
            value.fill_(1.0 if ".affine." in name else 0.0)
        else:
            value.normal_(generator=random)
            if ".fc" in name:
                value.div_(config.mapping_lr)
    return network


@functools.cache
def doubling(device: torch.device) -> Tensor:
    """What doubling makes of a 3x3 kernel, a matrix `[9, 4 * 9]`: a kernel for each of the four pixels that one becomes."""
    unit = torch.eye(9).reshape(9, 1, 3, 3)
    full = F.conv2d(unit, fir_kernel()[None, None] * 4.0, padding=3)  # [9, 1, 6, 6]
    return (
        torch.stack([full[:, 0, p::2, q::2].flip(1, 2) for p in (0, 1) for q in (0, 1)], dim=1)
        .reshape(9, 36)
        .to(device)
    )


def doubled_kernel(weight: Tensor) -> Tensor:
    """`[4 O, I, 3, 3]` of weight `[O, I, 3, 3]`: a convolution, then a pixel shuffle, is a transposed one and the FIR."""
    o, i = weight.shape[:2]
    kernels = weight.reshape(o, i, 9) @ doubling(weight.device)
    return kernels.reshape(o, i, 4, 9).transpose(1, 2).reshape(4 * o, i, 3, 3)


def styled(layer: Layer, x: Tensor, w: Tensor, noise: Tensor) -> Tensor:
    """What `layer(x, w, noise)` gives, of a whole batch in one convolution."""
    with torch.autocast(w.device.type, enabled=False):  # styles are few, and every digit of them is seen
        style = layer.affine(w)  # [n, I]
        scale = (style.square() @ layer.weight.square().sum(dim=(2, 3)).T + 1e-8).rsqrt()  # [n, O]
        weight = doubled_kernel(layer.weight) if layer.up else layer.weight
    x = F.conv2d(x * style[:, :, None, None].to(x.dtype), weight, padding=1)
    if layer.up:
        x = F.pixel_shuffle(x, 2)
    # The gain goes through the activation, so it is given to what is small: passes over x are what costs.
    bias, scale = layer.bias[:, None, None] * LEAKY_GAIN, scale[:, :, None, None] * LEAKY_GAIN
    x = torch.addcmul(bias.to(x.dtype), x, scale.to(x.dtype)) + (noise * (layer.noise_strength * LEAKY_GAIN)).to(
        x.dtype
    )
    x = F.leaky_relu(x, LEAKY_SLOPE)
    return x if layer.clamp is None else F.hardtanh(x, -layer.clamp, layer.clamp)


def coloured(torgb: ToRGB, x: Tensor, w: Tensor) -> Tensor:
    """What `torgb(x, w)` gives, float32."""
    with torch.autocast(w.device.type, enabled=False):
        style = torgb.affine(w) / torgb.weight.shape[1] ** 0.5
    y = F.conv2d(x * style[:, :, None, None].to(x.dtype), torgb.weight).float() + torgb.bias[:, None, None]
    return y if torgb.clamp is None else y.clamp(-torgb.clamp, torgb.clamp)


def layers(network: Network) -> list[Layer]:
    """All convolutions in order: what needs a noise field."""
    blocks = [getattr(network.synthesis, f"b{r}") for r in network.config.resolutions]
    return [block.conv1 if n == 0 else layer for n, block in enumerate(blocks) for layer in _of(block, n)]


def _of(block: Block, n: int) -> list[Layer]:
    return [block.conv1] if n == 0 else [block.conv0, block.conv1]


def noises(network: Network, count: int, random: torch.Generator) -> list[Tensor]:
    """A random field `[count, 1, h, w]` per convolution, where `random` is."""
    shapes = [(count, 1, *layer.noise_const.shape) for layer in layers(network)]
    return [torch.randn(shape, generator=random, device=random.device) for shape in shapes]


@dataclass(frozen=True)
class Level:
    """What a network has made up to one resolution.

    hidden: behind the first of two convolutions, None at the lowest. out: behind the last, what a bend can reach.
    img: the image so far, float32 `[n, C, h, w]`.
    """

    resolution: int
    hidden: Tensor | None
    out: Tensor
    img: Tensor


@dataclass(frozen=True)
class Window:
    """A part of the image, in pixels of level `resolution`: above it nothing else is drawn."""

    resolution: int
    top: int
    left: int
    height: int
    width: int

    def of(self, x: Tensor, resolution: int) -> Tensor:
        """That part of what is `[..., h, w]` at a level."""
        k = resolution / self.resolution
        top, left, height, width = (int(n * k) for n in (self.top, self.left, self.height, self.width))
        return x[..., top : top + height, left : left + width]


def levels(
    network: Network, ws: Tensor, noise: Sequence[Tensor] | None = None, window: Window | None = None
) -> Iterator[Level]:
    """`synthesize`, resolution by resolution, coarse first: who needs no more, stops.

    window: what is drawn above its level; what is nearer than 12 pixels to its sides lacks its neighbours at level
        4 * its own, and 6 at 2 * its own.
    """
    fields = iter(noise if noise is not None else [layer.noise_const for layer in layers(network)])
    x: Tensor | None = None
    img, row = None, 0
    for n, r in enumerate(network.config.resolutions):
        block: Block = getattr(network.synthesis, f"b{r}")
        if x is None:
            x = block.const.expand(ws.shape[0], -1, -1, -1).contiguous(memory_format=torch.channels_last)
        made = []
        for layer in _of(block, n):
            field = next(fields)
            x = styled(layer, x, ws[:, row], field if window is None or r <= window.resolution else window.of(field, r))
            made.append(x)
            row += 1
        y = coloured(block.torgb, x, ws[:, row])
        img = y if img is None else upsample(img) + y
        yield Level(r, made[0] if n else None, x, img)
        if window is not None and r == window.resolution:
            x, img = window.of(x, r), window.of(img, r)


def synthesize(network: Network, ws: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
    """Images float32 `[n, C, h, w]` of ws `[n, num_ws, w_dim]`, as `network.synthesis(ws, noise)`.

    Under autocast its convolutions run in that type; colours are summed in float32.
    """
    *_, last = levels(network, ws, noise)
    return last.img


def mixed(first: Tensor, second: Tensor, cut: Tensor, num_ws: int) -> Tensor:
    """ws `[n, num_ws, w_dim]`: rows below `cut` `[n]` from first `[n, w_dim]`, the others from second."""
    rows = torch.arange(num_ws, device=first.device)[None, :, None]
    return torch.where(rows < cut[:, None, None], first[:, None], second[:, None])
