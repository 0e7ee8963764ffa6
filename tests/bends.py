"""Bending a bare layer, for tests: everything between a frame and activations, without a network about it."""

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
