"""Bass, middle and treble as three faders: each against its own loudest of late, so that all three travel their whole
range on any record."""

import numpy as np

from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._spectrum import Spectrum
from liveviz.spec import Output

EDGES_HZ = {"bass": (25.0, 180.0), "mid": (180.0, 2_500.0), "high": (2_500.0, 16_000.0)}
FORGET = 15.0  # seconds (time constant) in which a band's loudest fades
RISE, FALL = 0.004, 0.06  # seconds (time constants) of the faders
LEAST = 0.04  # a band that never gets louder than this (of a full-scale sine) is not blown up to 1: leaks stay small


class Bands(Signal):
    """bands.bass, bands.mid, bands.high, 0 (nothing) to 1 (as loud as this band was in the last 15 s or so).

    State: fader and loudest of each band.
    """

    needs = (Spectrum,)
    outputs = tuple(
        Output(f"bands.{name}", help=f"Level from {low:.0f} to {high:.0f} Hz, against its loudest of late")
        for name, (low, high) in EDGES_HZ.items()
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._spectrum = rig.get(Spectrum)
        last = self._spectrum.magnitudes.size
        edges = np.array([[low, high] for low, high in EDGES_HZ.values()]) / self._spectrum.bin_hz
        self._ranges = [(min(round(a), last - 1), min(max(round(b), round(a) + 1), last)) for a, b in edges]
        self._loudest = np.full(len(self._ranges), LEAST)
        self._keep = 1.0 - rig.rate(FORGET)
        self._rise, self._fall = rig.rate(RISE), rig.rate(FALL)

    def step(self, hop: Hop) -> None:
        magnitudes = self._spectrum.magnitudes
        parts = [magnitudes[a:b] for a, b in self._ranges]
        levels = np.sqrt([float(np.dot(x, x)) for x in parts])
        self._loudest = np.maximum(np.maximum(self._loudest * self._keep, levels), LEAST)
        targets = levels / self._loudest
        self.values += np.where(targets > self.values, self._rise, self._fall) * (targets - self.values)
