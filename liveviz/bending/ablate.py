"""Ablate: channels of a layer go out; what they drew is no longer there. Meant for chosen channels or a random share of
them."""

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._channels import done
from liveviz.bending._piece import Piece

PARAMETER = Piece(0.0, 1.0, 0.0, "", "Fade channels of a layer out; 1 is without them")


def gain(amount: float, turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 1 to 0, one channel after the other."""
    return 1.0 - done(amount, turn)
