"""What all programs of pictures share: the plane they draw on, soft edges, and the way one thing is laid over another.

A program never chooses colours. It says, per pixel, where on a colour ramp it stands (`ramp`, 0 dark to 1 white), how
bright that is (`shade`) and how much light is added (`glow`); a palette turns this into a picture afterwards. So one
shape comes in every palette, and a network can learn shapes without colours.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

Numbers = tuple[Tensor, ...]
MAPS = 5  # four places of the ramp, and glow


@dataclass(frozen=True)
class Plane:
    """Where the pixels are: x to the right and y up, `[1, h, w]`; r and theta are polar coordinates. y is within ±1, and x
    too where the picture is square: a wide one shows more to both sides."""

    x: Tensor
    y: Tensor
    r: Tensor
    theta: Tensor


@lru_cache(maxsize=16)
def plane(height: int, width: int, device: torch.device | str = "cpu") -> Plane:
    """The plane of a picture of `height` by `width` pixels, sampled at pixel centres."""
    down = (torch.arange(height, device=device) + 0.5) / height * 2.0 - 1.0
    along = ((torch.arange(width, device=device) + 0.5) * 2.0 - width) / height
    y, x = torch.meshgrid(-down, along, indexing="ij")
    x, y = x[None].contiguous(), y[None].contiguous()  # [1, height, width]
    return Plane(x, y, (x * x + y * y + 1e-4).sqrt(), torch.atan2(y, x))


@dataclass(frozen=True)
class Layers:
    """ramp 0 to 1, shade 0 to 1.4, glow 0 to 1.5: each `[n, h, w]`, or one that broadcasts to it."""

    ramp: Tensor
    shade: Tensor
    glow: Tensor

    def under(self, mask: Tensor, ramp: Tensor, shade: Tensor, glow: Tensor | float = 0.0) -> "Layers":
        """This with something laid over it where `mask` (0 to 1) is 1."""
        keep = 1.0 - mask
        return Layers(self.ramp * keep + ramp * mask, self.shade * keep + shade * mask, self.glow * keep + glow * mask)

    def lit(self, light: Tensor) -> "Layers":
        """This with more glow."""
        return Layers(self.ramp, self.shade, self.glow + light)


def inside(distance: Tensor, width: float = 0.012) -> Tensor:
    """1 where distance > 0, 0 where < 0, with an edge about `width` wide (0.0078 is a pixel at 256)."""
    return torch.sigmoid(distance * (2.0 / width))


def bump(distance: Tensor, width: Tensor | float) -> Tensor:
    """1 where distance is 0, falling off as a Gaussian of that width."""
    return torch.exp(-((distance / width) ** 2))


def rotated(x: Tensor, y: Tensor, angle: Tensor | float) -> tuple[Tensor, Tensor]:
    """x and y in axes turned by `angle` radians."""
    angle = torch.as_tensor(angle, device=x.device)
    c, s = torch.cos(angle), torch.sin(angle)
    return x * c + y * s, y * c - x * s


def zigzag(phase: Tensor, sharpness: float = 0.97) -> Tensor:
    """A triangle wave of period 2π in about ±1, its corners a little round."""
    return torch.asin(sharpness * torch.sin(phase)) * 0.68


@lru_cache(maxsize=64)
def _stars(rows: int, columns: int, count: int, seed: int, width: float, device: torch.device) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    p = plane(rows, columns, "cpu")
    light = torch.zeros_like(p.x)
    for _ in range(round(count * columns / rows)):
        x, y, power = torch.rand(3, generator=random).tolist()
        x = (2.0 * x - 1.0) * columns / rows
        light += (0.35 + 0.65 * power) * bump(((p.x - x) ** 2 + (p.y - 2 * y + 1) ** 2).sqrt(), width)
    return light.to(device)


def stars(p: Plane, count: int, seed: int, width: float = 0.02) -> Tensor:
    """The light of `count` soft stars (a square's) in fixed places, `[1, h, w]`."""
    rows, columns = p.x.shape[-2:]
    return _stars(rows, columns, count, seed, width, p.x.device)


def maps(layers: Layers) -> Tensor:
    """The five maps `[n, 5, h, w]`, ≥ 0, of which a picture is Σ palette_k · map_k: four hats of the ramp, and glow."""
    place, shade, glow = torch.broadcast_tensors(
        layers.ramp.clamp(0.0, 1.0) * 3.0, layers.shade.clamp(0.0, 1.3), layers.glow.clamp(0.0, 1.4)
    )
    hats = [(1.0 - (place - k).abs()).clamp(min=0.0) for k in range(4)]
    return torch.stack([h * h * (3.0 - 2.0 * h) * shade for h in hats] + [glow], dim=1)
