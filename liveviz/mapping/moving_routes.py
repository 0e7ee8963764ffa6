"""All signal routes of a show in motion, side by side in arrays: each follows its source with attack and release, or rises and
falls with its events, and gives its travel. A thousand of them cost what ten did one by one."""

import math
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from liveviz.mapping.curves import CURVES
from liveviz.mapping.program import Route

STRIKE_ATTACKS = 2.0  # an event with an attack rises for two time constants (86 %) before it falls
FAINTEST_PRIORITY = 1e-3  # a route with a priority counts while its source is above this

Array = NDArray[np.float64]


class MovingRoutes:
    """Every route of `routes`, in their order.

    State: `inputs` `[n]`, what each source says, 0 to 1, NaN for a controller that was not heard yet; `struck` `[n]`, whose
    event is in this step; values and what is left of rising; what is on its way through a `lag`.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        count = len(self.routes)

        def all_of(name: str) -> Array:
            return np.array([float(getattr(route, name)) for route in self.routes])

        self._event = np.array([route.kind == "event" for route in self.routes], bool)
        self.inputs = np.where(self._event, 0.0, np.nan) if count else np.zeros(0)
        self.struck = np.zeros(count, bool)
        self._value, self._rising = np.zeros(count), np.zeros(count)
        self._attack, self._release = all_of("attack"), all_of("release")
        self._gain, self._gate, self._threshold = all_of("gain"), all_of("gate"), all_of("threshold")
        self._invert = all_of("invert") > 0.0
        self._low, self._high, self._steps = all_of("low"), all_of("high"), all_of("steps")
        self._ratio = np.array([r.high / r.low if r.exponential else 1.0 for r in self.routes])
        self._exponential = np.array([r.exponential for r in self.routes], bool)
        self._waits = all_of("priority") > 0.0
        curves = [route.curve for route in self.routes]
        self._curved = [
            (CURVES[name], np.array([i for i, curve in enumerate(curves) if curve == name]))
            for name in dict.fromkeys(curves)
            if name != "linear"
        ]
        self._late: dict[int, deque[tuple[float, float]]] = {
            i: deque() for i, route in enumerate(self.routes) if route.lag > 0.0
        }
        self._time = 0.0

    def resume(self, other: "MovingRoutes") -> None:
        """Go on from where the same routes (by source, place and mix) are in `other`."""

        def key(route: Route) -> tuple[object, ...]:
            return route.kind == "event", route.source, route.target, route.mix

        places = {key(route): i for i, route in enumerate(other.routes)}
        for i, route in enumerate(self.routes):
            if (j := places.get(key(route))) is not None:
                self.inputs[i], self._value[i], self._rising[i] = other.inputs[j], other._value[j], other._rising[j]
                if i in self._late and j in other._late:
                    self._late[i] = other._late[j]
        self._time = other._time

    def step(self, dt: float) -> Array:
        """Where every route goes after `dt` seconds, `[n]`, in its parameter's unit; NaN where it has nothing to say."""
        self._time += dt
        x = self._follow(self._heard(), dt)
        x = np.maximum(x - self._threshold, 0.0) / (1.0 - self._threshold)
        silent = self._waits & (x <= FAINTEST_PRIORITY)
        x = np.where(self._invert, 1.0 - x, x)
        for curve, places in self._curved:
            x[places] = curve(x[places])
        stepped = np.minimum(np.floor(x * self._steps) / np.maximum(self._steps - 1.0, 1.0), 1.0)
        x = np.where(self._steps > 0.0, stepped, x)
        even = self._low + (self._high - self._low) * x
        moved = np.where(self._exponential, self._low * self._ratio**x, even)
        return np.where(silent, np.nan, moved)

    def forget(self, index: int) -> None:
        """Let a route be as a controller that was not heard yet."""
        self.inputs[index], self._value[index] = np.nan, 0.0

    def _heard(self) -> Array:
        """What each source says, behind gain, gate and lag."""
        x = np.minimum(self.inputs * self._gain, 1.0)
        x = np.where(x < self._gate, 0.0, x)
        for i, waiting in self._late.items():
            waiting.append((self._time, float(x[i])))
            due = self._time - self.routes[i].lag
            while len(waiting) > 1 and waiting[1][0] <= due:
                waiting.popleft()
            x[i] = waiting[0][1] if waiting[0][0] <= due else (0.0 if x[i] == x[i] else np.nan)
        return x

    def _follow(self, x: Array, dt: float) -> Array:
        """Levels go to `x` by attack and release; events rise while they have to, and fall."""
        tau = np.where(x > self._value, self._attack, self._release)
        level = np.where(np.isnan(x), self._value, self._approach(self._value, x, np.full(x.shape, dt), tau))
        rise = np.minimum(self._rising, dt)
        self._rising -= rise
        risen = np.where(rise > 0.0, self._approach(self._value, 1.0, rise, self._attack), self._value)
        fallen = np.where(dt > rise, self._approach(risen, 0.0, dt - rise, self._release), risen)
        slow = self.struck & (self._attack > 0.0)
        # From here on: what went by before the news depends on the frame rate.
        self._rising = np.where(slow, STRIKE_ATTACKS * self._attack, self._rising)
        pulse = np.where(self.struck & ~slow, 1.0, fallen)
        self._value = np.where(self._event, pulse, level)
        return np.where(np.isnan(x), np.nan, self._value)

    @staticmethod
    def _approach(value: Array, goal: Array | float, dt: Array, tau: Array) -> Array:
        """`spec.smoothing.approach` for arrays."""
        still = tau <= 0.0
        share = np.where(still, 1.0, 1.0 - np.exp(-dt / np.where(still, 1.0, tau)))
        return np.where(still, goal, value + share * (goal - value))


class Follower:
    """A controller that acts on top of a base: one of the routes in motion."""

    def __init__(self, moving: MovingRoutes, index: int) -> None:
        self._moving, self._index = moving, index
        self.route = moving.routes[index]

    @property
    def input(self) -> float | None:
        """Where it stands, 0 to 1; None where it was not heard yet."""
        value = float(self._moving.inputs[self._index])
        return None if math.isnan(value) else value

    @input.setter
    def input(self, value: float) -> None:
        self._moving.inputs[self._index] = value

    def forget(self) -> None:
        """Be as a controller that was not heard yet."""
        self._moving.forget(self._index)
