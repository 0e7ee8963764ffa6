"""The same song as other rooms and cables would give it: tone, drive, noise and level change, the truth does not. A network
that learned from clean studio sound alone is deaf at the first gig."""

import numpy as np
from numpy.typing import NDArray

LEVELS_DB = (-58.0, -8.0)  # rms; louder is clipped at full scale, as a sound card does
SNR_DB = (5.0, 30.0)
"""Of a song over a talking crowd, least and most."""
CROWD_HZ, CROWD_OCTAVES = 700.0, 1.3  # where a talking crowd is
Sound = NDArray[np.floating]


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
        noise = _noise(hz, rate, rng)[: x.size]
        x += noise / _rms(noise) * 10.0 ** (-rng.uniform(*SNR_DB) / 20.0)
        x /= _rms(x)
    return np.clip(x * 10.0 ** (rng.uniform(*LEVELS_DB) / 20.0), -1.0, 1.0).astype(np.float32)


def _noise(hz: Sound, rate: int, rng: np.random.Generator) -> Sound:
    """Half of it white, the rest pink or brown, a crowd that swells, or the hum of the mains."""
    size = (hz.size - 1) * 2 if rate % 2 == 0 else hz.size * 2 - 1
    white = rng.normal(size=size)
    kind = rng.random()
    if kind < 0.5:
        return white
    if kind < 0.7:
        return np.fft.irfft(np.fft.rfft(white) * (hz / 1_000.0) ** -rng.uniform(0.2, 1.0), size)
    t = np.arange(size) / rate
    if kind < 0.9:
        crowd = np.fft.irfft(np.fft.rfft(white) * np.exp(-0.5 * (np.log2(hz / CROWD_HZ) / CROWD_OCTAVES) ** 2), size)
        swell = np.interp(t, np.arange(0.0, t[-1] + 0.5, 0.25), np.exp(0.4 * rng.normal(size=int(t[-1] * 4) + 3)))
        return crowd * swell
    mains = rng.choice([50.0, 60.0])
    return sum(np.sin(2 * np.pi * mains * k * t) / k ** rng.uniform(0.5, 2.0) for k in (1, 2, 3, 5, 7)) + 0.03 * white


def _rms(x: Sound) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64)))) + 1e-9
