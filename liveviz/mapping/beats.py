"""Musical time. The analyser's tempo jumps, stops and starts; the picture must not, so the show keeps beats of its
own that follow it gently and go on at 120 bpm when nobody plays."""

import math

from liveviz.spec import approach

IDLE_BPM = 120.0
SLOWEST_BPM, FASTEST_BPM = 30.0, 300.0
GLIDE = 1.0  # seconds: the tempo follows the analyser's with this time constant
LOCK = 0.5  # seconds: the phase too
AHEAD = 0.1  # seconds: a phase older than this is not carried on


class Beats:
    """State: bpm, count (beats since the start, never falls)."""

    def __init__(self) -> None:
        self.bpm = IDLE_BPM
        self.count = 0.0

    def step(self, tempo: float, phase: float | None, age: float, dt: float) -> float:
        """Advance by `dt` seconds.

        Args:
            tempo: bpm as analysed; outside 30 to 300 it is unknown.
            phase: beat_phase as analysed, None where there is none.
            age: seconds since that phase was true.
        Returns:
            how many beats went by at the smoothed tempo, >= 0 (`count` has also moved towards the phase).
        """
        known = SLOWEST_BPM <= tempo <= FASTEST_BPM
        before = self.bpm
        self.bpm = approach(before, tempo if known else IDLE_BPM, dt, GLIDE)
        passed = 0.5 * (before + self.bpm) / 60.0 * dt
        correction = 0.0
        if known and phase is not None and math.isfinite(phase):
            now = phase + min(max(age, 0.0), AHEAD) * tempo / 60.0
            error = (now - self.count - passed + 0.5) % 1.0 - 0.5
            correction = approach(0.0, error, dt, LOCK)
        self.count += max(0.0, passed + correction)
        return passed
