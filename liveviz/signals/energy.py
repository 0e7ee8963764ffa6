"""How big the music is right now against its own last half minute: low in a break, high after the drop. Slow, so that it
can move a whole scene."""

import math

import numpy as np

from liveviz.signals._gain import Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output, approach

MEMORY_SECONDS = 30.0
NOTE_EVERY = 0.25  # seconds between two entries in the memory
LOUDNESS_SECONDS = 0.6  # time constant of the loudness itself
LEAST_RANGE_DB = 14.0  # between energy 0 and 1: steady music must not be blown up to extremes


class Energy(Signal):
    """energy, 0 (as quiet as the last 30 s got, or 14 dB below their loudest) to 1 (as loud as they got).

    State: loudness, and its last 30 s in steps of 0.25 s.
    """

    needs = (Gain,)
    outputs = (Output("energy", help="How big the music is, against its last 30 s"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._gain = rig.get(Gain)
        self._power = 0.0
        self._memory: list[float] = []
        self._low, self._high = 0.0, 0.0
        self._until_note = 0

    def step(self, hop: Hop) -> None:
        power = 10.0 ** (self._gain.level_db / 10.0) if self._gain.open else 0.0
        self._power = approach(self._power, power, self.rig.dt, LOUDNESS_SECONDS)
        if not self._gain.open and self._power < 1e-9:
            self.values[0] = 0.0
            return
        level = 10.0 * math.log10(self._power + 1e-12)
        self._until_note -= 1
        if self._until_note <= 0:
            self._until_note = self.rig.hops(NOTE_EVERY)
            self._memory = [*self._memory[1 - int(MEMORY_SECONDS / NOTE_EVERY) :], level]
            low, high = np.percentile(self._memory, (5, 95))
            self._high = float(high)
            self._low = min(float(low), self._high - LEAST_RANGE_DB)
        target = (level - self._low) / (self._high - self._low)
        self.values[0] = approach(float(self.values[0]), min(max(target, 0.0), 1.0), self.rig.dt, 0.15)
