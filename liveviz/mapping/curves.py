"""Curves: how a 0-1 input travels to the 0-1 position in a route's range. All of them map 0-1 into 0-1."""

import math
from collections.abc import Callable

STEEPNESS = 4.0  # e**4 = 55: the last fifth of an `exp` route does half of the way, as a fader in dB feels
_STEEPNESS_RANGE = math.expm1(STEEPNESS)


def exp(x: float) -> float:
    """Slow at first, then steep: only loud moments show."""
    return math.expm1(STEEPNESS * x) / _STEEPNESS_RANGE


def log(x: float) -> float:
    """Steep at first, then flat: quiet moments show too. The inverse of `exp`."""
    return math.log1p(_STEEPNESS_RANGE * x) / STEEPNESS


def smooth(x: float) -> float:
    """Soft at both ends: 3x² - 2x³."""
    return x * x * (3.0 - 2.0 * x)


def wave(x: float) -> float:
    """Up and down again, 0 at 0, 1 at half, 0 at 1: makes one swing of a phase."""
    return 0.5 - 0.5 * math.cos(2.0 * math.pi * x)


def linear(x: float) -> float:
    """As it is."""
    return x


CURVES: dict[str, Callable[[float], float]] = {
    "linear": linear,
    "exp": exp,
    "log": log,
    "smooth": smooth,
    "wave": wave,
}
