"""Rotate: 0.25 turns a layer a quarter clockwise about its middle."""

import math

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._piece import Piece

PARAMETER = Piece(-1.0, 1.0, 0.0, "turns", "Turn a layer clockwise (above 0) or back, in full turns")


def warp(x: NDArray[np.float32], y: NDArray[np.float32], amount: float) -> tuple[NDArray, NDArray]:
    """y points down, so that turning the points back by the angle turns the image clockwise."""
    angle = 2.0 * math.pi * amount
    cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    return cos * x + sin * y, cos * y - sin * x
