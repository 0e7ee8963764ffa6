"""What an op declares of its amount: the op's file name supplies the rest of the registry entry."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """Range, identity (the amount at which the op does nothing) and unit of an op's amount, and one line of help."""

    low: float
    high: float
    identity: float
    unit: str
    help: str

    def clamp(self, amount: float) -> float:
        """`amount` inside the range; the identity where it is not finite."""
        return min(max(amount, self.low), self.high) if math.isfinite(amount) else self.identity
