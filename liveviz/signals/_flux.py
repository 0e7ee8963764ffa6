"""Where the spectrum grew: the raw matter of onsets, drums and beat.

Source: SuperFlux, Böck & Widmer 2013 (DAFx): log magnitudes in 24 bands per octave; each is compared with the strongest of
its neighbours two hops earlier, so that vibrato does not count as an attack.
"""

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._hop import Hop
from liveviz.signals._part import Part, Rig
from liveviz.signals._spectrum import Spectrum

LOWEST_HZ, HIGHEST_HZ = 30.0, 17_000.0
PER_OCTAVE = 24
LAG_SECONDS = 0.0116
LOG_COMPRESSION = np.float32(100.0)
LATENCY_SECONDS = 0.011  # seconds from an attack to its rise in the flux, by the window's shape


def log_bands(bin_hz: float, bins: int) -> list[tuple[int, int, int]]:
    """(first, peak, end) bin of every triangle, 24 per octave; one bin wide where bins are further apart than that."""
    count = int(np.log2(HIGHEST_HZ / LOWEST_HZ) * PER_OCTAVE) + 3
    centres = LOWEST_HZ * 2.0 ** (np.arange(count) / PER_OCTAVE)
    edges = np.unique(np.round(centres / bin_hz).astype(int))
    edges = edges[edges < bins - 1]
    return list(zip(edges[:-2], edges[1:-1], edges[2:], strict=True))


class Flux(Part):
    """Growth of the spectrum in one hop.

    bands_hz: float64 `[bands]`, centre of each band.
    levels: float32 `[bands]`, log10(1 + 100 magnitude), 0 to about 2.5.
    rises: float32 `[bands]`, >= 0, growth over LAG_SECONDS.
    total: their mean, >= 0.
    State: the levels of the last hops.
    """

    needs = (Spectrum,)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._spectrum = rig.get(Spectrum)
        bins = self._spectrum.magnitudes.size
        triangles = log_bands(self._spectrum.bin_hz, bins)
        self.bands_hz = np.array([peak for _, peak, _ in triangles]) * self._spectrum.bin_hz
        # all triangles in one row of bins and weights: a dense matrix would be 98 % zeros
        sides = [(np.linspace(0, 1, p - a, False), np.linspace(1, 0, e - p, False)) for a, p, e in triangles]
        self._weights = np.concatenate([side for pair in sides for side in pair]).astype(np.float32) * LOG_COMPRESSION
        self._bins = np.concatenate([np.arange(first, end) for first, _, end in triangles])
        widths = [end - first for first, _, end in triangles]
        self._starts = np.concatenate(([0], np.cumsum(widths)[:-1]))
        self._past = np.zeros((rig.hops(LAG_SECONDS), len(triangles) + 2), np.float32)
        self.levels: NDArray[np.float32] = np.zeros(len(triangles), np.float32)
        self.rises: NDArray[np.float32] = np.zeros(len(triangles), np.float32)
        self.total = 0.0

    def step(self, hop: Hop) -> None:
        """Compare this hop's bands with those of LAG_SECONDS ago."""
        weighted = self._spectrum.magnitudes[self._bins] * self._weights
        self.levels = np.log10(np.float32(1) + np.add.reduceat(weighted, self._starts))
        old = self._past[0]
        before = np.maximum(np.maximum(old[:-2], old[1:-1]), old[2:])
        self.rises = np.maximum(self.levels - before, np.float32(0))
        self.total = float(self.rises.mean())
        self._past[:-1] = self._past[1:]
        self._past[-1, 1:-1] = self.levels
