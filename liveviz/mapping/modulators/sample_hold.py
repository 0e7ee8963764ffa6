"""sample_hold: takes the value of a source, or a random one, at every stroke of another, and holds it until the next."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from liveviz.mapping.fields import Table
from liveviz.mapping.modulators._modulator import PERIOD_KEYS, Modulator, Moment, Period, random_number, read_period
from liveviz.spec import approach

HELP = "Takes a value at every stroke, and holds it until the next."
LONGEST_GLIDE_SECONDS = 60.0
KEYS = {
    "on": (
        "a signal, a control or a modulator",
        "At its events, or whenever it leaves 0; every `beats` where it is not there.",
    ),
    "from": ("a signal, a control or a modulator", "What is taken; a random number where it is not there."),
    "glide": (f"0 to {LONGEST_GLIDE_SECONDS:g} seconds", "Time constant of going to the new value; 0."),
    **PERIOD_KEYS,
}


@dataclass(frozen=True, slots=True)
class HoldSettings:
    """on, taken: names of sources, empty where there is none. glide: seconds."""

    on: str
    taken: str
    glide: float
    period: Period

    @property
    def inputs(self) -> tuple[str, ...]:
        """`on`, then `taken`, as far as they are there."""
        return tuple(name for name in (self.on, self.taken) if name)


def read(table: Table, inputs: Callable[[Table, str], str]) -> HoldSettings:
    """What the table says."""
    on = inputs(table, "on") if table.has("on") else ""
    taken = inputs(table, "from") if table.has("from") else ""
    if on and (table.has("beats") or table.has("seconds")):
        table.fail("on", "with beats or seconds there is nothing to wait for; write one of the two")
    return HoldSettings(
        on, taken, table.number("glide", 0.0, 0.0, LONGEST_GLIDE_SECONDS, "seconds"), read_period(table)
    )


def start(settings: HoldSettings, seed: int) -> Modulator:
    """One that begins with the show."""
    return Hold(settings, seed)


class Hold:
    """State: what was taken, where it has come to, the number of the stroke, whether `on` was above 0."""

    def __init__(self, settings: HoldSettings, seed: int) -> None:
        self._settings, self._seed = settings, seed
        self._value = self._goal = 0.0
        self._strokes = -1
        self._up = False

    def step(self, moment: Moment, inputs: Sequence[float]) -> float:
        """See Modulator."""
        settings = self._settings
        if settings.on:
            up = inputs[0] > 0.0
            stroke, self._up = up and not self._up, up
        else:
            now = math.floor(settings.period.rounds(moment))
            stroke, self._strokes = now != self._strokes, now - 1  # counted so, it is the same wherever one begins
        if stroke or not settings.on:
            self._strokes += 1
        if stroke:
            self._goal = inputs[-1] if settings.taken else random_number(self._seed, self._strokes)
        self._value = approach(self._value, self._goal, moment.dt, settings.glide)
        return self._value
