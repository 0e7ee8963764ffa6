"""Musical time as one source knows it: the analyser, a MIDI clock, Ableton Link, a tapping hand."""

import math
from dataclasses import dataclass

SLOWEST_BPM, FASTEST_BPM = 30.0, 300.0
FRESH_S = 2.0  # a source that has said nothing for so long does not lead any more
ANALYSER_SOURCE = "analyser"


@dataclass(frozen=True, slots=True)
class Tempo:
    """Where the music is.

    bpm: beats a minute; outside 30 to 300 the source knows of no beat.
    beat: beats since the source began to count, at `time`; the fraction is the phase. NaN where only the rate is known.
    time: seconds on the show's clock when `beat` was so.
    source: who says it.
    playing: False where its transport is stopped.
    """

    bpm: float
    beat: float
    time: float
    source: str = ANALYSER_SOURCE
    playing: bool = True

    @property
    def known(self) -> bool:
        """Whether there is a beat in it."""
        return SLOWEST_BPM <= self.bpm <= FASTEST_BPM

    def leads(self, now: float) -> bool:
        """Whether a source other than the analyser leads the show at `now`: it plays, and has just spoken."""
        return self.known and self.playing and math.isfinite(self.time) and now - self.time <= FRESH_S


def leader(analysed: Tempo | None, others: Tempo | None, now: float) -> Tempo | None:
    """Who leads: what somebody plays to the machine (a clock, a link, a tap) before what the machine hears by itself."""
    return others if others is not None and others.leads(now) else analysed
