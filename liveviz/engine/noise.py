"""Noise that lives: fields of unit variance that melt into one another as the phase goes by. They are a pure function
of seed, layer and phase, so any backend, any process and any later rendering makes the same grain from two numbers. An image
can say where there is less of it."""

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from liveviz.models import NoisePlace
from liveviz.spec import LAYER_RANGES, ParameterFrame, layer_range

Array = NDArray[np.float32]
Strengths = tuple[float, float, float]  # of coarse, middle and fine layers

STRENGTH_PARAMETERS = tuple(f"noise_strength.{name}" for name in LAYER_RANGES)


class NoiseFields:
    """The noise of all convolutions of one generator.

    Between phase k and k + 1 the noise is cos(a) * field k + sin(a) * field k + 1, a going from 0 to a quarter turn:
    the variance stays 1 all the way, where a plain cross-fade would lose half of it in the middle.

    Args:
        places: of each convolution, in order.
        gains: what the backend wants each field multiplied by.
    State: the two fields of the last phase, times the gains; the arrays handed out, which the next call overwrites;
    `missing`, `[size]`, -1 to 0: what the mask takes away where `noise_mask` is 1, None without a mask.
    """

    def __init__(self, places: Sequence[NoisePlace], gains: Sequence[float]) -> None:
        sizes = [place.height * place.width for place in places]
        self.size = sum(sizes)
        self._mixed, self._scratch = np.zeros(self.size, np.float32), np.empty(self.size, np.float32)
        ends = np.cumsum(sizes)
        parts = [slice(int(end) - size, int(end)) for end, size in zip(ends, sizes, strict=True)]
        self.views: list[Array] = [
            self._mixed[part].reshape(1, 1, place.height, place.width)
            for part, place in zip(parts, places, strict=True)
        ]
        self._gains = np.repeat(np.array(gains, np.float32), sizes)  # [size]
        kinds = np.repeat(np.array([layer_range(place.layer) for place in places], int), sizes)  # [size], ascending
        edges = np.searchsorted(kinds, np.arange(len(LAYER_RANGES) + 1)).tolist()
        self._ranges = [slice(start, stop) for start, stop in pairwise(edges)]
        self._places = places
        self.missing: Array | None = None
        self._pair = np.zeros((2, self.size), np.float32)
        self._drawn: list[tuple[int, int] | None] = [None, None]  # seed and number of the fields in `_pair`
        self._shown: tuple[object, ...] | None = None

    def frame(self, frame: ParameterFrame) -> list[Array]:
        """The fields of a frame, float32 `[1, 1, h, w]` per convolution: unit variance times gain times strength."""
        low, middle, high = (frame[name] for name in STRENGTH_PARAMETERS)
        return self.at(frame.seed, frame.noise_phase, (low, middle, high), frame["noise_mask"])

    def mask(self, image: Array | None) -> None:
        """Hold the noise back where `image` `[H, W]`, 0 to 1, over the whole of every layer, is dark; None: nowhere."""
        scaled = [] if image is None else [_scaled(image, p.height, p.width).ravel() for p in self._places]
        self.missing = np.concatenate(scaled) - np.float32(1.0) if scaled else None
        self._shown = None

    def at(self, seed: int, phase: float, strengths: Strengths, masked: float = 0.0) -> list[Array]:
        """The fields of a seed at a phase, with a strength for coarse, middle and fine layers, and masked as far as
        `masked` says, 0 to 1."""
        shown = (seed, phase, strengths, masked)
        if shown != self._shown:
            first = math.floor(phase)
            angle = (phase - first) * (math.pi / 2.0)
            weights = np.zeros((1, 2), np.float32)
            for number, weight in ((first, math.cos(angle)), (first + 1, math.sin(angle))):
                weights[0, self._row(seed, number)] = weight
            np.matmul(weights, self._pair, out=self._mixed[None])  # one pass over the fields
            for part, strength in zip(self._ranges, strengths, strict=True):
                if strength != 1.0:
                    self._mixed[part] *= np.float32(strength)
            if self.missing is not None and masked > 0.0:
                np.multiply(self.missing, np.float32(masked), out=self._scratch)
                np.add(self._scratch, np.float32(1.0), out=self._scratch)
                np.multiply(self._mixed, self._scratch, out=self._mixed)
            self._shown = shown
        return self.views

    def of(self, fields: Sequence[Array]) -> list[Array]:
        """Given fields `[h, w]` (noise_const, or zeros) in the same form, times the gains."""
        if fields:
            np.multiply(np.concatenate([field.ravel() for field in fields]), self._gains, out=self._mixed)
        self._shown = None
        return self.views

    def _row(self, seed: int, number: int) -> int:
        """Where in `_pair` a field is, drawn only where it is not one of those of the last call; field n and the next
        are never in the same row."""
        row, wanted = number % 2, (seed, number)
        if self._drawn[row] != wanted:
            np.multiply(self.draw(seed, number), self._gains, out=self._pair[row])
            self._drawn[row] = wanted
        return row

    def draw(self, seed: int, number: int) -> Array:
        """Field `number` of a seed, all convolutions one after the other, coarse first: float32 `[size]`, unit normal.

        A smaller generator's fields are therefore the beginning of a larger one's. Sixteen random bits pick one of
        65,536 equally likely values of the normal distribution: five times as fast as drawing it exactly, and only
        the raw bits, which NumPy promises never to change, decide the image.
        """
        source = np.random.SFC64(np.random.SeedSequence([seed & 0xFFFFFFFF, number & 0xFFFFFFFF]))
        bits = np.asarray(source.random_raw(-(-self.size // 4)), "<u8").view("<u2")[: self.size]
        return _normal_values().take(bits)


def _scaled(image: Array, height: int, width: int) -> Array:
    """`image` `[H, W]` at another size: every pixel the mean of what it covers, `[height, width]`."""

    def shares(count: int, source: int) -> Array:
        ends, pixel = np.arange(count + 1) * (source / count), np.arange(source)
        covered = np.minimum(ends[1:, None], pixel + 1) - np.maximum(ends[:-1, None], pixel)
        return np.asarray(np.maximum(covered, 0.0) * (count / source), np.float32)  # [count, source]

    return np.asarray(shares(height, image.shape[0]) @ image @ shares(width, image.shape[1]).T, np.float32)


@cache
def _normal_values() -> Array:
    """65,536 equally likely values of the unit normal distribution, ascending, mean 0, variance 1."""
    normal = NormalDist()
    half = np.array([normal.inv_cdf((n + 0.5) / 65536) for n in range(32768)])
    values = np.concatenate([half, -half[::-1]])
    return (values / values.std()).astype(np.float32)
