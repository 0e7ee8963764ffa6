"""Sounds made for the tests of the listening, whose truth is known because the test wrote it, and ways to play them."""

import numpy as np
from numpy.typing import NDArray

from liveviz.signals import Analyser
from liveviz.spec import AudioBlock, SignalFrame


def noise(rate: int, seconds: float, level: float = 1.0, seed: int = 0) -> NDArray[np.float32]:
    """float32 `[n]`, white, of that rms."""
    return (level * np.random.default_rng(seed).standard_normal(int(rate * seconds))).astype(np.float32)


def put(track: NDArray[np.float32], rate: int, times: list[float], sound: NDArray[np.float32]) -> None:
    """Add `sound` to `track` at every one of `times`."""
    for t in times:
        start = round(t * rate)
        piece = track[start : start + sound.size]
        piece += sound[: piece.size]


def click(rate: int, hz: float = 1_500.0, decay: float = 0.012) -> NDArray[np.float32]:
    """A short wooden click."""
    t = np.arange(int(0.08 * rate)) / rate
    return (np.sin(2 * np.pi * hz * t) * np.exp(-t / decay)).astype(np.float32)


def kick(rate: int) -> NDArray[np.float32]:
    """A sine that falls from 220 to 50 Hz."""
    t = np.arange(int(0.3 * rate)) / rate
    phase = 2 * np.pi * np.cumsum(50.0 + 170.0 * np.exp(-t / 0.03)) / rate
    return (np.sin(phase) * np.exp(-t / 0.12)).astype(np.float32)


def snare(rate: int) -> NDArray[np.float32]:
    """A short tone at 190 Hz and noise."""
    t = np.arange(int(0.25 * rate)) / rate
    tone = np.sin(2 * np.pi * 190.0 * t) * np.exp(-t / 0.06)
    return (0.5 * tone + 0.5 * noise(rate, 0.25, seed=2)[: t.size] * np.exp(-t / 0.08)).astype(np.float32)


def hat(rate: int) -> NDArray[np.float32]:
    """Short noise with the low end taken off."""
    hiss = np.diff(noise(rate, 0.06, seed=1), n=3, prepend=[0, 0, 0])
    return (0.15 * hiss / np.abs(hiss).max() * np.exp(-np.arange(hiss.size) / rate / 0.02)).astype(np.float32)


def chord(rate: int, seconds: float, notes: list[int], level: float = 0.1) -> NDArray[np.float32]:
    """Each MIDI note with five harmonics, steady."""
    t = np.arange(int(rate * seconds)) / rate
    hz = [440.0 * 2.0 ** ((n - 69) / 12.0) for n in notes]
    tones = [np.sin(2 * np.pi * f * k * t) / k**1.5 for f in hz for k in range(1, 6) if f * k < 0.45 * rate]
    return (level * np.sum(tones, axis=0)).astype(np.float32)


def hear(
    sound: NDArray[np.float32], rate: int, block: int = 4096, analyser: Analyser | None = None, hop: int | None = None
) -> list[SignalFrame]:
    """Every frame of `sound` (`[n]` or `[n, channels]`), played from time 0 in blocks."""
    analyser = analyser or Analyser(rate, hop)
    sound = sound if sound.ndim == 2 else sound[:, None]
    frames = []
    for start in range(0, len(sound), block):
        piece = sound[start : start + block]
        frames += analyser.step(AudioBlock(piece, rate, (start + len(piece)) / rate))
    return frames


def column(frames: list[SignalFrame], name: str) -> NDArray[np.float64]:
    """One output over all frames."""
    from liveviz.signals import outputs

    index = [o.name for o in outputs()].index(name)
    return np.array([f.values[index] for f in frames])


def events(frames: list[SignalFrame], name: str) -> NDArray[np.float64]:
    """(time, known) of every event of that name: `[n, 2]`."""
    return np.array([(e.time, e.known) for f in frames for e in f.events if e.name == name]).reshape(-1, 2)
