"""What a hand turns: the base value of a parameter, and the knobs that may move it. A knob that was elsewhere when
the value was set by something else must not make the value jump: takeover decides when it may act."""

from liveviz.mapping.encoders import STEP_RATIO, steps
from liveviz.mapping.program import Route
from liveviz.spec import approach

PICKUP_RATIO = 1.0 / 64.0  # of the route's range: two steps of a 7-bit controller


class Fade:
    """A way from one value to another in so many seconds. State: seconds gone."""

    __slots__ = ("_curve", "_goal", "_gone", "_seconds", "_start")

    def __init__(self, start: float, goal: float, seconds: float, curve: str) -> None:
        self._start, self._goal, self._seconds, self._gone = start, goal, seconds, 0.0
        self._curve = curve if curve != "exponential" or min(start, goal) > 0.0 else "linear"

    @property
    def done(self) -> bool:
        """It has arrived."""
        return self._gone >= self._seconds

    def step(self, dt: float) -> float:
        """The value after `dt` more seconds."""
        self._gone += dt
        share = min(self._gone / self._seconds, 1.0)
        if share >= 1.0 or (share >= 0.5 and self._curve in ("integer", "toggle")):
            return self._goal
        if self._curve in ("integer", "toggle"):
            return self._start
        if self._curve == "exponential":
            return float(self._start * (self._goal / self._start) ** share)
        return self._start + (self._goal - self._start) * share


class Base:
    """The value that a parameter rests at, and glides to where a route asks for it.

    State: value (now), goal (where the last move sent it), tau (seconds of the glide), fading (an even fade, None where there is
    none), owner (the knob that moved it last, None for anything else), manual (a hand
    moved it, so a changed file leaves it alone).
    """

    __slots__ = ("fading", "goal", "manual", "owner", "tau", "value")

    def __init__(self, value: float) -> None:
        self.value = self.goal = value
        self.tau = 0.0
        self.fading: Fade | None = None
        self.owner: Knob | None = None
        self.manual = False

    def move(self, goal: float, tau: float = 0.0, owner: "Knob | None" = None) -> None:
        """A hand sends the value to `goal`."""
        self.goal, self.tau, self.fading, self.owner, self.manual = goal, tau, None, owner, True

    def fade(self, goal: float, seconds: float, curve: str = "linear") -> None:
        """Go to `goal` within `seconds`: evenly, along an exponential parameter in even ratios, and with what knows whole
        values alone at half way. `curve`: the parameter's."""
        self.move(goal)
        self.fading = Fade(self.value, goal, seconds, curve) if seconds > 0.0 else None
        self.value = self.value if self.fading is not None else goal

    def back(self, rest: float) -> None:
        """Go to `rest` at once, and be nobody's."""
        self.value = self.goal = rest
        self.tau, self.fading, self.owner, self.manual = 0.0, None, None, False

    def step(self, dt: float) -> float:
        """Glide for `dt` seconds and return the value."""
        if self.fading is not None:
            self.value = self.fading.step(dt)
            self.fading = None if self.fading.done else self.fading
        elif self.value != self.goal:
            self.value = approach(self.value, self.goal, dt, self.tau)
        return self.value


class Knob:
    """One controller on one parameter.

    State: travel (where the knob stands, 0-1 behind the curve; None until it was first heard).
    """

    __slots__ = ("route", "travel")

    def __init__(self, route: Route) -> None:
        self.route = route
        self.travel: float | None = None

    def turn(self, x: float, base: Base) -> bool:
        """The knob now stands at `x`, 0-1: move `base` if takeover allows it, and say whether it does.

        jump: always. pickup: once the knob has come within 1/64 of the value or passed it, until something else moves
        the value. scale: by the same part of the way that is left to the end of the range, so both get there together.
        """
        route, old = self.route, self.travel
        if route.encoder:
            return self._turn_on(steps(route.encoder, x), base)
        new = self.travel = route.travel(x)
        here = route.where(base.goal)
        near = abs(new - here) <= PICKUP_RATIO
        if route.takeover == "pickup" and base.owner is not self and not near:
            if old is None or not min(old, new) <= here <= max(old, new):
                return False
        elif route.takeover == "scale" and not near:
            if old is None or old == new:
                return False
            rest, left = (1.0 - here, 1.0 - old) if new > old else (here, old)
            new = here + rest * (new - old) / left
        base.move(route.at(new), route.attack if new > here else route.release, self)
        return True

    def _turn_on(self, count: int, base: Base) -> bool:
        """An encoder moves the value on from where it is going, so that there is nothing to take over."""
        route, here = self.route, self.route.where(base.goal)
        new = here + (-count if route.invert else count) * STEP_RATIO * route.gain
        new = self.travel = min(max(new, 0.0), 1.0)
        if count:
            base.move(route.at(new), route.attack if new > here else route.release, self)
        return True
