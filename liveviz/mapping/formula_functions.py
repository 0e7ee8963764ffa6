"""What formulas can do with numbers: every function by name, and the operators that need care. None of them raises, whatever
numbers it is given."""

import math
from collections.abc import Callable

HELD_WITHIN = 1e12
"""Numbers that functions with a period or a step take count as 0 beyond ± this."""


def divide(a: float, b: float) -> float:
    """a / b; 0 where b is 0."""
    return a / b if b else 0.0


def remainder(a: float, b: float) -> float:
    """What is left of a behind whole times b; 0 where b is 0."""
    return _held(a) % b if b else 0.0


def power(a: float, b: float) -> float:
    """a to the power of b; 0 where that is no number."""
    try:
        return math.pow(a, b)
    except (ValueError, OverflowError):  # of a negative number, or too large to be one
        return 0.0


def _held(x: float) -> float:
    return x if -HELD_WITHIN < x < HELD_WITHIN else 0.0


def _clip(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def _smoothstep(low: float, high: float, x: float) -> float:
    t = _clip(divide(x - low, high - low), 0.0, 1.0) if high != low else float(x >= low)
    return t * t * (3.0 - 2.0 * t)


def _mix(a: float, b: float, share: float) -> float:
    return a + (b - a) * share


def _fract(x: float) -> float:
    x = _held(x)
    return x - math.floor(x)


FUNCTIONS: dict[str, tuple[int, Callable[..., float], str]] = {
    "min": (-2, min, "the smallest of two or more"),
    "max": (-2, max, "the largest of two or more"),
    "clip": (3, _clip, "`clip(x, low, high)`: x, held between both"),
    "smoothstep": (3, _smoothstep, "`smoothstep(low, high, x)`: 0 below low, 1 above high, smooth between"),
    "mix": (3, _mix, "`mix(a, b, share)`: a where share is 0, b where it is 1"),
    "when": (3, lambda condition, a, b: a if condition else b, "`when(condition, a, b)`: a where it is not 0, else b"),
    "abs": (1, abs, "without its sign"),
    "floor": (1, lambda x: float(math.floor(_held(x))), "the whole number below"),
    "fract": (1, _fract, "what is left of it above that"),
    "sqrt": (1, lambda x: math.sqrt(x) if 0.0 < x < math.inf else 0.0, "the root; 0 below 0"),
    "sin": (1, lambda turns: math.sin(_fract(turns) * 2.0 * math.pi), "-1 to 1, of turns: 1 is once round"),
}
"""Name: (how many arguments, -n for n or more; what it does with them; in words)."""

COMPARISONS: dict[str, Callable[[float, float], float]] = {
    "<": lambda a, b: float(a < b),
    "<=": lambda a, b: float(a <= b),
    ">": lambda a, b: float(a > b),
    ">=": lambda a, b: float(a >= b),
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
}
