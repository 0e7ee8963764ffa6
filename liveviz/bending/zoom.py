"""Zoom: 0.3 brings a layer 30 % closer, below 0 it moves away and mirrors fill the sides."""

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._piece import Piece

PARAMETER = Piece(-0.9, 0.7, 0.0, "×", "Zoom a layer: 0.3 is 30 % closer, below 0 farther away")


def warp(x: NDArray[np.float32], y: NDArray[np.float32], amount: float) -> tuple[NDArray, NDArray]:
    """A smaller part of the layer fills it: coordinates shrink by 1 - amount."""
    scale = np.float32(1.0 - amount)
    return x * scale, y * scale
