"""A way through images: how an op whose window cannot change at run time (blur, dilate, erode) still takes a smooth
amount."""

from typing import Any

from liveviz.bending._ops import BendOperations


def as_light(o: BendOperations, x: Any, like: Any) -> Any:
    """x with the mean that every channel has in `like`: what was spread or cut leaves the image its light."""
    return o.add(o.subtract(x, o.middle(x)), o.middle(like))


def through(o: BendOperations, amount: Any, *levels: Any) -> Any:
    """Level 0 at amount 0, level 1 at 1 and so on, the straight way between them; amounts below 0 go on behind level 0.

    Args:
        amount: `[1, C, 1, 1]`. levels: each `[n, C, h, w]`. At amount 0, level 0 comes back exactly.
    """
    result = levels[0]
    for n in range(len(levels) - 1):
        share = o.clamp(o.subtract(amount, float(n)), 0.0 if n else -1.0, 1.0)
        result = o.add(result, o.multiply(o.subtract(levels[n + 1], levels[n]), share))
    return result
