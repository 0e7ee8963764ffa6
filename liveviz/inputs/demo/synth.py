"""The instruments of the demo song: drums from sines and noise, notes from partials, pads and leads from one inverse
Fourier transform each, whose partials are spread as a choir's are (the idea of P. O. Nasca's PADsynth, 2006, from its
description). Each makes one sound once and remembers it, so that playing is adding arrays. All noise is seeded: the same
song on every pass. Sounds are float32 `[frames]` or `[frames, 2]`, about full scale."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from liveviz.inputs.demo.score import SAMPLE_RATE

Sound = NDArray[np.float32]
CHOIR_FRAMES = 1 << 16  # an ensemble repeats after 1.4 s, which its width hides


def seconds(length: float) -> NDArray[np.float64]:
    """The times of `length` seconds of samples."""
    return np.arange(int(length * SAMPLE_RATE)) / SAMPLE_RATE


def pitch_hz(note: float) -> float:
    """Hz of a MIDI note, A4 = 440."""
    return float(440.0 * 2.0 ** ((note - 69.0) / 12.0))


def noise(frames: int, seed: int, channels: int = 1) -> NDArray[np.float64]:
    """White noise `[frames, channels]`, rms 1."""
    return np.random.default_rng(seed).standard_normal((frames, channels))


def band(sound: NDArray[np.float64], low_hz: float, high_hz: float, slope: float = 4.0) -> NDArray[np.float64]:
    """`sound` `[frames, channels]` between two frequencies, without phase shift; `slope` is the order."""
    spectrum = np.fft.rfft(sound, axis=0)
    f = np.maximum(np.fft.rfftfreq(len(sound), 1.0 / SAMPLE_RATE), 1e-3)
    gain = 1.0 / np.sqrt((1.0 + (low_hz / f) ** (2 * slope)) * (1.0 + (f / high_hz) ** (2 * slope)))
    return np.fft.irfft(spectrum * gain[:, None], len(sound), axis=0)


def _ends(sound: NDArray[np.float64], fade: float = 0.004) -> Sound:
    """float32, with the last `fade` seconds going to 0 so that nothing clicks."""
    n = min(int(fade * SAMPLE_RATE), len(sound))
    ramp = np.linspace(1.0, 0.0, n)
    sound[len(sound) - n :] *= ramp if sound.ndim == 1 else ramp[:, None]
    return np.asarray(sound, np.float32)


@lru_cache(maxsize=1)
def kick() -> Sound:
    """0.36 s: a sine that falls from 240 Hz to 46 Hz, with a click in front, driven a little."""
    t = seconds(0.36)
    f = 46.0 + 195.0 * np.exp(-t / 0.019) + 50.0 * np.exp(-t / 0.07)
    body = np.sin(2 * np.pi * np.cumsum(f) / SAMPLE_RATE) * np.exp(-t / 0.16) * np.minimum(t / 0.0006, 1.0)
    click = band(noise(len(t), 1), 1800.0, 9000.0)[:, 0] * np.exp(-t / 0.0025)
    return _ends(np.tanh(1.9 * body + 0.4 * click) * np.minimum((0.36 - t) / 0.05, 1.0))


@lru_cache(maxsize=1)
def clap() -> Sound:
    """0.35 s, stereo: four hands, then the room, over a short snare body."""
    t = seconds(0.35)
    hands = np.zeros_like(t)
    for start, level in ((0.0, 0.8), (0.010, 0.7), (0.021, 1.0)):
        hands += level * np.where(t >= start, np.exp(-np.maximum(t - start, 0.0) / 0.006), 0.0)
    hands += 0.55 * np.where(t >= 0.021, np.exp(-np.maximum(t - 0.021, 0.0) / 0.075), 0.0)
    air = band(noise(len(t), 2, 2), 900.0, 7500.0, 2.0) * hands[:, None]
    body = np.sin(2 * np.pi * (185.0 * t + 3.0 * (1.0 - np.exp(-t / 0.02)))) * np.exp(-t / 0.045)
    return _ends(np.tanh(1.1 * air + 0.5 * body[:, None]))


@lru_cache(maxsize=64)
def snare(rise: int) -> Sound:
    """0.16 s of a roll's snare, tuned `rise` semitones up."""
    t = seconds(0.16)
    f = 190.0 * 2.0 ** (rise / 12.0)
    body = np.sin(2 * np.pi * (f * t + 2.0 * (1.0 - np.exp(-t / 0.012)))) * np.exp(-t / 0.05)
    rattle = band(noise(len(t), 3), 1500.0 + 60.0 * rise, 9000.0)[:, 0] * np.exp(-t / 0.05)
    return _ends(0.7 * np.tanh(1.3 * body + 0.9 * rattle))


@lru_cache(maxsize=8)
def hat(variant: int) -> Sound:
    """60 ms of a closed hat: six square partials that do not fit together, and noise."""
    t = seconds(0.06)
    return _ends(_metal(t, 40 + variant) * np.exp(-t / (0.011 + 0.002 * variant)))


@lru_cache(maxsize=1)
def open_hat() -> Sound:
    """0.2 s of an open hat."""
    t = seconds(0.2)
    return _ends(_metal(t, 50) * np.exp(-t / 0.075) * np.minimum(t / 0.002, 1.0))


def _metal(t: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    ring = sum(np.sign(np.sin(2 * np.pi * f * t)) for f in (2050.0, 3042.0, 3694.0, 5225.0, 5400.0, 8000.0))
    return band(0.12 * np.asarray(ring)[:, None] + 0.5 * noise(len(t), seed), 7000.0, 15500.0)[:, 0]


@lru_cache(maxsize=8)
def wood(pitch: int) -> Sound:
    """90 ms of a wooden drum."""
    t = seconds(0.09)
    f = (330.0, 440.0, 560.0)[pitch]
    return _ends(np.sin(2 * np.pi * (f * t + 0.8 * (1 - np.exp(-t / 0.006)))) * np.exp(-t / 0.022))


@lru_cache(maxsize=256)
def pluck(note: int, cutoff_hz: int, length: float) -> Sound:
    """A saw through a low-pass that closes at once, `length` seconds."""
    t = seconds(length)
    cutoff = 180.0 + cutoff_hz * np.exp(-t / 0.07)
    return _ends(_partials(note, t, cutoff, 1.1) * np.exp(-t / 0.13) * np.minimum(t / 0.0015, 1.0))


@lru_cache(maxsize=64)
def bass(note: int, sixteenths: int, cutoff_hz: int) -> Sound:
    """A saw with a filter envelope over its own octave-down sine, as long as asked, with a short release."""
    length = sixteenths * 0.12
    t = seconds(length)
    cutoff = 110.0 + cutoff_hz * np.exp(-t / (0.06 + 0.03 * sixteenths))
    low = np.sin(2 * np.pi * pitch_hz(note) * t)
    top = _partials(note, t, cutoff, 1.3) + 0.7 * _partials(note + 0.11, t, cutoff, 1.3)
    gate = np.minimum(t / 0.003, 1.0) * np.clip((length - t) / 0.02, 0.0, 1.0)
    return _ends(np.tanh(1.1 * low + 0.6 * top) * gate)


def _partials(
    note: float, t: NDArray[np.float64], cutoff: NDArray[np.float64], resonance: float
) -> NDArray[np.float64]:
    """A saw wave below 14 kHz, each partial weighted by a two-pole low-pass at `cutoff` Hz (an array over time)."""
    f = pitch_hz(note)
    turn = np.exp(2j * np.pi * f * t)
    wave = np.ones_like(turn)  # turn ** k: its imaginary part is the k-th partial
    out = np.zeros_like(t)
    for k in range(1, min(int(14_000.0 / f), 40) + 1):
        wave *= turn
        x = (k * f / cutoff) ** 2
        gain = np.minimum(1.0 / np.sqrt((1.0 - x) ** 2 + x / resonance**2), resonance)
        if gain.max() < 2e-3 * k:
            break
        out += wave.imag * gain / k
    return 0.6 * out


@lru_cache(maxsize=64)
def bell(note: int) -> Sound:
    """1.6 s of a struck bell by frequency modulation."""
    t = seconds(1.6)
    f = pitch_hz(note)
    strike = 2.2 * np.exp(-t / 0.25) * np.sin(2 * np.pi * 3.5 * f * t)
    tone = np.sin(2 * np.pi * f * t + strike) + 0.35 * np.sin(2 * np.pi * 2.001 * f * t) * np.exp(-t / 0.3)
    return _ends(0.6 * tone * np.exp(-t / 0.5) * np.minimum(t / 0.002, 1.0), 0.1)


@lru_cache(maxsize=96)
def choir(note: int, cents: int, bright: float) -> Sound:
    """An ensemble of saws on one note, stereo, `[CHOIR_FRAMES, 2]`, that goes round without a seam.

    Args:
        note: MIDI.
        cents: how far apart the voices are (standard deviation).
        bright: partial k has level k ** -(2 - bright): 1 is a saw, 0 a flute.
    """
    f = pitch_hz(note)
    bins = np.fft.rfftfreq(CHOIR_FRAMES, 1.0 / SAMPLE_RATE)
    level = np.zeros_like(bins)
    for k in range(1, int(15_000.0 / f) + 1):
        width = max(k * f * (2.0 ** (cents / 1200.0) - 1.0), bins[1])
        near = slice(max(np.searchsorted(bins, k * f - 4 * width) - 1, 1), np.searchsorted(bins, k * f + 4 * width) + 2)
        level[near] += np.exp(-0.5 * ((bins[near] - k * f) / width) ** 2) / np.sqrt(width) * k ** -(2.0 - bright)
    phase = np.random.default_rng(note).uniform(0.0, 2 * np.pi, (len(bins), 2))
    sound = np.fft.irfft(level[:, None] * np.exp(1j * phase), CHOIR_FRAMES, axis=0)
    return np.asarray(sound * (0.28 / sound.std()), np.float32)


def choir_part(note: int, cents: int, bright: float, start: int, frames: int) -> Sound:
    """`frames` of the ensemble from sample `start` on, `[frames, 2]`."""
    return choir(note, cents, bright)[(start + np.arange(frames)) % CHOIR_FRAMES]


@lru_cache(maxsize=2)
def impact(seed: int) -> Sound:
    """2.4 s, stereo: a falling boom and a crash, for the first beat of a section."""
    t = seconds(2.4)
    boom = np.sin(2 * np.pi * np.cumsum(32.0 + 60.0 * np.exp(-t / 0.15)) / SAMPLE_RATE) * np.exp(-t / 0.55)
    crash = band(noise(len(t), seed, 2), 2500.0, 14000.0, 1.5) * np.exp(-t / 0.6)[:, None]
    return _ends(0.6 * boom[:, None] + 0.32 * crash, 0.2)


@lru_cache(maxsize=4)
def wash(bars_frames: int, seed: int) -> Sound:
    """White noise, stereo, for risers: filtered where it is used."""
    return np.asarray(0.3 * noise(bars_frames, seed, 2), np.float32)


ROOM_FFT = 180_000  # a bar and the hall's tail, and only small factors
ROOM_TAIL = int(1.7 * SAMPLE_RATE)


@lru_cache(maxsize=1)
def room() -> NDArray[np.complex64]:
    """Spectrum `[2, ROOM_FFT // 2 + 1]` of a hall of 1.7 s: noise that decays, the treble sooner."""
    t = seconds(1.7)
    tail = noise(len(t), 9, 2)
    low = band(tail, 180.0, 1800.0, 1.0) * np.exp(-t / 0.42)[:, None]
    high = band(tail, 1800.0, 9000.0, 1.0) * np.exp(-t / 0.2)[:, None]
    sound = (low + high) * np.minimum(t / 0.012, 1.0)[:, None] * np.minimum((1.7 - t) / 0.2, 1.0)[:, None]
    sound /= np.sqrt((sound**2).sum(axis=0))
    return np.fft.rfft(sound.T, ROOM_FFT).astype(np.complex64)
