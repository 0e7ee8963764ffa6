"""Ripple: a layer waves from side to side, two waves from top to bottom."""

import math

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._piece import Piece

PARAMETER = Piece(-0.5, 0.5, 0.0, "heights", "Wave a layer from side to side, in image heights")
WAVES_PER_HEIGHT = 2.0


def warp(x: NDArray[np.float32], y: NDArray[np.float32], amount: float) -> tuple[NDArray, NDArray]:
    """x moves by a sine of y."""
    return x + np.float32(2.0 * amount) * np.sin(np.float32(math.pi * WAVES_PER_HEIGHT) * y), y
