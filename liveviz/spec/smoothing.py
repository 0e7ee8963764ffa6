"""Smoothing that gives the same curve at 30 and at 120 steps per second."""

import math
from dataclasses import dataclass


def approach(value: float, target: float, dt: float, tau: float) -> float:
    """Move `value` towards `target` with time constant `tau` seconds, over `dt` seconds.

    Args:
        value: where it is.
        target: where it goes.
        dt: seconds since the last step, >= 0.
        tau: seconds after which 63 % of the way is done; 0 or less jumps.
    Returns:
        `value + (1 - exp(-dt / tau)) * (target - value)`: two steps of dt/2 equal one of dt.
    """
    if tau <= 0.0:
        return target
    return value + (1.0 - math.exp(-dt / tau)) * (target - value)


@dataclass
class AttackRelease:
    """A follower that rises with one time constant and falls with another.

    Args:
        attack: seconds (time constant) while rising, 0 = at once.
        release: seconds (time constant) while falling, 0 = at once.
    State: `value`, starts at 0.
    """

    attack: float = 0.0
    release: float = 0.0
    value: float = 0.0

    def step(self, target: float, dt: float) -> float:
        """Follow `target` for `dt` seconds and return the new value."""
        tau = self.attack if target > self.value else self.release
        self.value = approach(self.value, target, dt, tau)
        return self.value
