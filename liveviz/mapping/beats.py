"""Musical time. The tempo of whoever leads jumps, stops and starts; the picture must not, so the show keeps beats of its
own that follow it gently and go on at 120 bpm when nobody plays."""

import math

from liveviz.spec import Tempo, approach
from liveviz.spec.tempo import ANALYSER_SOURCE, FRESH_S

IDLE_BPM = 120.0
TEMPO_GLIDE_SECONDS = 1.0  # the tempo follows the leader's with this time constant
PHASE_GLIDE_SECONDS = 0.5  # the phase too
MAX_PHASE_AGE_SECONDS = 0.1  # a phase of the analyser's that is older than this is not carried on


class Beats:
    """State: bpm, count (beats since the start, never falls)."""

    def __init__(self) -> None:
        self.bpm = IDLE_BPM
        self.count = 0.0

    def step(self, leads: Tempo | None, time: float, dt: float) -> float:
        """Advance by `dt` seconds.

        Args:
            leads: the tempo to follow, None where there is none. time: of the picture, seconds on the show's clock.
        Returns:
            how many beats went by at the smoothed tempo, >= 0 (`count` has also moved towards the phase).
        """
        before = self.bpm
        self.bpm = approach(
            before, leads.bpm if leads is not None and leads.known else IDLE_BPM, dt, TEMPO_GLIDE_SECONDS
        )
        passed = 0.5 * (before + self.bpm) / 60.0 * dt
        correction = 0.0
        if leads is not None and leads.known and math.isfinite(leads.beat):
            age = min(
                max(time - leads.time, 0.0), MAX_PHASE_AGE_SECONDS if leads.source == ANALYSER_SOURCE else FRESH_S
            )
            now = leads.beat + age * leads.bpm / 60.0
            error = (now - self.count - passed + 0.5) % 1.0 - 0.5
            correction = approach(0.0, error, dt, PHASE_GLIDE_SECONDS)
        self.count += max(0.0, passed + correction)
        return passed
