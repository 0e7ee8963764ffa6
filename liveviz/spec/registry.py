"""The registry: every controllable parameter declared once. From one declaration come its OSC address, the check of
mapping files, MIDI learn, the reference in the docs."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

CURVES = ("linear", "exponential", "integer", "toggle")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a show can turn.

    name: dotted, lower case, as mapping files write it.
    low, high: range in its own unit; values are clamped to it.
    default: value when nothing drives it, inside the range. For bends and post effects: the identity.
    curve: how a 0-1 control travels the range: linear, exponential (equal ratios, low > 0), integer (rounded),
        toggle (0 below half, 1 above).
    layered: whether it acts at a layer of the generator (and on some of its channels), which a mapping file chooses.
    rows: whether a mapping file may choose the rows of w+ that it acts on, and how that goes with the value for all rows:
        `add` (both count), `instead` (the rows have their own), or empty where it may not.
    """

    name: str
    low: float
    high: float
    default: float
    help: str
    unit: str = ""
    curve: str = "linear"
    layered: bool = False
    rows: str = ""

    def __post_init__(self) -> None:
        if self.curve not in CURVES:
            raise ValueError(f"{self.name}: curve {self.curve!r} is none of {', '.join(CURVES)}")
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"{self.name}: range {self.low} to {self.high} is empty or not finite")
        if not self.low <= self.default <= self.high:
            raise ValueError(f"{self.name}: default {self.default} is outside {self.low} to {self.high}")
        if self.curve == "exponential" and self.low <= 0:
            raise ValueError(f"{self.name}: an exponential range starts above 0, not at {self.low}")

    @property
    def osc(self) -> str:
        """OSC address: `bend.zoom` is `/liveviz/bend/zoom`; its argument is a position from 0 to 1."""
        return "/liveviz/" + self.name.replace(".", "/")

    def clamp(self, value: float) -> float:
        """`value` inside the range; integer and toggle are rounded; what is not finite becomes the default."""
        if not math.isfinite(value):
            return self.default
        value = min(max(value, self.low), self.high)
        return float(round(value)) if self.curve in ("integer", "toggle") else value

    def at(self, position: float) -> float:
        """Value at `position` 0-1 of the range, along the curve; positions outside are clamped."""
        if not math.isfinite(position):
            return self.default
        position = min(max(position, 0.0), 1.0)
        if self.curve == "exponential":
            return float(self.low * (self.high / self.low) ** position)
        return self.clamp(self.low + position * (self.high - self.low))

    def position(self, value: float) -> float:
        """Where `value` stands in the range, 0-1: the inverse of `at`."""
        value = self.clamp(value)
        if self.curve == "exponential":
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


class Registry:
    """Every parameter of this installation, in a fixed order, by name.

    `app` fills it: CORE_PARAMETERS, one `bend.<op>` for every file in `bending/`, one `post.<effect>.<input>` for every
    input that a shader declares.
    """

    def __init__(self, parameters: Iterable[Parameter] = ()) -> None:
        self._by_name: dict[str, Parameter] = {}
        for parameter in parameters:
            self.add(parameter)

    def add(self, parameter: Parameter) -> None:
        """Declare one more; ValueError where the name is taken."""
        if parameter.name in self._by_name:
            raise ValueError(f"parameter {parameter.name} is declared twice")
        self._by_name[parameter.name] = parameter

    def __getitem__(self, name: str) -> Parameter:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(self._by_name)

    def defaults(self) -> dict[str, float]:
        """A fresh dict of every default."""
        return {p.name: p.default for p in self}
