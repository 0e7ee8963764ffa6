"""Images in torch, as float32 in ±1 and as bytes: the one way there and the one way back that learning has."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from liveviz.spec import levels as formula


def to_bytes(images: Tensor) -> NDArray[np.uint8]:
    """uint8 of the same shape, from images in ±1 on any device; what lies outside becomes 0 or 255."""
    return formula.to_bytes(images.detach().cpu().numpy(), formula.Rounding.EVEN)


def from_bytes(levels: Tensor | NDArray[np.uint8], device: torch.device | str | None = None) -> Tensor:
    """float32 of the same shape, in ±1, from uint8; they travel to `device`, where one is named, as bytes."""
    found = torch.from_numpy(levels) if isinstance(levels, np.ndarray) else levels
    if device is not None:
        found = found.to(device)
    return found.float() / 127.5 - 1.0
