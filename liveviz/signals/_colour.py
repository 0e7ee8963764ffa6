"""What third octaves say about the colour of a sound, worked out once for the four signals that show it: where it lies, how
noisy it is, how fast it changes. Twice per 23 ms; an image shows no more."""

import math

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._hop import Hop
from liveviz.signals._part import Every, Part, Rig
from liveviz.signals._thirds import BAND_COUNT, Thirds

LOOK_EVERY_SECONDS = 0.0116  # seconds between two looks
LAG_SECONDS = 0.0232  # seconds between the two spectra that are compared
POWER_FLOOR = 1e-7  # of power after gain control: 52 dB below the usual loudness, where rooms and cables hiss
LEAST_POWER = 1e-6  # below that there is nothing to have a colour


class Colour(Part):
    """Colour of the newest sound.

    every: hops between two looks; fresh: whether this hop had one.
    present: whether there is sound to judge.
    levels: float64 `[BAND_COUNT]`, dB, at least 10 log10(POWER_FLOOR).
    octaves: where the centre of magnitude lies, octaves above 25 Hz, 0 to 9.3.
    flatness: geometric by arithmetic mean of the bands' powers, 0 (one tone) to 1 (the same everywhere).
    rise: mean growth of the levels over LAG_SECONDS, dB, >= 0; change: mean growth or fall, dB, >= 0.
    State: the levels of the last LAG_SECONDS.
    """

    needs = (Thirds,)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._thirds = rig.get(Thirds)
        self.every = rig.hops(LOOK_EVERY_SECONDS)
        self._every = Every(self.every)
        self._heard = np.flatnonzero(self._thirds.edges_hz[1:] <= 0.5 * rig.sample_rate)
        self._octaves = np.log2(self._thirds.centres_hz / self._thirds.edges_hz[0])
        floor = 10.0 * math.log10(POWER_FLOOR)
        self.levels: NDArray[np.float64] = np.full(BAND_COUNT, floor)
        self._past = np.full((max(1, round(LAG_SECONDS / (self.every * rig.dt))), BAND_COUNT), floor)
        self.fresh = self.present = False
        self.octaves = self.flatness = self.rise = self.change = 0.0

    def step(self, hop: Hop) -> None:
        """Look, when it is time."""
        self.fresh = self._every.due()
        if not self.fresh:
            return
        power = self._thirds.power.astype(np.float64)
        total = float(power.sum())
        self.present = total > LEAST_POWER
        self.levels = 10.0 * np.log10(power + POWER_FLOOR)
        moved = self.levels - self._past[0]
        self.change = float(np.abs(moved).mean())
        self.rise = 0.5 * (self.change + float(moved.mean()))
        self._past[:-1] = self._past[1:]
        self._past[-1] = self.levels
        if self.present:
            strength = np.sqrt(power)
            self.octaves = float(strength @ self._octaves) / float(strength.sum())
            heard = self.levels[self._heard]
            self.flatness = min(10.0 ** (0.1 * float(heard.mean())) / (total / heard.size + POWER_FLOOR), 1.0)
