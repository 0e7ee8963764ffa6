"""The effects of the demo song: filter sweep, echo, hall, side-chain. Each works bar by bar and keeps what rings over into
the next bar, so that a bar's edge cannot be heard and a loop of the song has no seam. Arrays are float32
`[BAR_SAMPLES, 2]`."""

import numpy as np
from numpy.typing import NDArray

from liveviz.inputs.demo.score import BAR_SAMPLES, SAMPLE_RATE, SIXTEENTH_SAMPLES
from liveviz.inputs.demo.synth import ROOM_FFT, ROOM_TAIL, Sound, room

HOP_SAMPLES = 1024
FFT_SAMPLES = 3 * HOP_SAMPLES  # a window of two hops, and one for the filter to ring out


class Sweep:
    """A resonant low-pass (two poles) or band-pass whose frequency moves; its output is HOP_SAMPLES (21 ms) late.

    State: the last HOP_SAMPLES samples of the input, what rings over of the output.
    """

    def __init__(self, resonance: float, band: bool = False) -> None:
        self._q, self._band = resonance, band
        self._before = np.zeros((HOP_SAMPLES, 2), np.float32)
        self._over = np.zeros((FFT_SAMPLES - HOP_SAMPLES, 2), np.float32)
        self._window = np.hanning(2 * HOP_SAMPLES + 1)[:-1].astype(np.float32)
        self._f = np.fft.rfftfreq(FFT_SAMPLES, 1.0 / SAMPLE_RATE)

    def step(self, sound: Sound, cutoff_hz: NDArray[np.float64]) -> Sound:
        """Filter one bar; `cutoff_hz` `[BAR_SAMPLES // HOP_SAMPLES]` is the frequency of each hop."""
        if not (self._before.any() or self._over.any() or sound.any()):
            return sound
        joined = np.concatenate([self._before, sound])
        self._before = sound[-HOP_SAMPLES:].copy()
        frames = np.lib.stride_tricks.sliding_window_view(joined, 2 * HOP_SAMPLES, axis=0)[
            ::HOP_SAMPLES
        ]  # [BAR_SAMPLES // HOP_SAMPLES, 2, 2 * HOP_SAMPLES]
        x = self._f / cutoff_hz[:, None]  # [BAR_SAMPLES // HOP_SAMPLES, bins]
        answer = (1j * x / self._q if self._band else 1.0) / (1.0 - x * x + 1j * x / self._q)
        answer[:, 0] = 0.0
        spectrum = np.fft.rfft(frames * self._window, FFT_SAMPLES, axis=2) * answer[:, None, :].astype(np.complex64)
        rung = np.fft.irfft(spectrum, FFT_SAMPLES, axis=2).transpose(
            0, 2, 1
        )  # [BAR_SAMPLES // HOP_SAMPLES, FFT_SAMPLES, 2]
        out = np.zeros((BAR_SAMPLES + FFT_SAMPLES - HOP_SAMPLES, 2), np.float32)
        out[: FFT_SAMPLES - HOP_SAMPLES] = self._over
        for i in range(FFT_SAMPLES // HOP_SAMPLES):
            out[i * HOP_SAMPLES : i * HOP_SAMPLES + BAR_SAMPLES] += rung[
                :, i * HOP_SAMPLES : (i + 1) * HOP_SAMPLES
            ].reshape(BAR_SAMPLES, 2)
        self._over = out[BAR_SAMPLES:].copy()
        return out[:BAR_SAMPLES]


class Echo:
    """Dotted-eighth echoes that go from side to side. State: the line."""

    DELAY = 3 * SIXTEENTH_SAMPLES

    def __init__(self, feedback: float) -> None:
        self._feedback = np.float32(feedback)
        self._line = np.zeros((self.DELAY, 2), np.float32)

    def step(self, sound: Sound) -> Sound:
        """The echoes, without the sound itself."""
        line = np.concatenate([self._line, sound])
        for start in range(self.DELAY, len(line), self.DELAY):
            end = min(start + self.DELAY, len(line))
            line[start:end] += self._feedback * line[start - self.DELAY : end - self.DELAY, ::-1]
        self._line = line[BAR_SAMPLES:].copy()
        return line[:BAR_SAMPLES]


class Hall:
    """Convolution with the demo's room. State: the tail."""

    def __init__(self) -> None:
        self._tail = np.zeros((ROOM_TAIL, 2), np.float32)

    def step(self, sound: Sound) -> Sound:
        """The reverberation, without the sound itself."""
        spectrum = np.fft.rfft(np.ascontiguousarray(sound.T), ROOM_FFT) * room()
        wet = np.asarray(np.fft.irfft(spectrum, ROOM_FFT).T, np.float32)  # [ROOM_FFT, 2]
        wet[:ROOM_TAIL] += self._tail
        self._tail = wet[BAR_SAMPLES : BAR_SAMPLES + ROOM_TAIL].copy()
        return wet[:BAR_SAMPLES]


_DUCK_FRAMES = int(0.36 * SAMPLE_RATE)


def ducking(kicks: list[tuple[int, float]], depth: float) -> Sound:
    """Gain `[BAR_SAMPLES, 1]` that makes room for each kick and comes back over 0.36 s."""
    t = np.arange(_DUCK_FRAMES) / SAMPLE_RATE
    dip = np.minimum(t / 0.003, 1.0) * 0.5 * (1.0 + np.cos(np.pi * np.clip((t - 0.045) / 0.31, 0.0, 1.0)))
    gain = np.ones(BAR_SAMPLES + _DUCK_FRAMES, np.float32)
    for sixteenth, velocity in kicks:
        at = slice(sixteenth * SIXTEENTH_SAMPLES, sixteenth * SIXTEENTH_SAMPLES + _DUCK_FRAMES)
        gain[at] = np.minimum(gain[at], 1.0 - depth * velocity * dip)
    return gain[:BAR_SAMPLES, None]
