"""Gain control, in front of everything that compares magnitudes with a threshold: a line-in at -40 dB and a hot mixer must
give the same image. Slow enough to leave dynamics alone, and shut in silence so that hum is not blown up to music."""

import math

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._hop import Hop
from liveviz.signals._part import Part, Rig

TARGET_RMS = 10.0 ** (-18.0 / 20.0)  # rms that the gain steers to
OPEN_DB, SHUT_DB = -78.0, -86.0  # hops louder than this open the gate; it shuts below that
HOLD_SECONDS = 2.0  # seconds below SHUT_DB before it shuts: a slow click track is not silence
UP_SECONDS, DOWN_SECONDS = 0.4, 8.0  # seconds (time constants) for louder and quieter sound
HIGHEST_GAIN = 1000.0  # 60 dB
FLOOR_DB = -120.0


class Gain(Part):
    """Gain-controlled sound.

    samples: float32 `[hop_length]`, the hop at about -18 dBFS rms; zeros while the gate is shut.
    gain: factor at the end of the hop.
    level_db: of the hop as it came in, dBFS (rms), at least FLOOR_DB.
    open: whether there is sound.
    State: the slow level, gain at the end of the last hop, seconds of quiet.
    """

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.samples: NDArray[np.float32] = np.zeros(rig.hop_length, np.float32)
        self.level_db = FLOOR_DB
        self.open = False
        self.gain = 0.0
        self._power: float | None = None
        self._quiet = 0.0
        self._up, self._down = rig.rate(UP_SECONDS), rig.rate(DOWN_SECONDS)
        self._ramp = np.arange(1, rig.hop_length + 1, dtype=np.float32) / np.float32(rig.hop_length)

    def step(self, hop: Hop) -> None:
        """Measure the hop and bring it to the target level; the gain never jumps inside a hop."""
        power = float(np.dot(hop.samples, hop.samples)) / hop.samples.size
        self.level_db = max(10.0 * math.log10(power + 1e-20), FLOOR_DB)
        self._gate()
        before = self.gain
        if self.open:
            self._power = power if self._power is None else self._power
            self._power += (self._up if power > self._power else self._down) * (power - self._power)
            self.gain = min(TARGET_RMS / math.sqrt(self._power + 1e-20), HIGHEST_GAIN)
        else:
            self.gain = 0.0
        self.samples = hop.samples * (np.float32(before) + np.float32(self.gain - before) * self._ramp)

    def _gate(self) -> None:
        if self.level_db > OPEN_DB:
            self.open = True
        self._quiet = 0.0 if self.level_db > SHUT_DB else self._quiet + self.rig.dt
        if self._quiet > HOLD_SECONDS:
            self.open = False
