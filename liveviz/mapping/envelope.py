"""One signal route in motion: reads its signal from a frame, follows it with attack and release, and gives its
travel."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from liveviz.mapping.program import Route
from liveviz.spec import AttackRelease, Output, approach

STRIKE_ATTACKS = 2.0  # an event with an attack rises for two time constants (86 %) before it falls


def normalise(value: float, output: Output) -> float:
    """`value` of a signal as 0-1 of its range; phases wrap; what is not finite is 0."""
    if not math.isfinite(value):
        return 0.0
    x = (value - output.low) / (output.high - output.low)
    return x % 1.0 if output.kind == "phase" else min(max(x, 0.0), 1.0)


class Counter:
    """Notices events by the count that every frame carries, however many frames were skipped. State: the last count."""

    def __init__(self) -> None:
        self._last: float | None = None

    def step(self, count: float) -> bool:
        """Whether there was an event since the last step; the first count, or a lower one (a new analyser), is none."""
        if not math.isfinite(count):
            return False
        last, self._last = self._last, count
        return last is not None and count > last


class Follower:
    """A level, a phase or a controller that acts on top of the base: attack and release on the input."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self._follow = AttackRelease(route.attack, route.release)
        self.input: float | None = None  # None: a controller that was not heard yet

    def step(self, dt: float) -> float | None:
        """Value of the route after `dt` seconds, in its parameter's unit; None where it has nothing to say yet."""
        if self.input is None:
            return None
        return self.route.at(self.route.travel(self._follow.step(self.input, dt)))

    def forget(self) -> None:
        """Be as a controller that was not heard yet."""
        self.input, self._follow.value = None, 0.0

    def resume(self, other: "Follower | Pulse") -> None:
        """Go on from where `other` is, if it is of this kind."""
        if isinstance(other, Follower):
            self.input, self._follow.value = other.input, other._follow.value


class Pulse:
    """An event: jumps to 1 (or rises with its attack), then falls with its release."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self._value = self._rising = 0.0
        self.struck = False

    def step(self, dt: float) -> float:
        """Value of the route after `dt` seconds, in its parameter's unit; `struck`: the event is in this step."""
        route = self.route
        rise = min(self._rising, dt)
        self._rising -= rise
        self._value = approach(self._value, 1.0, rise, route.attack) if rise > 0.0 else self._value
        self._value = approach(self._value, 0.0, dt - rise, route.release) if dt > rise else self._value
        if self.struck and route.attack > 0.0:
            self._rising = (
                STRIKE_ATTACKS * route.attack
            )  # from here on: what went by before the news depends on the frame rate
        elif self.struck:
            self._value = 1.0
        return route.at(route.travel(self._value))

    def resume(self, other: "Follower | Pulse") -> None:
        """Go on from where `other` is, if it is of this kind."""
        if isinstance(other, Pulse):
            self._value, self._rising = other._value, other._rising


def chroma(values: NDArray[np.float64], places: Sequence[int]) -> list[float]:
    """The 12 pitch classes at `places` of a frame, each 0-1."""
    return [min(max(v, 0.0), 1.0) if math.isfinite(v) else 0.0 for v in (float(values[i]) for i in places)]
