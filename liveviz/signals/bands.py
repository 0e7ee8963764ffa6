"""Bass, middle and treble as three faders, and the same range as eight: each against its own recent loudest, so that all
travel their whole range on any record."""

import numpy as np

from liveviz.signals._faders import Faders
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._spectrum import Spectrum
from liveviz.signals._thirds import Thirds
from liveviz.spec import Output

EDGES_HZ = {"bass": (25.0, 180.0), "mid": (180.0, 2_500.0), "high": (2_500.0, 16_000.0)}
EIGHT_HZ = (25.0, 60.0, 120.0, 250.0, 500.0, 1_000.0, 2_500.0, 6_000.0, 16_000.0)
# A band that never gets louder than this (of a full-scale sine) is not blown up to 1: leaks stay small
MIN_LOUDEST = 0.04
ALL_HZ = {**EDGES_HZ, **{str(i + 1): (EIGHT_HZ[i], EIGHT_HZ[i + 1]) for i in range(8)}}


class Bands(Signal):
    """bands.bass, bands.mid, bands.high, and bands.1 (25 to 60 Hz) to bands.8 (6 to 16 kHz), 0 (nothing) to 1 (as loud as
    this band was in the last 15 s or so). Up in 4 ms, down in 60 ms (time constants).

    State: fader and loudest of each band.
    """

    needs = (Spectrum, Thirds)
    outputs = tuple(
        Output(f"bands.{name}", help=f"Level from {low:.0f} to {high:.0f} Hz, against its recent loudest")
        for name, (low, high) in ALL_HZ.items()
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._thirds = rig.get(Thirds)
        last = self._thirds.squares.size - 1
        edges = np.round(np.array(list(ALL_HZ.values())) / rig.get(Spectrum).bin_hz).astype(np.intp)
        first = np.minimum(edges[:, 0], last - 1)
        self._pairs = np.stack((first, np.clip(edges[:, 1], first + 1, last)), axis=1).ravel()
        self._there = np.array([low < 0.5 * rig.sample_rate for low, _ in ALL_HZ.values()], np.float32)
        self._faders = Faders(rig, [MIN_LOUDEST] * len(ALL_HZ))

    def step(self, hop: Hop) -> None:
        power = np.add.reduceat(self._thirds.squares, self._pairs)[::2] * self._there
        self.values[:] = self._faders.step(np.sqrt(power))
