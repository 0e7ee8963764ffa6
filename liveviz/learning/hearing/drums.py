"""Drum machines: kicks, snares, claps, hats and clicks made of sines and noise, no two songs with the same. The kits of
soundfonts are recordings of a few real drums; a club plays something else."""

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 44_100
"""Hz."""
DRUM_SECONDS = 0.6
"""Of every drum."""


def synthetic(drum: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """One drum of a new machine: float32 `[26460]` at 44.1 kHz, peak 1.

    drum: kick, tom, snare, clap, hat, open or click.
    """
    t = np.arange(int(DRUM_SECONDS * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    sound = DRUM_MAKERS[drum](t, rng)
    return (sound / np.abs(sound).max()).astype(np.float32)


def _kick(t: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    u = rng.uniform
    hz = u(38, 70) + u(40, 500) * np.exp(-t / u(0.008, 0.08))
    body = np.sin(2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ + u(0, 1)) * np.exp(-t / u(0.05, 0.4))
    drive = u(0.5, 4)
    beater = _coloured(t, rng, u(1_500, 6_000), 1.0) * np.exp(-t / u(0.001, 0.01))
    return np.tanh(drive * body) + u(0, 0.5) * rng.integers(0, 2) * beater / np.abs(beater).max()


def _tom(t: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    u = rng.uniform
    hz = u(75, 240) * (1 + u(0.1, 0.8) * np.exp(-t / u(0.02, 0.08)))
    skin = _coloured(t, rng, u(800, 4_000), 1.0) * np.exp(-t / 0.006)
    return (
        np.sin(2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ) * np.exp(-t / u(0.06, 0.3))
        + u(0, 0.4) * skin / np.abs(skin).max()
    )


def _snare(t: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    u = rng.uniform
    hz = u(140, 340)
    fall = np.cumsum(hz * (1 + u(0, 1) * np.exp(-t / 0.01))) / SAMPLE_RATE_HZ
    tone = (np.sin(2 * np.pi * fall) + u(0, 1) * np.sin(2 * np.pi * hz * u(1.4, 2) * t)) * np.exp(-t / u(0.02, 0.15))
    hiss = _coloured(t, rng, u(1_500, 7_000), u(0.8, 2.5)) if rng.random() < 0.5 else rng.normal(size=t.size)
    return u(0.1, 1) * tone + u(0.3, 1.2) * 0.35 * hiss / hiss.std() * np.exp(-t / u(0.03, 0.25))


def _clap(t: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    u = rng.uniform
    gap, hands = u(0.007, 0.013), int(rng.integers(2, 5))
    envelope = sum(np.where(t >= k * gap, np.exp(-np.maximum(t - k * gap, 0) / 0.005), 0.0) for k in range(hands))
    tail = np.where(t >= 3 * gap, np.exp(-np.maximum(t - 3 * gap, 0) / u(0.03, 0.2)), 0.0)
    return _coloured(t, rng, u(800, 3_000), u(0.4, 1.2)) * (envelope + tail)


def _hat(
    t: NDArray[np.float64], rng: np.random.Generator, decay: tuple[float, float] = (0.008, 0.06)
) -> NDArray[np.float64]:
    u = rng.uniform
    noise = rng.normal(size=t.size)
    if rng.random() < 0.4:
        noise += 0.4 * sum(np.sign(np.sin(2 * np.pi * u(2_000, 9_000) * t)) for _ in range(6))
    hz = np.maximum(np.fft.rfftfreq(t.size, 1 / SAMPLE_RATE_HZ), 1.0)
    high = 1 / np.sqrt(1 + (u(2_500, 9_000) / hz) ** (2 * int(rng.integers(2, 6))))
    return np.fft.irfft(np.fft.rfft(noise) * high, t.size) * np.exp(-t / u(*decay))


def _open(t: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    return _hat(t, rng, (0.1, 0.4))


def _click(t: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    return np.sin(2 * np.pi * rng.uniform(600, 4_000) * t) * np.exp(-t / rng.uniform(0.004, 0.03))


def _coloured(t: NDArray[np.float64], rng: np.random.Generator, hz: float, octaves: float) -> NDArray[np.float64]:
    """Noise around `hz`."""
    at = np.maximum(np.fft.rfftfreq(t.size, 1 / SAMPLE_RATE_HZ), 1.0)
    bell = np.exp(-0.5 * (np.log2(at / hz) / octaves) ** 2)
    return np.fft.irfft(np.fft.rfft(rng.normal(size=t.size)) * bell, t.size)


DRUM_MAKERS = {
    "kick": _kick,
    "tom": _tom,
    "snare": _snare,
    "clap": _clap,
    "hat": _hat,
    "open": _open,
    "click": _click,
}
"""What makes each drum: (seconds of every sample, random numbers) to samples."""
