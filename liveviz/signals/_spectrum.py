"""The newest 46 ms of sound as magnitudes, once per hop, seen through a window that falls fast: an attack counts in full
7 ms after it began, where a symmetric window of the same resolution would take 23 ms."""

import math

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._gain import Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Part, Rig

WINDOW_SECONDS = 2048 / 44100
FALL_RATIO = 0.15  # share of the window after its peak


def span_samples(sample_rate: int, seconds: float) -> int:
    """The power of two closest to `seconds`, in samples."""
    return 1 << round(math.log2(sample_rate * seconds))


def attack_window(n: int) -> NDArray[np.float32]:
    """float32 `[n]`: half a Hann window up over 85 % of it, half a Hann window down over the newest 15 %."""
    fall = int(n * FALL_RATIO)
    up = 0.5 - 0.5 * np.cos(np.pi * np.arange(n - fall) / (n - fall))
    down = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, fall + 1) / (fall + 1))
    return np.concatenate((up, down)).astype(np.float32)


class Spectrum(Part):
    """Magnitudes of the newest sound.

    n_fft: samples in the window.
    magnitudes: float32 `[n_fft // 2 + 1]`, a full-scale sine at its peak is 1.
    bin_hz: distance of two bins.
    State: the newest n_fft samples.
    """

    needs = (Gain,)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._gain = rig.get(Gain)
        self.n_fft = max(span_samples(rig.sample_rate, WINDOW_SECONDS), rig.hop_length)
        self.bin_hz = rig.sample_rate / self.n_fft
        window = attack_window(self.n_fft)
        self._window = window * np.float32(2.0 / window.sum())
        self._sound = np.zeros(self.n_fft, np.float32)
        self.magnitudes: NDArray[np.float32] = np.zeros(self.n_fft // 2 + 1, np.float32)

    def step(self, hop: Hop) -> None:
        """Slide the newest hop in and look."""
        n = hop.samples.size
        self._sound[:-n] = self._sound[n:]
        self._sound[-n:] = self._gain.samples
        self.magnitudes = np.abs(np.fft.rfft(self._sound * self._window))
