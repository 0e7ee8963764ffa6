"""The effects of the demo song: filter sweep, echo, hall, side-chain. Each works bar by bar and keeps what rings over into
the next bar, so that a bar's edge cannot be heard and a loop of the song has no seam. Arrays are float32 `[BAR, 2]`."""

import numpy as np
from numpy.typing import NDArray

from liveviz.inputs.demo.score import BAR, SAMPLE_RATE, SIXTEENTH
from liveviz.inputs.demo.synth import ROOM_FFT, ROOM_TAIL, Sound, room

HOP = 1024
FFT = 3 * HOP  # a window of two hops, and one for the filter to ring out


class Sweep:
    """A resonant low-pass (two poles) or band-pass whose frequency moves; its output is HOP samples (21 ms) late.

    State: the last HOP samples of the input, what rings over of the output.
    """

    def __init__(self, resonance: float, band: bool = False) -> None:
        self._q, self._band = resonance, band
        self._before = np.zeros((HOP, 2), np.float32)
        self._over = np.zeros((FFT - HOP, 2), np.float32)
        self._window = np.hanning(2 * HOP + 1)[:-1].astype(np.float32)
        self._f = np.fft.rfftfreq(FFT, 1.0 / SAMPLE_RATE)

    def step(self, sound: Sound, cutoff_hz: NDArray[np.float64]) -> Sound:
        """Filter one bar; `cutoff_hz` `[BAR // HOP]` is the frequency of each hop."""
        if not (self._before.any() or self._over.any() or sound.any()):
            return sound
        joined = np.concatenate([self._before, sound])
        self._before = sound[-HOP:].copy()
        frames = np.lib.stride_tricks.sliding_window_view(joined, 2 * HOP, axis=0)[::HOP]  # [BAR // HOP, 2, 2 * HOP]
        x = self._f / cutoff_hz[:, None]  # [BAR // HOP, bins]
        answer = (1j * x / self._q if self._band else 1.0) / (1.0 - x * x + 1j * x / self._q)
        answer[:, 0] = 0.0
        spectrum = np.fft.rfft(frames * self._window, FFT, axis=2) * answer[:, None, :].astype(np.complex64)
        rung = np.fft.irfft(spectrum, FFT, axis=2).transpose(0, 2, 1)  # [BAR // HOP, FFT, 2]
        out = np.zeros((BAR + FFT - HOP, 2), np.float32)
        out[: FFT - HOP] = self._over
        for i in range(FFT // HOP):
            out[i * HOP : i * HOP + BAR] += rung[:, i * HOP : (i + 1) * HOP].reshape(BAR, 2)
        self._over = out[BAR:].copy()
        return out[:BAR]


class Echo:
    """Dotted-eighth echoes that go from side to side. State: the line."""

    DELAY = 3 * SIXTEENTH

    def __init__(self, feedback: float) -> None:
        self._feedback = np.float32(feedback)
        self._line = np.zeros((self.DELAY, 2), np.float32)

    def step(self, sound: Sound) -> Sound:
        """The echoes, without the sound itself."""
        line = np.concatenate([self._line, sound])
        for start in range(self.DELAY, len(line), self.DELAY):
            end = min(start + self.DELAY, len(line))
            line[start:end] += self._feedback * line[start - self.DELAY : end - self.DELAY, ::-1]
        self._line = line[BAR:].copy()
        return line[:BAR]


class Hall:
    """Convolution with the demo's room. State: the tail."""

    def __init__(self) -> None:
        self._tail = np.zeros((ROOM_TAIL, 2), np.float32)

    def step(self, sound: Sound) -> Sound:
        """The reverberation, without the sound itself."""
        spectrum = np.fft.rfft(np.ascontiguousarray(sound.T), ROOM_FFT) * room()
        wet = np.asarray(np.fft.irfft(spectrum, ROOM_FFT).T, np.float32)  # [ROOM_FFT, 2]
        wet[:ROOM_TAIL] += self._tail
        self._tail = wet[BAR : BAR + ROOM_TAIL].copy()
        return wet[:BAR]


_DUCK_FRAMES = int(0.36 * SAMPLE_RATE)


def ducking(kicks: list[tuple[int, float]], depth: float) -> Sound:
    """Gain `[BAR, 1]` that makes room for each kick and comes back over 0.36 s."""
    t = np.arange(_DUCK_FRAMES) / SAMPLE_RATE
    dip = np.minimum(t / 0.003, 1.0) * 0.5 * (1.0 + np.cos(np.pi * np.clip((t - 0.045) / 0.31, 0.0, 1.0)))
    gain = np.ones(BAR + _DUCK_FRAMES, np.float32)
    for sixteenth, velocity in kicks:
        at = slice(sixteenth * SIXTEENTH, sixteenth * SIXTEENTH + _DUCK_FRAMES)
        gain[at] = np.minimum(gain[at], 1.0 - depth * velocity * dip)
    return gain[:BAR, None]
