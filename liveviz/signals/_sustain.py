"""What stands and what strikes: the newest spectrum split into tones (steady in time) and strokes (wide in frequency).

Source: median filtering, Fitzgerald 2010; both filters look at the past only, so that the split is there in its own hop.
"""

import math

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._hop import Hop
from liveviz.signals._part import Every, Part, Rig
from liveviz.signals._spectrum import Spectrum
from liveviz.signals._thirds import Thirds

SPLIT_EVERY_SECONDS = 0.0174  # seconds between two splits
MEDIAN_SECONDS = 0.2  # seconds of the median over time
LOWEST_HZ, HIGHEST_HZ = 60.0, 6_000.0
BIN_HZ = 43.0  # bins are pooled to this width: harmonics stay apart
WIDTH_HZ = 480.0  # of the median over frequency
FORGET_SECONDS = 15.0  # time constant in which the loudest whole fades
MIN_LOUDEST = 0.04  # of a full-scale sine: less is not blown up to 1


class Sustain(Part):
    """The split.

    every: hops between two splits; fresh: whether this hop had one.
    dt: seconds between two splits.
    harmonic, percussive: magnitude of each share, against the loudest recent whole, 0 to 1; their squares add up to the
        power between LOWEST_HZ and HIGHEST_HZ, so that the two can be compared.
    State: the last MEDIAN_SECONDS of spectra, the loudest whole.
    """

    needs = (Spectrum, Thirds)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._thirds = rig.get(Thirds)
        self.every = rig.hops(SPLIT_EVERY_SECONDS)
        self.dt = self.every * rig.dt
        self._every = Every(self.every)
        self._loudest = MIN_LOUDEST
        self._keep = math.exp(-self.dt / FORGET_SECONDS)
        bin_hz, bins = rig.get(Spectrum).bin_hz, self._thirds.squares.size
        pool = max(1, round(BIN_HZ / bin_hz))
        first = max(1, round(LOWEST_HZ / bin_hz))
        end = min(bins, round(HIGHEST_HZ / bin_hz))
        self._starts = np.arange(first, max(end - pool, first + 1), pool)
        self._end = min(int(self._starts[-1]) + pool, bins)
        half = max(1, round(WIDTH_HZ / (pool * bin_hz) / 2))
        around = np.arange(self._starts.size)[:, None] + np.arange(-half, half + 1)
        self._around = np.clip(around, 0, self._starts.size - 1)  # [bins, width]
        frames = max(3, round(MEDIAN_SECONDS / self.dt))
        self._past = np.zeros((self._starts.size, frames), np.float32)
        self._at = 0
        self.fresh = False
        self.harmonic = self.percussive = 0.0

    def step(self, hop: Hop) -> None:
        """Split the newest spectrum, when it is time."""
        self.fresh = self._every.due()
        if not self.fresh:
            return
        power = np.add.reduceat(self._thirds.squares[: self._end], self._starts)
        self._past[:, self._at] = power
        self._at = (self._at + 1) % self._past.shape[1]
        steady, wide = _median(self._past), _median(power[self._around])
        steady, wide = steady * steady, wide * wide
        share = steady / (steady + wide + np.float32(1e-20))
        harmonic, total = float(power @ share), float(power.sum())
        self._loudest = max(self._loudest * self._keep, math.sqrt(total), MIN_LOUDEST)
        self.harmonic = math.sqrt(harmonic) / self._loudest
        self.percussive = math.sqrt(max(total - harmonic, 0.0)) / self._loudest


def _median(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The middle value of every row (the upper one of two)."""
    middle = rows.shape[1] // 2
    return np.partition(rows, middle, axis=1)[:, middle]
