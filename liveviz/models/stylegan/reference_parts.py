"""What the reference networks of both architectures are made of: scaled linear layers, the mapping network, resampling."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from liveviz.models.stylegan.config import GeneratorConfig

Bend = Callable[[Tensor], Tensor]  # activations [n, c, h, w] to activations of that shape


def normalise(x: Tensor) -> Tensor:
    """Rows scaled to a second moment of 1."""
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
        x = normalise(z)
        if self.config.classes:
            x = torch.cat([x, normalise(self.embed(c))], dim=1)
        for n in range(self.config.mapping_layers):
            x = getattr(self, f"fc{n}")(x)
        return x

    def ws(self, w: Tensor, psi: float = 1.0, cutoff: int | None = None) -> Tensor:
        """ws `[n, num_ws, w_dim]`, the first `cutoff` rows (all by default) pulled towards w_avg."""
        ws = w[:, None].repeat(1, self.config.num_ws, 1)
        ws[:, :cutoff] = self.w_avg.lerp(ws[:, :cutoff], psi)
        return ws


def bend(x: Tensor, grid: Tensor) -> Tensor:
    """Resample x `[n, c, h, w]` at `grid` `[h, w, 2]`: bilinear, reflecting outside."""
    grid = grid.to(x).expand(x.shape[0], -1, -1, -1)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
