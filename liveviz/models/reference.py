"""StyleGAN2 in torch as the papers write it: weights modulated and demodulated per sample, one grouped convolution.
It is slow, and it is the truth: the fast engines are compared with it, and training starts from it. Parameter and
buffer names are those of the file, so `state_dict()` is a generator file.

Sources: Karras et al. 2019 (1812.04948), 2020 (1912.04958: sections 2 and 3), 2020 (2006.06676).
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from liveviz.models.config import KERNEL, GeneratorConfig
from liveviz.models.generator import Generator

FIR = (1.0, 3.0, 3.0, 1.0)


def fir_kernel() -> Tensor:
    """The 4x4 low-pass filter, sum 1."""
    taps = torch.tensor(FIR)
    return torch.outer(taps, taps) / taps.sum().square()  # [4, 4]


def upsample(x: Tensor) -> Tensor:
    """Twice the size, filtered by the FIR, zero outside: `[n, c, h, w]` to `[n, c, 2h, 2w]`."""
    kernel = (fir_kernel() * 4.0).to(x)[None, None].expand(x.shape[1], 1, 4, 4)
    return F.conv_transpose2d(x, kernel, stride=2, padding=1, groups=x.shape[1])


def _normalise(x: Tensor) -> Tensor:
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


class FullyConnected(nn.Module):
    """A linear layer whose weights are stored with unit variance and scaled on use (equalised learning rate)."""

    def __init__(self, inputs: int, outputs: int, lr: float = 1.0, activate: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs))
        self.lr, self.activate = lr, activate

    def forward(self, x: Tensor) -> Tensor:
        x = F.linear(x, self.weight * (self.lr / math.sqrt(self.weight.shape[1])), self.bias * self.lr)
        return F.leaky_relu(x, 0.2) * math.sqrt(2.0) if self.activate else x


class MappingTorch(nn.Module):
    """z `[n, z_dim]` and c `[n, classes]` to w `[n, w_dim]`."""

    w_avg: Tensor

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        width = config.z_dim
        if config.classes:
            self.embed = FullyConnected(config.classes, config.w_dim)
            width += config.w_dim
        for n in range(config.mapping_layers):
            setattr(self, f"fc{n}", FullyConnected(width, config.w_dim, config.mapping_lr, activate=True))
            width = config.w_dim
        self.register_buffer("w_avg", torch.empty(config.w_dim))

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        x = _normalise(z)
        if self.config.classes:
            x = torch.cat([x, _normalise(self.embed(c))], dim=1)
        for n in range(self.config.mapping_layers):
            x = getattr(self, f"fc{n}")(x)
        return x

    def ws(self, w: Tensor, psi: float = 1.0, cutoff: int | None = None) -> Tensor:
        """ws `[n, num_ws, w_dim]`, the first `cutoff` rows (all by default) pulled towards w_avg."""
        ws = w[:, None].repeat(1, self.config.num_ws, 1)
        ws[:, :cutoff] = self.w_avg.lerp(ws[:, :cutoff], psi)
        return ws


class Layer(nn.Module):
    """One modulated 3x3 convolution, with noise, bias, leaky ReLU and clamp; `up` doubles the size first."""

    noise_const: Tensor

    def __init__(self, config: GeneratorConfig, inputs: int, outputs: int, resolution: int, up: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, KERNEL, KERNEL))
        self.bias = nn.Parameter(torch.empty(outputs))
        self.affine = FullyConnected(config.w_dim, inputs)
        self.register_buffer("noise_const", torch.empty(resolution, resolution))
        self.noise_strength = nn.Parameter(torch.empty([]))
        self.up, self.clamp = up, config.conv_clamp

    def forward(self, x: Tensor, w: Tensor, noise: Tensor) -> Tensor:
        n, inputs, height, width = x.shape
        outputs = self.weight.shape[0]
        weight = self.weight[None] * self.affine(w)[:, None, :, None, None]  # [n, O, I, 3, 3]
        weight = weight * (weight.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        x = x.reshape(1, n * inputs, height, width)
        if self.up:
            kernel = weight.transpose(1, 2).reshape(n * inputs, outputs, KERNEL, KERNEL)
            x = F.conv_transpose2d(x, kernel, stride=2, groups=n)  # [1, n * O, 2h + 1, 2w + 1]
            fir = (fir_kernel() * 4.0).to(x)[None, None].expand(n * outputs, 1, 4, 4)
            x = F.conv2d(x, fir, padding=1, groups=n * outputs)
        else:
            x = F.conv2d(x, weight.reshape(n * outputs, inputs, KERNEL, KERNEL), padding=KERNEL // 2, groups=n)
        x = x.reshape(n, outputs, x.shape[2], x.shape[3])
        x = x + noise * self.noise_strength + self.bias[:, None, None]
        x = F.leaky_relu(x, 0.2) * math.sqrt(2.0)
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


class ToRGB(nn.Module):
    """A modulated 1x1 convolution to the picture's channels, without demodulation."""

    def __init__(self, config: GeneratorConfig, inputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(config.img_channels, inputs, 1, 1))
        self.bias = nn.Parameter(torch.empty(config.img_channels))
        self.affine = FullyConnected(config.w_dim, inputs)
        self.clamp = config.conv_clamp

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        n, inputs, height, width = x.shape
        style = self.affine(w) / math.sqrt(inputs)
        weight = (self.weight[None] * style[:, None, :, None, None]).flatten(0, 1)  # [n * C, I, 1, 1]
        y = F.conv2d(x.reshape(1, n * inputs, height, width), weight, groups=n).reshape(n, -1, height, width)
        y = y + self.bias[:, None, None]
        return y if self.clamp is None else y.clamp(-self.clamp, self.clamp)


class Block(nn.Module):
    """All layers of one resolution; the first has a learned constant where the others have the block below."""

    def __init__(self, config: GeneratorConfig, resolution: int) -> None:
        super().__init__()
        width = config.channels(resolution)
        if resolution == 4:
            self.const = nn.Parameter(torch.empty(width, 4, 4))
        else:
            self.conv0 = Layer(config, config.channels(resolution // 2), width, resolution, up=True)
        self.conv1 = Layer(config, width, width, resolution, up=False)
        self.torgb = ToRGB(config, width)


class Synthesis(nn.Module):
    """ws `[n, num_ws, w_dim]` to pictures float32 `[n, img_channels, resolution, resolution]`, about ±1."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        for r in config.resolutions:
            setattr(self, f"b{r}", Block(config, r))

    def forward(
        self, ws: Tensor, noise: Sequence[Tensor] | None = None, bends: Mapping[int, Tensor] | None = None
    ) -> Tensor:
        """Synthesise.

        Args:
            noise: one field `[r, r]` (or `[n, 1, r, r]`) per convolution in order, before noise_strength; None takes
                the fields in the file.
            bends: by resolution, a sampling grid `[r, r, 2]` (or `[n, r, r, 2]`) that moves that block's activations
                before its toRGB and the block above.
        """
        fields = iter(noise) if noise is not None else None
        blocks: list[tuple[int, Block]] = [(r, getattr(self, f"b{r}")) for r in self.config.resolutions]
        x, img, row = blocks[0][1].const.expand(ws.shape[0], -1, -1, -1), None, 0
        for r, block in blocks:
            for layer in [block.conv1] if r == 4 else [block.conv0, block.conv1]:
                x = layer(x, ws[:, row], layer.noise_const if fields is None else next(fields))
                row += 1
            if bends is not None and r in bends:
                x = bend(x, bends[r])
            y = block.torgb(x, ws[:, row])
            img = y if img is None else upsample(img) + y
        assert img is not None
        return img


def bend(x: Tensor, grid: Tensor) -> Tensor:
    """Resample x `[n, c, h, w]` at `grid` `[h, w, 2]`: bilinear, reflecting outside."""
    grid = grid.to(x).expand(x.shape[0], -1, -1, -1)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


class Network(nn.Module):
    """The whole generator: `mapping` and `synthesis`."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = MappingTorch(config)
        self.synthesis = Synthesis(config)


def network(generator: Generator) -> Network:
    """The torch network with a generator's weights, on the CPU, without gradients, in float32."""
    net = Network(generator.config)
    # Arrays read from a file may be read-only, and torch would share them: copy.
    net.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in generator.weights.items()})
    return net.requires_grad_(False).eval()
