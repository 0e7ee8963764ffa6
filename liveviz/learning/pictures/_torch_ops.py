"""The functions that `fields.paint` needs, in torch."""

import torch
from torch import Tensor
from torch.nn import functional as F

absolute, exp, floor, sqrt = torch.abs, torch.exp, torch.floor, torch.sqrt


def mix(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    """a where share is 0, b where it is 1."""
    return a + (b - a) * share


def clamp(x: Tensor, low: float, high: float) -> Tensor:
    """x within low and high."""
    return x.clamp(low, high)


def maximum(x: Tensor | float, y: Tensor | float) -> Tensor:
    """The larger one."""
    return torch.maximum(torch.as_tensor(x), torch.as_tensor(y))


def fract(x: Tensor) -> Tensor:
    """x minus the whole number below."""
    return x - torch.floor(x)


def smoothstep(low: float, high: float, x: Tensor) -> Tensor:
    """0 below low, 1 above high, smooth between."""
    t = ((x - low) / (high - low)).clamp(0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def slope(x: Tensor) -> Tensor:
    """Length of the gradient of x `[n, h, w]`, per pixel."""
    right = F.pad(x[:, :, 1:] - x[:, :, :-1], (0, 1, 0, 0), mode="replicate")
    down = F.pad((x[:, 1:, :] - x[:, :-1, :])[:, None], (0, 0, 0, 1), mode="replicate")[:, 0]
    return (right * right + down * down + 1e-12).sqrt()
