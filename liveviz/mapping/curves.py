"""Curves: how a 0-1 input travels to the 0-1 position in a route's range. All of them map 0-1 into 0-1, one number or an array
of them at once."""

import math
from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

STEEPNESS = 4.0  # e**4 = 55: the last fifth of an `exp` route does half of the way, as a fader in dB feels
_STEEPNESS_RANGE = math.expm1(STEEPNESS)

X = TypeVar("X", float, NDArray[np.float64])


def exp(x: X) -> X:
    """Slow at first, then steep: only loud moments show."""
    return cast(X, np.expm1(STEEPNESS * x) / _STEEPNESS_RANGE)


def log(x: X) -> X:
    """Steep at first, then flat: quiet moments show too. The inverse of `exp`."""
    return cast(X, np.log1p(_STEEPNESS_RANGE * x) / STEEPNESS)


def smooth(x: X) -> X:
    """Soft at both ends: 3x² - 2x³."""
    return x * x * (3.0 - 2.0 * x)


def wave(x: X) -> X:
    """Up and down again, 0 at 0, 1 at half, 0 at 1: makes one swing of a phase."""
    return cast(X, 0.5 - 0.5 * np.cos(2.0 * math.pi * x))


def linear(x: X) -> X:
    """As it is."""
    return x


Curve = Callable[[X], X]
CURVES: dict[str, Curve] = {
    "linear": linear,
    "exp": exp,
    "log": log,
    "smooth": smooth,
    "wave": wave,
}
