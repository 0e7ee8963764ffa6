"""Noise that lives: fields of unit variance that melt into one another as the phase goes by. They are a pure function
of seed, layer and phase, so any backend, any process and any later rendering makes the same grain from two numbers."""

import math
from collections.abc import Sequence
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import LAYER_RANGES, ParameterFrame, layer_range

Array = NDArray[np.float32]

_STRENGTHS = tuple(f"noise_strength.{name}" for name in LAYER_RANGES)


class NoiseFields:
    """The noise of all convolutions of one generator.

    Between phase k and k + 1 the noise is cos(a) * field k + sin(a) * field k + 1, a going from 0 to a quarter turn:
    the variance stays 1 all the way, where a plain cross-fade would lose half of it in the middle.

    Args:
        resolutions: pixels of each convolution, in order.
        gains: what the backend wants each field multiplied by.
    State: the two fields of the last phase; the arrays handed out, which the next call overwrites.
    """

    def __init__(self, resolutions: Sequence[int], gains: Sequence[float]) -> None:
        sizes = [r * r for r in resolutions]
        self.size = sum(sizes)
        self._gains = list(gains)
        self._ranges = [layer_range(r) for r in resolutions]
        self._mixed, self._scratch = np.zeros(self.size, np.float32), np.empty(self.size, np.float32)
        ends = np.cumsum(sizes)
        self._parts = [slice(int(end) - size, int(end)) for end, size in zip(ends, sizes, strict=True)]
        self.views: list[Array] = [
            self._mixed[part].reshape(1, 1, r, r) for part, r in zip(self._parts, resolutions, strict=True)
        ]
        self._pair: dict[tuple[int, int], Array] = {}
        self._shown: tuple[object, ...] | None = None

    def frame(self, frame: ParameterFrame) -> list[Array]:
        """The fields of a frame, float32 `[1, 1, r, r]` per convolution: unit variance times gain times strength."""
        low, middle, high = (frame[name] for name in _STRENGTHS)
        return self.at(frame.seed, frame.noise_phase, (low, middle, high))

    def at(self, seed: int, phase: float, strengths: tuple[float, float, float]) -> list[Array]:
        """The fields of a seed at a phase, with a strength for coarse, middle and fine layers."""
        shown = (seed, phase, strengths)
        if shown != self._shown:
            first = math.floor(phase)
            angle = (phase - first) * (math.pi / 2.0)
            a, b = self._two_fields(seed, first)
            np.multiply(a, np.float32(math.cos(angle)), out=self._mixed)
            np.multiply(b, np.float32(math.sin(angle)), out=self._scratch)
            np.add(self._mixed, self._scratch, out=self._mixed)
            for part, gain, index in zip(self._parts, self._gains, self._ranges, strict=True):
                if (scale := gain * strengths[index]) != 1.0:
                    self._mixed[part] *= np.float32(scale)
            self._shown = shown
        return self.views

    def of(self, fields: Sequence[Array]) -> list[Array]:
        """Given fields `[r, r]` (noise_const, or zeros) in the same form, times the gains."""
        for view, field, gain in zip(self.views, fields, self._gains, strict=True):
            np.multiply(field, np.float32(gain), out=view[0, 0])
        self._shown = None
        return self.views

    def _two_fields(self, seed: int, first: int) -> tuple[Array, Array]:
        """Fields `first` and `first + 1`, drawn only where they are not those of the last call."""
        wanted = [(seed, first), (seed, first + 1)]
        self._pair = {key: self._pair[key] if key in self._pair else self.draw(*key) for key in wanted}
        return self._pair[wanted[0]], self._pair[wanted[1]]

    def draw(self, seed: int, number: int) -> Array:
        """Field `number` of a seed, all convolutions one after the other, coarse first: float32 `[size]`, unit normal.

        A smaller generator's fields are therefore the beginning of a larger one's. Sixteen random bits pick one of
        65,536 equally likely values of the normal distribution: five times as fast as drawing it exactly, and only
        the raw bits, which NumPy promises never to change, decide the picture.
        """
        source = np.random.SFC64(np.random.SeedSequence([seed & 0xFFFFFFFF, number & 0xFFFFFFFF]))
        bits = np.asarray(source.random_raw(-(-self.size // 4)), "<u8").view("<u2")[: self.size]
        return _normal_values()[bits]


@cache
def _normal_values() -> Array:
    """65,536 equally likely values of the unit normal distribution, ascending, mean 0, variance 1."""
    normal = NormalDist()
    half = np.array([normal.inv_cdf((n + 0.5) / 65536) for n in range(32768)])
    values = np.concatenate([half, -half[::-1]])
    return (values / values.std()).astype(np.float32)
