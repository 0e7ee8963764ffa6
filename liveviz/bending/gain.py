"""Gain: a layer counts for more or for less. It costs nothing: it is multiplied into the styles of what reads the layer."""

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._piece import Piece

PARAMETER = Piece(-0.6, 0.8, 0.0, "×", "Strengthen a layer: 0.5 is half as much again; below 0 weaker")


def gain(amount: float, turn: NDArray[np.float64]) -> float:
    """The same factor for all channels."""
    return 1.0 + amount
