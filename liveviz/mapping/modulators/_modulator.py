"""What a modulator is: the contract of the files of this room, and what several of them use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from liveviz.mapping.fields import Table

LONGEST_SECONDS = 3600.0
LONGEST_BEATS = 4096.0
SHORTEST_SECONDS = 0.02
SHORTEST_BEATS = 0.0625
PERIOD_KEYS = {
    "beats": (f"{SHORTEST_BEATS:g} to {LONGEST_BEATS:g}", "How long once round takes, in beats; 4."),
    "seconds": (f"{SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g}", "The same in seconds, instead of `beats`."),
    "phase": ("0 to 1", "Where it begins, in parts of once round; 0."),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """When a frame is. beats: since the show began, never falls. time, dt: seconds on the show's clock, and since the last
    frame."""

    beats: float
    time: float
    dt: float


class Settings(Protocol):
    """What a mapping file says of one modulator, checked and frozen.

    inputs: names of the sources that it listens to.
    """

    @property
    def inputs(self) -> tuple[str, ...]: ...


class Modulator(Protocol):
    """One modulator in motion."""

    def step(self, moment: Moment, inputs: Sequence[float]) -> float:
        """Its value, 0 to 1, at `moment`. inputs: what its sources say, 0 to 1 each (an event: 1 in its frame)."""
        ...


@dataclass(frozen=True, slots=True)
class Period:
    """Once round: length in beats or, where `in_beats` is False, in seconds; phase: where it begins, 0 to 1."""

    length: float
    in_beats: bool
    phase: float

    def rounds(self, moment: Moment) -> float:
        """How many times round, since the show began."""
        return (moment.beats if self.in_beats else moment.time) / self.length + self.phase


def read_period(table: Table) -> Period:
    """`beats` or `seconds`, and `phase`, of a table."""
    if table.has("beats") and table.has("seconds"):
        table.fail("seconds", "beats is there too; write one of the two")
    phase = table.number("phase", 0.0, 0.0, 1.0)
    if table.has("seconds"):
        return Period(table.number("seconds", 1.0, SHORTEST_SECONDS, LONGEST_SECONDS, "seconds"), False, phase)
    return Period(table.number("beats", 4.0, SHORTEST_BEATS, LONGEST_BEATS, "beats"), True, phase)


def random_number(seed: int, count: int) -> float:
    """A number from 0 to 1 of a seed and a whole number: the same on every machine (SplitMix64)."""
    x = (seed * 0x9E3779B97F4A7C15 + count * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = ((x ^ (x >> shift)) * factor) & 0xFFFFFFFFFFFFFFFF
    return ((x ^ (x >> 31)) >> 11) / float(1 << 53)
