"""The image of a whole sound, loudness over time and log frequency, gathered while the sound is read once."""

import numpy as np
from numpy.typing import NDArray

COLUMN_COUNT = 1_600  # of the spectrogram, about one per pixel
ROW_COUNT = 220
LOW_HZ, HIGH_HZ = 40.0, 16_000.0
N_FFT = 4096
RANGE_DB = 75.0


class Spectrogram:
    """Loudness over time and log frequency of a sound of known length, gathered while it is read.

    Args:
        sample_rate: Hz.
        duration: seconds, as the reader says; what comes after is squeezed into the last column.
    State: levels in dB `[ROW_COUNT, COLUMN_COUNT]`, the samples that do not fill a window yet.
    """

    def __init__(self, sample_rate: int, duration: float) -> None:
        self.duration = duration
        self._sample_rate = sample_rate
        self._hop = max(256, int(duration * sample_rate / COLUMN_COUNT / 2))
        self._window = np.hanning(N_FFT).astype(np.float32)
        self._rest = np.zeros(N_FFT - self._hop if self._hop < N_FFT else 0, np.float32)
        self._done = 0
        edges = np.geomspace(LOW_HZ, min(HIGH_HZ, sample_rate / 2), ROW_COUNT + 1) * N_FFT / sample_rate
        self._first = np.floor(edges[:-1]).astype(int)
        self._last = np.maximum(np.ceil(edges[1:]).astype(int), self._first + 1)
        self.top_hz = min(HIGH_HZ, sample_rate / 2)
        self.levels: NDArray[np.float32] = np.full((ROW_COUNT, COLUMN_COUNT), -np.inf, np.float32)

    def add(self, samples: NDArray[np.float32]) -> None:
        """Take in the next float32 `[n, channels]`."""
        self._rest = np.concatenate((self._rest, np.nan_to_num(samples.mean(axis=1)) if samples.size else []))
        while self._rest.size >= max(N_FFT, self._hop):
            magnitudes = np.abs(np.fft.rfft(self._rest[:N_FFT] * self._window)) * (4.0 / N_FFT)
            self._rest = self._rest[self._hop :]
            self._done += self._hop
            column = min(
                int(self._done / self._sample_rate / max(self.duration, 1e-3) * COLUMN_COUNT), COLUMN_COUNT - 1
            )
            sums = np.concatenate(([0.0], np.cumsum(magnitudes.astype(np.float64) ** 2)))
            last = np.minimum(self._last, magnitudes.size)
            power = (sums[last] - sums[np.minimum(self._first, last - 1)]) / (last - np.minimum(self._first, last - 1))
            self.levels[:, column] = np.maximum(self.levels[:, column], 10.0 * np.log10(power + 1e-14))

    def image(self) -> NDArray[np.float32]:
        """float32 `[ROW_COUNT, COLUMN_COUNT]`, 0 to 1: the loudest 75 dB, treble lifted 3 dB per octave so that hats
        are seen."""
        levels = self.levels.copy()
        for column in range(1, COLUMN_COUNT):  # a short song has fewer windows than columns
            if not np.isfinite(levels[0, column]):
                levels[:, column] = levels[:, column - 1]
        levels[~np.isfinite(levels)] = -140.0
        levels += np.linspace(0.0, 3.0 * np.log2(self.top_hz / LOW_HZ), ROW_COUNT, dtype=np.float32)[:, None]
        top = max(float(np.percentile(levels, 99.8)), -100.0)
        return np.clip((levels - top) / RANGE_DB + 1.0, 0.0, 1.0)
