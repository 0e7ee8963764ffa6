"""smooth_random: wanders without a jump from one random height to the next."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from liveviz.mapping.fields import Table
from liveviz.mapping.modulators._modulator import PERIOD_KEYS, Modulator, Moment, Period, random_number, read_period

HELP = "Wanders without a jump from one random height to the next."
KEYS = {
    "beats": (PERIOD_KEYS["beats"][0], "From one height to the next, in beats; 4."),
    "seconds": PERIOD_KEYS["seconds"],
    "phase": PERIOD_KEYS["phase"],
}


@dataclass(frozen=True, slots=True)
class WalkSettings:
    """period: from one height to the next."""

    period: Period
    inputs: tuple[str, ...] = ()


def read(table: Table, inputs: Callable[[Table, str], str]) -> WalkSettings:
    """What the table says."""
    return WalkSettings(read_period(table))


def start(settings: WalkSettings, seed: int) -> Modulator:
    """One that begins with the show."""
    return Walk(settings, seed)


class Walk:
    """State: none; where it is follows from the moment."""

    def __init__(self, settings: WalkSettings, seed: int) -> None:
        self._settings, self._seed = settings, seed

    def step(self, moment: Moment, inputs: Sequence[float]) -> float:
        """See Modulator."""
        rounds = self._settings.period.rounds(moment)
        whole = math.floor(rounds)
        x = rounds - whole
        share = x * x * (3.0 - 2.0 * x)
        before, after = random_number(self._seed, whole), random_number(self._seed, whole + 1)
        return before + (after - before) * share
