"""From blocks as they come to hops as the analysis wants them: clean, mono, always the same length, each with the time of
its last sample. What arrives is hostile until here: NaN, huge values, a changed block size, no channels."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import Event

SAMPLE_CEILING = 8.0  # 18 dB over full scale: more is a broken input, not music
NATURAL_HOP = 0.0055  # seconds
SLOWEST_RATE, FASTEST_RATE = 8_000, 192_000


def natural_hop_length(sample_rate: int) -> int:
    """The power of two closest to 5.5 ms, in samples: 256 at 44.1 and 48 kHz."""
    return 1 << round(math.log2(sample_rate * NATURAL_HOP))


def clean_mono(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 `[frames]`, finite, within ±SAMPLE_CEILING, from `[frames, channels]` or `[frames]` of anything."""
    x = np.asarray(samples, dtype=np.float32)
    if x.ndim == 1:
        x = x[:, None]
    if not x.size:
        return np.zeros(x.shape[0], np.float32)
    x = np.clip(np.where(np.isnan(x), np.float32(0), x), -SAMPLE_CEILING, SAMPLE_CEILING)
    return x.mean(axis=1, dtype=np.float32) if x.shape[1] > 1 else x[:, 0]


@dataclass(slots=True)
class Hop:
    """One hop of sound, and what was announced in it.

    samples: float32 `[hop_length]`, mono, finite, as it came in (before gain control).
    time: of the last sample, seconds.
    """

    samples: NDArray[np.float32]
    time: float
    events: list[Event] = field(default_factory=list)

    def announce(self, name: str, time: float, strength: float = 1.0) -> None:
        """Say that `name` happened at `time`; never later than now, and never revised."""
        self.events.append(Event(name, min(time, self.time), self.time, strength))


class HopCutter:
    """Cuts a stream of blocks into hops.

    State: up to one hop of samples, the running mean (DC).
    """

    def __init__(self, sample_rate: int, hop_length: int) -> None:
        self._sample_rate = sample_rate
        self._hop_length = hop_length
        self._rest = np.zeros(0, np.float32)
        self._mean = 0.0
        self._mean_rate = 1.0 - math.exp(-hop_length / sample_rate / 0.5)
        self._ramp = np.arange(1, hop_length + 1, dtype=np.float32) / np.float32(hop_length)

    def push(self, samples: NDArray[np.float32], time: float) -> Iterator[Hop]:
        """Every hop that `samples` (float32 `[frames, channels]`, the last one at `time`) completes, in order."""
        x = clean_mono(samples)
        if self._rest.size:
            x = np.concatenate((self._rest, x))
        count = x.size // self._hop_length
        self._rest = x[count * self._hop_length :].copy()
        for i in range(count):
            end = (i + 1) * self._hop_length
            yield Hop(self._without_dc(x[end - self._hop_length : end]), time - (x.size - end) / self._sample_rate)

    def _without_dc(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        before = self._mean
        self._mean += self._mean_rate * (float(x.mean(dtype=np.float64)) - before)
        return x - np.float32(before) - np.float32(self._mean - before) * self._ramp
