"""Twirl: a layer turns most in its middle and not at its corners, as water round a drain."""

import math

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._piece import Piece

PARAMETER = Piece(-1.0, 1.0, 0.0, "turns", "Twist a layer about its middle, clockwise above 0, in full turns")


def warp(x: NDArray[np.float32], y: NDArray[np.float32], amount: float) -> tuple[NDArray, NDArray]:
    """The angle falls with the square of the distance, from `amount` in the middle to 0 at the corners."""
    fall = np.maximum(np.float32(1.0) - (x * x + y * y) / np.float32(2.0), np.float32(0.0))
    angle = np.float32(2.0 * math.pi * amount) * fall * fall
    cos, sin = np.cos(angle), np.sin(angle)
    return cos * x + sin * y, cos * y - sin * x
