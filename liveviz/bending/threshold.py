"""Threshold: a layer becomes on or off, nothing between; forms turn into cut-outs."""

from typing import Any

from liveviz.bending._levels import through
from liveviz.bending._ops import BendOperations
from liveviz.bending._piece import Piece

PARAMETER = Piece(0.0, 1.0, 0.0, "", "Turn a layer into on or off: 1 has nothing between")
LEVEL = 0.5
ON = 1.5  # about what a channel that is on has, so that the picture keeps its strength


def nodes(o: BendOperations, x: Any, amount: Any) -> Any:
    """The straight way from x to ON where x is above LEVEL, and 0 elsewhere."""
    return through(o, amount, x, o.multiply(o.above(x, LEVEL), ON))
