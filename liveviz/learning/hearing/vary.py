"""The same song as other rooms and cables would give it: tone, drive, noise and level change, the truth does not. A network
that learned from clean studio sound alone is deaf at the first gig."""

import numpy as np
from numpy.typing import NDArray

LEVELS_DB = (-45.0, -12.0)  # rms
SNR_DB = (5.0, 30.0)


def vary(sound: NDArray[np.float32], rate: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """float32 `[samples]` again: tilted and equalised, a quarter of them driven, half of them noisy, at any level."""
    size = -(-sound.size // rate) * rate  # whole seconds: a length that FFTs like
    hz = np.maximum(np.fft.rfftfreq(size, 1.0 / rate), 30.0)
    curve = (hz / 1_000.0) ** rng.uniform(-0.35, 0.35)
    for _ in range(2):
        bell = np.exp(-0.5 * (np.log2(hz / 2.0 ** rng.uniform(5.5, 13.5)) / rng.uniform(0.4, 1.2)) ** 2)
        curve *= 10.0 ** (rng.uniform(-8.0, 8.0) / 20.0 * bell)
    if rng.random() < 0.1:
        curve /= np.sqrt(1.0 + (hz / rng.uniform(3_000.0, 9_000.0)) ** 8)
    x = np.fft.irfft(np.fft.rfft(sound, size) * curve, size)[: sound.size]
    x /= _rms(x)
    if rng.random() < 0.25:
        x = np.tanh(x / rng.uniform(0.25, 0.8))
        x /= _rms(x)
    if rng.random() < 0.5:
        noise = rng.normal(size=size)
        if rng.random() < 0.3:
            noise = np.fft.irfft(np.fft.rfft(noise) * (hz / 1_000.0) ** -rng.uniform(0.0, 0.6), size)
        x += noise[: x.size] / _rms(noise) * 10.0 ** (-rng.uniform(*SNR_DB) / 20.0)
        x /= _rms(x)
    return (x * 10.0 ** (rng.uniform(*LEVELS_DB) / 20.0)).astype(np.float32)


def _rms(x: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64)))) + 1e-9
