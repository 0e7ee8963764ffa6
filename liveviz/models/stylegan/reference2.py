"""The synthesis network of StyleGAN2 in torch as the papers write it: weights modulated and demodulated per sample, one
grouped convolution. `models.reference` has the way in.

Sources: Karras et al. 2019 (1812.04948), 2020 (1912.04958: sections 2 to 4), 2020 (2006.06676: half precision).
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from liveviz.models.stylegan import layers2
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.models.stylegan.layers2 import KERNEL_SIZE
from liveviz.models.stylegan.reference_parts import Bend, FullyConnected

FIR = (1.0, 3.0, 3.0, 1.0)


def fir_kernel() -> Tensor:
    """The 4x4 low-pass filter, sum 1."""
    taps = torch.tensor(FIR)
    return torch.outer(taps, taps) / taps.sum().square()  # [4, 4]


def _summed_in(x: Tensor) -> torch.dtype:
    """What a convolution of x is summed in, before the result is rounded to the precision of x: float32 for half
    precision. GPUs do so by themselves; what torch does on a CPU depends on the processor."""
    return torch.promote_types(x.dtype, torch.float32) if x.device.type == "cpu" else x.dtype


def _conv(x: Tensor, weight: Tensor, padding: int = 0, groups: int = 1) -> Tensor:
    """A convolution in the precision of x."""
    exact = _summed_in(x)
    return F.conv2d(x.to(exact), weight.to(exact), padding=padding, groups=groups).to(x.dtype)


def _transposed(x: Tensor, weight: Tensor, padding: int = 0, groups: int = 1) -> Tensor:
    """A transposed one, of stride 2."""
    exact = _summed_in(x)
    return F.conv_transpose2d(x.to(exact), weight.to(exact), stride=2, padding=padding, groups=groups).to(x.dtype)


def upsample(x: Tensor) -> Tensor:
    """Twice the size, filtered by the FIR, zero outside: `[n, c, h, w]` to `[n, c, 2h, 2w]`."""
    kernel = (fir_kernel() * 4.0).to(x)[None, None].expand(x.shape[1], 1, 4, 4)
    return _transposed(x, kernel, padding=1, groups=x.shape[1])


def _double(x: Tensor, weight: Tensor, groups: int) -> Tensor:
    """Transposed 3x3 convolution to twice the size, then the FIR: `[n, I, h, w]` to `[n, O * groups, 2h, 2w]`."""
    x = _transposed(x, weight, groups=groups)  # [n, O, 2h + 1, 2w + 1]
    fir = (fir_kernel() * 4.0).to(x)[None, None].expand(x.shape[1], 1, 4, 4)
    return _conv(x, fir, padding=1, groups=x.shape[1])


class Layer(nn.Module):
    """One modulated 3x3 convolution, with noise, bias, leaky ReLU and clamp; `up` doubles the size first.

    x in half precision is kept in half precision throughout, weights and styles scaled first so that nothing overflows
    (2006.06676, appendix D.1); its roundings are those of a batch of two images or more in the original. Convolutions
    of it are summed in float32 and rounded once, on every processor.
    """

    noise_const: Tensor

    def __init__(
        self, config: GeneratorConfig, inputs: int, outputs: int, size: tuple[int, int], up: bool, gain: float = 1.0
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, KERNEL_SIZE, KERNEL_SIZE))
        self.bias = nn.Parameter(torch.empty(outputs))
        self.affine = FullyConnected(config.w_dim, inputs)
        self.register_buffer("noise_const", torch.empty(size))
        self.noise_strength = nn.Parameter(torch.empty([]))
        self.up, self.gain = up, gain
        self.clamp = None if config.conv_clamp is None else config.conv_clamp * gain

    def forward(self, x: Tensor, w: Tensor, noise: Tensor, filters: Tensor | None = None) -> Tensor:
        noise = noise * self.noise_strength
        if x.dtype == torch.float16:
            x = self._half(x, w, noise, filters)
        else:
            x = self._modulated(x, w)
            x = (x if filters is None else x * filters[:, None, None]) + noise
        x = x + self.bias.to(x.dtype)[:, None, None]
        x = F.leaky_relu(x, 0.2) * (math.sqrt(2.0) * self.gain)
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)

    def _modulated(self, x: Tensor, w: Tensor) -> Tensor:
        n, inputs, height, width = x.shape
        outputs = self.weight.shape[0]
        weight = self.weight[None] * self.affine(w)[:, None, :, None, None]  # [n, O, I, 3, 3]
        weight = weight * (weight.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        x = x.reshape(1, n * inputs, height, width)
        if self.up:
            x = _double(x, weight.transpose(1, 2).reshape(n * inputs, outputs, KERNEL_SIZE, KERNEL_SIZE), n)
        else:
            x = _conv(
                x, weight.reshape(n * outputs, inputs, KERNEL_SIZE, KERNEL_SIZE), padding=KERNEL_SIZE // 2, groups=n
            )
        return x.reshape(n, outputs, x.shape[2], x.shape[3])

    def _half(self, x: Tensor, w: Tensor, noise: Tensor, filters: Tensor | None) -> Tensor:
        s = self.affine(w)  # [n, I]
        s = s / s.abs().amax(dim=1, keepdim=True)
        largest = self.weight.abs().amax(dim=(1, 2, 3), keepdim=True)  # [O, 1, 1, 1]
        weight = self.weight * (1.0 / math.sqrt(self.weight[0].numel()) / largest)
        d = ((weight[None] * s[:, None, :, None, None]).square().sum(dim=(2, 3, 4)) + 1e-8).rsqrt()  # [n, O]
        d = d if filters is None else d * filters
        x = x * s.to(x.dtype)[:, :, None, None]
        weight = weight.to(x.dtype)
        x = _double(x, weight.transpose(0, 1), 1) if self.up else _conv(x, weight, padding=KERNEL_SIZE // 2)
        return torch.addcmul(noise.to(x.dtype), x, d.to(x.dtype)[:, :, None, None])


class ToRGB(nn.Module):
    """A modulated 1x1 convolution to the image's channels, without demodulation; the result is float32."""

    def __init__(self, config: GeneratorConfig, inputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(config.img_channels, inputs, 1, 1))
        self.bias = nn.Parameter(torch.empty(config.img_channels))
        self.affine = FullyConnected(config.w_dim, inputs)
        self.clamp = config.conv_clamp

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.affine(w) / math.sqrt(x.shape[1])
        y = _conv(x * style.to(x.dtype)[:, :, None, None], self.weight.to(x.dtype))
        y = y + self.bias.to(x.dtype)[:, None, None]
        return (y if self.clamp is None else y.clamp(-self.clamp, self.clamp)).float()


class Skip(nn.Module):
    """The way around a residual block: a 1x1 convolution, twice the size, scaled so that the sum keeps its variance."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight / math.sqrt(self.weight.shape[1])
        return upsample(_conv(x, weight.to(x.dtype))) * math.sqrt(0.5)


class Block(nn.Module):
    """All layers of one resolution; the first has a learned constant where the others have the block below."""

    def __init__(self, config: GeneratorConfig, block: layers2.Block, fp16: bool) -> None:
        super().__init__()
        self.place, self.dtype = block, torch.float16 if fp16 else torch.float32
        size, gain = (block.height, block.width), math.sqrt(0.5) if block.skip else 1.0
        if block.inputs:
            self.conv0 = Layer(config, block.inputs, block.outputs, size, up=True)
        else:
            self.const = nn.Parameter(torch.empty(block.outputs, *size))
        self.conv1 = Layer(config, block.outputs, block.outputs, size, up=False, gain=gain)
        if block.torgb:
            self.torgb = ToRGB(config, block.outputs)
        if block.skip:
            self.skip = Skip(block.inputs, block.outputs)

    def forward(
        self, x: Tensor | None, ws: Tensor, noise: Iterator[Tensor] | None, filters: Sequence[Tensor] | None = None
    ) -> Tensor:
        """Activations `[n, outputs, height, width]` of those of the block below, None for the first."""
        x = self.const.expand(ws.shape[0], -1, -1, -1) if x is None else x
        x = around = x.to(self.dtype)
        for row, name in enumerate(self.place.convs, self.place.row):
            layer: Layer = getattr(self, name)
            factor = None if filters is None else filters[row - self.place.row]
            x = layer(x, ws[:, row], layer.noise_const if noise is None else next(noise), factor)
        return x + self.skip(around) if self.place.skip else x


class Synthesis(nn.Module):
    """ws `[n, num_ws, w_dim]` to images float32 `[n, img_channels, height, width]`, about ±1.

    fp16: run the finest `num_fp16_res` resolutions, of 8 pixels and more, in half precision.
    """

    def __init__(self, config: GeneratorConfig, fp16: bool = False) -> None:
        super().__init__()
        self.config = config
        lowest = max((2 * config.resolution) >> config.num_fp16_res, 8) if fp16 else 2 * config.resolution
        self.names = []
        for block in layers2.blocks(config):
            self.names.append(block.name.rsplit(".", 1)[1])
            setattr(self, self.names[-1], Block(config, block, block.resolution >= lowest))

    def forward(
        self,
        ws: Tensor,
        noise: Sequence[Tensor] | None = None,
        bends: Mapping[int, Bend] | None = None,
        filters: Mapping[int, Sequence[Tensor]] | None = None,
    ) -> Tensor:
        """Synthesise.

        Args:
            noise: one field `[h, w]` (or `[n, 1, h, w]`) per convolution in order, before noise_strength; None takes
                the fields in the file.
            bends: by layer, what becomes of a block's activations before its toRGB and the block above.
            filters: by layer, a factor `[O]` for the filters of each of its convolutions, behind the demodulation.
        """
        fields = iter(noise) if noise is not None else None
        x, img = None, None
        for name in self.names:
            block: Block = getattr(self, name)
            x = block(x, ws, fields, (filters or {}).get(block.place.resolution))
            if bends is not None and block.place.resolution in bends:
                x = bends[block.place.resolution](x)
            if block.place.torgb:
                y = block.torgb(x, ws[:, block.place.row + len(block.place.convs)])
                img = y if img is None else upsample(img) + y
        assert img is not None
        return img
