"""Dilate: what is strong in a layer spreads over its neighbours; forms swell and their edges round off."""

from typing import Any

from liveviz.bending._levels import as_light, through
from liveviz.bending._ops import BendOperations
from liveviz.bending._piece import Piece

PARAMETER = Piece(0.0, 2.0, 0.0, "pixels", "Let what is strong in a layer spread over its neighbours")


def nodes(o: BendOperations, x: Any, amount: Any) -> Any:
    """The largest of 3x3, then of 5x5 pixels."""
    near = o.largest(x, 3)
    return through(o, amount, x, as_light(o, near, x), as_light(o, o.largest(near, 3), x))
