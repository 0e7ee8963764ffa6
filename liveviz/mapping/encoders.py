"""Encoders: knobs without ends, whose messages say how far they were turned and not where they stand. Makers write that in four
ways; `Detector` finds out which, or that a control says where it stands after all."""

import itertools
from collections.abc import Sequence

ENCODERS = ("twos_complement", "binary_offset", "sign_magnitude", "inc_dec")
STEP_RATIO = 1.0 / 127.0
"""Of the range, for one step: 127 steps go from end to end, as the values of a knob do."""
LARGEST_LEARNED_STEPS = 15
"""That an encoder says at once while it is learned; what says more is a knob."""
MOST_CANDIDATES = 16
MOST_VALUES = 64
"""That are kept of one control while it is not clear what it is."""
RISING_VALUES = 4
"""So many different values, each above or each below the one before, come from a knob."""

_BACK = 127  # one step back in two's complement


def steps(coding: str, x: float) -> int:
    """How many steps a message turns to the right, below 0 to the left.

    Args:
        coding: one of ENCODERS. x: value of the message, 0 to 1; one that has no 7 bits turns nothing.
    """
    value = round(x * 127.0)
    if abs(x * 127.0 - value) > 1e-6:
        return 0
    if coding == "binary_offset":
        return value - 64
    if coding == "sign_magnitude":
        return value if value < 64 else 64 - value
    if coding == "inc_dec":
        return 0 if value in (0, 64) else 1 if value < 64 else -1
    return value if value < 64 else value - 128


class Detector:
    """Which coding the controls have that move while one is learned.

    State: the newest values of each control that may still be an encoder.
    """

    def __init__(self) -> None:
        self._heard: dict[tuple[str, str], list[int]] = {}

    def forget(self) -> None:
        """Begin again."""
        self._heard.clear()

    def take(self, address: str, port: str, x: float) -> str | None:
        """The coding of the control that says `x`, empty where it is no encoder; None as long as both can be.

        An encoder is known when it was turned both ways; a knob as soon as it leaves what encoders say.
        """
        if not address.startswith("midi.cc."):
            return "" if x > 0.0 else None
        values = self._heard.setdefault((address, port), [])
        if not values and (x <= 0.0 or len(self._heard) > MOST_CANDIDATES):
            del self._heard[address, port]
            return None
        value = round(x * 127.0)
        if abs(x * 127.0 - value) > 1e-6 or not _may_be_steps(value):
            return ""
        values.append(value)
        del values[:-MOST_VALUES]
        return _coding(values)


def _may_be_steps(value: int) -> bool:
    return value not in (0, 64) and min(value, 128 - value, abs(value - 64)) <= LARGEST_LEARNED_STEPS


def _coding(values: Sequence[int]) -> str | None:
    """What values that can be steps are: an encoder's coding, empty for a knob, None for too few."""
    rises = [b - a for a, b in itertools.pairwise(values)]
    if len(rises) >= RISING_VALUES - 1 and (min(rises) > 0 or max(rises) < 0):
        return ""
    right = any(v <= LARGEST_LEARNED_STEPS for v in values)
    left = any(v >= 128 - LARGEST_LEARNED_STEPS for v in values)
    above = any(64 < v <= 64 + LARGEST_LEARNED_STEPS for v in values)
    below = any(64 - LARGEST_LEARNED_STEPS <= v < 64 for v in values)
    if right and left and not (above or below):
        return "inc_dec" if set(values) <= {1, _BACK} else "twos_complement"
    if right and above and not (left or below):
        return "sign_magnitude"
    if above and below and not (right or left):
        return "binary_offset"
    return "" if right + left + above + below > 1 else None
