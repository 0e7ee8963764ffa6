"""The newest spectrum in third octaves: twenty-eight powers that the slower parts (bands, colour, harmonic and percussive,
build, sections) share, instead of a thousand bins each."""

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._gain import Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Part, Rig
from liveviz.signals._spectrum import Spectrum

LOWEST_HZ, HIGHEST_HZ = 25.0, 16_000.0
BAND_COUNT = 28  # third octaves from LOWEST_HZ to HIGHEST_HZ


class Thirds(Part):
    """Power of each third octave in the newest 46 ms.

    edges_hz: float64 `[BAND_COUNT + 1]`; centres_hz: float64 `[BAND_COUNT]`.
    power: float32 `[BAND_COUNT]`, >= 0, after gain control; 0 where a band lies above half the sample rate. A
        full-scale sine makes about 1.5 in its band (the window spreads it over a few bins).
    squares: float32 `[n_fft // 2 + 1]`, the magnitudes squared.
    raw: factor from `power` to the power before gain control, 0 while the gate is shut.
    State: none of its own.
    """

    needs = (Spectrum, Gain)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._spectrum, self._gain = rig.get(Spectrum), rig.get(Gain)
        self.edges_hz = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BAND_COUNT + 1)
        self.centres_hz = np.sqrt(self.edges_hz[:-1] * self.edges_hz[1:])
        bins = self._spectrum.magnitudes.size
        edges = self.edges_hz / self._spectrum.bin_hz
        # at the low end a band is narrower than a bin: it takes the share of the bin that falls into it
        first = np.minimum(np.floor(edges[:-1]).astype(np.intp), bins - 1)
        last = np.minimum(np.maximum(np.ceil(edges[1:]).astype(np.intp), first + 1), bins)
        self._pairs = np.stack((first, np.minimum(last, bins - 1)), axis=1).ravel()
        share = np.minimum((edges[1:] - edges[:-1]) / np.maximum(last - first, 1), 1.0)
        self._share = np.where(self.edges_hz[:-1] < 0.5 * rig.sample_rate, share, 0.0).astype(np.float32)
        self.squares: NDArray[np.float32] = np.zeros(bins, np.float32)
        self.power: NDArray[np.float32] = np.zeros(BAND_COUNT, np.float32)
        self.raw = 0.0

    def step(self, hop: Hop) -> None:
        """Pool the newest magnitudes."""
        magnitudes = self._spectrum.magnitudes
        self.squares = magnitudes * magnitudes
        self.power = np.add.reduceat(self.squares, self._pairs)[::2] * self._share
        self.raw = 1.0 / (self._gain.gain * self._gain.gain) if self._gain.gain > 0.0 else 0.0
