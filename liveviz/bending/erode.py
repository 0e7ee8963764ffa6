"""Erode: what is weak in a layer spreads over its neighbours; forms shrink to their cores."""

from typing import Any

from liveviz.bending._levels import as_light, through
from liveviz.bending._ops import BendOperations
from liveviz.bending._piece import Piece

PARAMETER = Piece(0.0, 1.0, 0.0, "pixels", "Let what is weak in a layer spread over its neighbours")


def nodes(o: BendOperations, x: Any, amount: Any) -> Any:
    """The smallest of 3x3 pixels: the largest of the negative. (Of 5x5, a layer of 8 pixels has nothing left.)"""
    least = o.multiply(o.largest(o.multiply(x, -1.0), 3), -1.0)
    return through(o, amount, x, as_light(o, least, x))
