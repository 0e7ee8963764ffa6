"""Bending a bare layer, for tests: everything between a frame and activations, without a network about it."""

import math
from collections.abc import Callable

import numpy as np
import torch
from heart import frame, plain_generator
from numpy.typing import NDArray
from torch import Tensor

from liveviz import bending
from liveviz.engine.bends_torch import TorchOperations
from liveviz.models import Generator, GeneratorConfig
from liveviz.spec import BendSetting, Channels, ParameterFrame

# Of StyleGAN2's layers, a wide one's, a StyleGAN3's with its margins, and the smallest.
SIZES = [(4, 4), (16, 16), (5, 3), (8, 14), (36, 36)]


def setting(op: str, amount: float, channels: Channels | None = None, layer: int = 0) -> BendSetting:
    """A bend of the layer that `run` bends."""
    return BendSetting(op, layer, amount, channels or Channels())


def layer(channels: int, height: int, width: int, folds: bool = True) -> bending.LayerShape:
    """A layer of one convolution."""
    return bending.LayerShape(channels, height, width, (channels,), folds)


def run(x: Tensor, shown: ParameterFrame, folds: bool = True) -> Tensor:
    """x `[1, C, h, w]`, the activations of layer 0, bent as `shown` says; filters are left out."""
    channels, height, width = x.shape[1:]
    layers = {0: layer(channels, height, width, folds)}
    topology = bending.stages(shown.bends, layers)
    moved = bending.Bends(topology, layers).step(shown)
    inputs = {name: torch.from_numpy(np.array(value)) for name, value in moved.inputs.items()}
    made = bending.build(TorchOperations(), x, 0, topology, inputs)
    if 0 in moved.gains:
        made = made * torch.from_numpy(moved.gains[0])[:, None, None].to(x.dtype)
    if 0 in moved.filters:  # seen here as a factor of what the filters made
        made = made * torch.from_numpy(moved.filters[0][0])[:, None, None].to(x.dtype)
    return made


def bent(x: NDArray, *settings: BendSetting) -> NDArray:
    """x `[C, h, w]` bent."""
    return run(torch.from_numpy(x)[None], frame(bends=settings))[0].numpy()


def any_generator(config: GeneratorConfig) -> Generator:
    """A plain generator; of a StyleGAN3, with filters and magnitudes as training leaves them."""
    made = plain_generator(config, 3)
    weights = dict(made.weights)
    for name, shape in config.shapes().items():
        if name.endswith("magnitude_ema"):
            weights[name] = np.ones(shape, np.float32)
        elif name.endswith(("up_filter", "down_filter")):
            taps = np.hanning(shape[0] + 2)[1:-1] / np.hanning(shape[0] + 2).sum()
            weights[name] = (taps if len(shape) == 1 else np.outer(taps, taps)).astype(np.float32)
        elif name == "synthesis.input.transform":
            weights[name] = np.eye(3, dtype=np.float32)
    return Generator(config, weights, made.name)


def image(seed: int = 0, height: int = 16, width: int = 16) -> NDArray:
    """Random activations `[height, width]`."""
    return np.random.RandomState(seed).randn(height, width).astype(np.float32)


def one(x: NDArray, *settings: BendSetting) -> NDArray:
    """x `[h, w]` as the only channel of a layer, bent."""
    return bent(x[None], *settings)[0]


def resample(x: NDArray, grid: NDArray) -> NDArray:
    """Bilinear sampling of x `[h, w]` that reflects at the image's edge, pixel by pixel, as slow as it is plain."""

    def pixel(i: int, size: int) -> int:
        i %= 2 * size
        return i if i < size else 2 * size - 1 - i

    out = np.zeros_like(x)
    for row, column in np.ndindex(*x.shape):
        px, py = ((float(v) + 1.0) * s / 2.0 - 0.5 for v, s in zip(grid[row, column], x.shape[::-1], strict=True))
        left, top = math.floor(px), math.floor(py)
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
            share = (1 - abs(px - left - dx)) * (1 - abs(py - top - dy))
            out[row, column] += share * x[pixel(top + dy, x.shape[0]), pixel(left + dx, x.shape[1])]
    return out


def window(x: NDArray, size: int, what: Callable[[NDArray], float]) -> NDArray:
    """`what` of the pixels within size // 2 of each, those outside left out."""
    out, half = np.empty_like(x), size // 2
    for row, column in np.ndindex(*x.shape):
        part = x[max(row - half, 0) : row + half + 1, max(column - half, 0) : column + half + 1]
        out[row, column] = what(part)
    return out
