"""lfo: goes round and round, in one of six shapes, in beats or in seconds."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from liveviz.mapping.fields import Table
from liveviz.mapping.modulators._modulator import PERIOD_KEYS, Modulator, Moment, Period, random_number, read_period

HELP = "Goes round and round."
SHAPES: dict[str, Callable[[float], float]] = {
    "sine": lambda x: 0.5 - 0.5 * math.cos(2.0 * math.pi * x),
    "triangle": lambda x: 1.0 - abs(2.0 * x - 1.0),
    "saw_up": lambda x: x,
    "saw_down": lambda x: 1.0 - x,
    "square": lambda x: float(x < 0.5),
    "random": lambda x: 0.0,  # another height each time round, see `step`
}
"""From how far round, 0 to 1, to the value."""
KEYS = {
    "shape": (f"`{'`, `'.join(SHAPES)}`", "Of once round; `random` is another height each time. `sine`."),
    **PERIOD_KEYS,
}


@dataclass(frozen=True, slots=True)
class LfoSettings:
    """shape: one of SHAPES."""

    shape: str
    period: Period
    inputs: tuple[str, ...] = ()


def read(table: Table, inputs: Callable[[Table, str], str]) -> LfoSettings:
    """What the table says."""
    return LfoSettings(table.choice("shape", tuple(SHAPES), "sine"), read_period(table))


def start(settings: LfoSettings, seed: int) -> Modulator:
    """One that begins with the show."""
    return Lfo(settings, seed)


class Lfo:
    """State: none; where it is follows from the moment."""

    def __init__(self, settings: LfoSettings, seed: int) -> None:
        self._settings, self._seed = settings, seed

    def step(self, moment: Moment, inputs: Sequence[float]) -> float:
        """See Modulator."""
        rounds = self._settings.period.rounds(moment)
        whole = math.floor(rounds)
        if self._settings.shape == "random":
            return random_number(self._seed, whole)
        return SHAPES[self._settings.shape](rounds - whole)
