"""Threshold: a layer becomes on or off, nothing between; forms turn into cut-outs."""

from typing import Any

from liveviz.bending._levels import through
from liveviz.bending._ops import BendOperations
from liveviz.bending._piece import Piece

PARAMETER = Piece(0.0, 1.0, 0.0, "", "Turn a layer into on or off: 1 has nothing between")
THRESHOLD_ACTIVATION = 0.5
ON_ACTIVATION = 1.5  # about what a channel that is on has, so that the image keeps its strength


def nodes(o: BendOperations, x: Any, amount: Any) -> Any:
    """The straight way from x to ON_ACTIVATION where x is above THRESHOLD_ACTIVATION, and 0 elsewhere."""
    return through(o, amount, x, o.multiply(o.above(x, THRESHOLD_ACTIVATION), ON_ACTIVATION))
