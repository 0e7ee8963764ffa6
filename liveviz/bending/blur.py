"""Blur: a layer goes soft; below 0 it gets sharper."""

from typing import Any

from liveviz.bending._levels import through
from liveviz.bending._ops import BendOperations
from liveviz.bending._piece import Piece

PARAMETER = Piece(-1.0, 2.0, 0.0, "", "Soften a layer (above 0), or sharpen it (below)")


def nodes(o: BendOperations, x: Any, amount: Any) -> Any:
    """The mean of 3x3 pixels, then that of 3x3 of those means; behind 0, away from the first: an unsharp mask."""
    near = o.mean(x, 3)
    return through(o, amount, x, near, o.mean(near, 3))
