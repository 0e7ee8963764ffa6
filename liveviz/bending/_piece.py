"""What an op declares of its amount, and of any further knob that it has: the op's file name supplies the rest of the
registry entry."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """Range, identity (of an amount: where the op does nothing; of a knob: where it rests), unit and one line of help.

    curve: as of a registry entry (linear, integer).
    """

    low: float
    high: float
    identity: float
    unit: str
    help: str
    curve: str = "linear"

    def clamp(self, amount: float) -> float:
        """`amount` inside the range; the identity where it is not finite."""
        return min(max(amount, self.low), self.high) if math.isfinite(amount) else self.identity
