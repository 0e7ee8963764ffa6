"""Invert: channels of a layer turn into their negative; half-way there they are silent."""

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._channels import done
from liveviz.bending._piece import Piece

PARAMETER = Piece(0.0, 1.0, 0.0, "", "Turn channels of a layer into their negative")


def gain(amount: float, turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 1 to -1, one channel after the other."""
    return 1.0 - 2.0 * done(amount, turn)
