"""The tones that sound now: peaks of a long spectrum, each with its exact frequency and how clearly it stands out. Chroma
of chords and of bass are two ways to fold the same peaks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._gain import Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Part, Rig
from liveviz.signals._spectrum import span_samples
from liveviz.spec import approach

SPECTRUM_SECONDS = 8192 / 44100  # seconds of sound in the spectrum
LOOK_EVERY_SECONDS = 0.0116  # seconds between two spectra
LOWEST_HZ, HIGHEST_HZ = 38.0, 2_200.0
AROUND_HZ = 110.0  # a tone stands out of the mean of this much spectrum on either side
UNCLEAR_RATIO, CLEAR_RATIO = 2.0, 3.5  # times that mean: noise reaches 2.5, a tone 5 and more
LOG_COMPRESSION = 100.0
SETTLE_SECONDS = 0.1  # time constant of a folded chroma
MIN_TONE_WEIGHT = 0.15  # folded weight below which there is no tone


class Pitches(Part):
    """Tones of the last 0.19 s, renewed every 12 ms.

    fresh: whether this hop brought new ones.
    notes: float64 `[tones]`, MIDI note numbers with fractions (69 = 440 Hz).
    weights: float64 `[tones]`, >= 0, log magnitude, faded out where a tone hardly stands out.
    period: seconds between two fresh ones.
    State: the phase vocoder's window, the hops since the last spectrum.
    """

    needs = (Gain,)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        import aubio  # here, so that naming the outputs costs nothing

        self._gain = rig.get(Gain)
        self._hops = rig.hops(LOOK_EVERY_SECONDS)
        self.period = self._hops * rig.dt
        self._sound = np.zeros(self._hops * rig.hop_length, aubio.float_type)
        n_fft = max(span_samples(rig.sample_rate, SPECTRUM_SECONDS), self._sound.size * 2)
        self._vocoder: Any = aubio.pvoc(n_fft, self._sound.size)
        self._scale = 4.0 / n_fft  # a full-scale sine is 1 under a Hann window
        self._bin_hz = rig.sample_rate / n_fft
        self._first = max(1, int(LOWEST_HZ / self._bin_hz))
        self._last = min(n_fft // 2 - 1, int(HIGHEST_HZ / self._bin_hz))
        self._reach = max(4, round(AROUND_HZ / self._bin_hz))
        self._filled = 0
        # the stretch of spectrum that is read, and for each bin in it the stretch of which it must stand out
        self._low, self._high = max(0, self._first - self._reach), self._last + self._reach + 1
        here = np.arange(self._first, self._last) - self._low
        self._begin = np.maximum(here - self._reach, 0)
        self._end = np.minimum(here + self._reach + 1, min(self._high, n_fft // 2 + 1) - self._low)
        self._share = 1.0 / (self._end - self._begin)
        self.fresh = False
        self.notes: NDArray[np.float64] = np.zeros(0)
        self.weights: NDArray[np.float64] = np.zeros(0)

    def step(self, hop: Hop) -> None:
        """Collect the hop; when enough came in, find the tones."""
        n = hop.samples.size
        self._sound[self._filled : self._filled + n] = self._gain.samples
        self._filled += n
        self.fresh = self._filled == self._sound.size
        if self.fresh:
            self._filled = 0
            self._find(self._vocoder(self._sound).norm * np.float32(self._scale))

    def _find(self, magnitudes: NDArray[np.float32]) -> None:
        a, b = self._first, self._last
        left, here, right = magnitudes[a - 1 : b - 1], magnitudes[a:b], magnitudes[a + 1 : b + 1]
        sums = np.concatenate(([0.0], np.cumsum(magnitudes[self._low : self._high], dtype=np.float64)))
        mean = (sums[self._end] - sums[self._begin]) * self._share
        peaks = np.flatnonzero((here > left) & (here >= right) & (here > UNCLEAR_RATIO * mean))
        low, mid, high = (np.log(x[peaks].astype(np.float64) + 1e-9) for x in (left, here, right))
        # a parabola through three log magnitudes: the peak of a Hann window to a few hundredths of a bin
        offset = np.clip(0.5 * (low - high) / np.minimum(low - 2.0 * mid + high, -1e-9), -0.5, 0.5)
        self.notes = 69.0 + 12.0 * np.log2((a + peaks + offset) * self._bin_hz / 440.0)
        clearness = np.clip(
            (here[peaks] / (mean[peaks] + 1e-12) - UNCLEAR_RATIO) / (CLEAR_RATIO - UNCLEAR_RATIO), 0.0, 1.0
        )
        self.weights = clearness * np.log10(1.0 + LOG_COMPRESSION * here[peaks])


class Fold:
    """Tones around one register, folded into the twelve pitch classes.

    Args:
        centre, width: MIDI note that counts most, and notes to where it counts 0.6 as much.
    State: the smoothed weights.
    """

    def __init__(self, pitches: Pitches, centre: float, width: float) -> None:
        self._pitches = pitches
        self._centre, self._width = centre, width
        self._weights = np.zeros(12)

    def step(self, chroma: NDArray[np.float64]) -> None:
        """Write chroma `[12]`, C = 0, into `chroma`: sum 1 where there is tone, else all 0."""
        if not self._pitches.fresh:
            return
        notes = self._pitches.notes
        nearest = np.round(notes)
        away = ((notes - self._centre) / self._width) ** 2 + ((notes - nearest) / 0.25) ** 2
        now = np.bincount(
            nearest.astype(np.intp) % 12, weights=self._pitches.weights * np.exp(-0.5 * away), minlength=12
        )
        self._weights += approach(0.0, 1.0, self._pitches.period, SETTLE_SECONDS) * (now - self._weights)
        total = float(self._weights.sum())
        chroma[:] = self._weights / total if total > MIN_TONE_WEIGHT else 0.0
