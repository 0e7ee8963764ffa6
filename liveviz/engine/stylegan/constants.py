"""The static-weight rewrite: a generator whose convolution weights are constants. The papers modulate the weights per
sample, which makes a new network of every image; scaling the activations instead, by s before a convolution and by d
after it, is the same arithmetic, and any compiler can then treat the convolutions as fixed.

    y = clamp(lrelu(d * conv(W, s * x) + noise + b)),  s = A w + b_A,  d = rsqrt(s^2 Wsq^T + 1e-8)

A rewrite folds a generator into those constants, in numpy, for every backend alike: weight gains, the leaky ReLU's gain
of sqrt 2 (into d, noise and bias), and the scale that keeps half precision in range. The small float32 part (s and d of
all layers from ws) is computed here too. What differs between the architectures is in `rewrite2` and `rewrite3`;
`rewrite` picks one.

Source: Karras et al. 2020 (1912.04958), section 2.2, equations 1 to 3.
"""

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liveviz.engine.family import Network, Part
from liveviz.engine.operations import Conv, Noise
from liveviz.models import Generator
from liveviz.models.stylegan.config import GeneratorConfig, as_stylegan
from liveviz.spec import LivevizError

Array = NDArray[np.float32]
SQRT2 = np.float32(np.sqrt(2.0))
EPSILON = np.float32(1e-8)
TINY = np.float32(1e-20)
LEAKY_SLOPE = 0.2
_NO_STYLE = "synthesis.input.affine.bias"  # of a StyleGAN3's Fourier features


class _Known(NamedTuple):
    """What `styles` does to all layers at once: bias `[S]` of every s; starts: of every affine in it; drawing: which of
    them have no d; d: where every d stands; of_s `[S]`, of_d `[D]`: the affine of every s and d; unscale `[D]`."""

    bias: Array
    starts: NDArray[np.intp]
    drawing: NDArray[np.bool_]
    d: slice
    of_s: NDArray[np.intp]
    of_d: NDArray[np.intp]
    unscale: Array


class Rewrite(Network):
    """The constants of one generator, and its styles.

    convs: every convolution that has a d, in order. noises: the noise fields in order.
    affines: (row of ws, where in the packed style vector, A `[w_dim, I]`, bias `[I]`) of every style.
    style_size: length of the packed style vector: every s, then every d. features: the part of it that is neither but
        the Fourier features of the first layer, made by `write_features`; None in a StyleGAN2.
    readers: by layer, where the styles stand that multiply its activations; empty where something reads them bare.
    writers: by layer, where the d of its convolutions stand.
    """

    config: GeneratorConfig
    readers: dict[int, list[slice]]
    writers: dict[int, list[slice]]

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.config = as_stylegan(generator.config)
        self._weights = generator.weights
        self.convs: list[Conv] = []
        self.noises: list[Noise] = []
        self.affines: list[tuple[int, slice, Array, Array]] = []
        self.features: slice | None = None
        biases = [
            v.size for name, v in generator.weights.items() if name.endswith(".affine.bias") and name != _NO_STYLE
        ]
        self._s_size = self.style_size = sum(biases)
        self._s_next = 0
        self.readers = {}
        self.writers = {}
        self._drawing: list[Conv] = []  # the convolutions that have no d

    def parts(self) -> list[Part]:
        slices = [part for _, part, _, _ in self.affines] + [conv.d for conv in self.convs if conv.d is not None]
        made: list[Part] = [(part, (1, part.stop - part.start, 1, 1)) for part in slices]
        if self.features is not None:
            made.append((self.features, (1, self.features.stop - self.features.start)))
        return made

    def check(self, generator: str) -> None:
        """LivevizError for constants that are not finite."""
        for conv in [*self.convs, *self._drawing]:
            scale = [np.float32(self.noises[conv.noise].scale)] if conv.noise is not None else []
            parts = [conv.weight, conv.bias, conv.wsq, conv.unscale, *scale]
            self._refuse_infinite(generator, conv.name, *(p for p in parts if p is not None))
        for row, _, affine, bias in self.affines:
            self._refuse_infinite(generator, f"the styles of row {row}", affine, bias)

    @staticmethod
    def _refuse_infinite(generator: str, part: str, *constants: Any) -> None:
        if not all(np.isfinite(c).all() for c in constants):
            raise LivevizError(f"generator {generator}: {part}: weights too large to draw with")

    def _take(self, size: int) -> slice:
        part = slice(self.style_size, self.style_size + size)
        self.style_size += size
        return part

    def _affine(self, name: str, row: int, gain: float) -> slice:
        weight, bias = self._weights[f"{name}.affine.weight"], self._weights[f"{name}.affine.bias"]
        where, gain32 = slice(self._s_next, self._s_next + bias.size), np.float32(gain)
        self._s_next = where.stop
        scale = gain32 / np.sqrt(np.float32(self.config.w_dim))
        self.affines.append((row, where, np.ascontiguousarray(weight.T * scale), bias * gain32))
        return where

    def _modulated(self, name: str, layer: int, row: int, gain: Any, bias_gain: Any, **rest: Any) -> Conv:
        """A convolution with s and d; `gain` goes into d, `bias_gain` into the bias."""
        weight = self._weights[f"{name}.weight"]
        largest = np.maximum(np.abs(weight).max(axis=(1, 2, 3)), TINY)  # [O]
        scale = np.float32(1.0) / (np.sqrt(np.float32(weight[0].size)) * largest)  # [O]
        conv = Conv(
            name=name,
            layer=layer,
            weight=weight * scale[:, None, None, None],
            bias=self._weights[f"{name}.bias"] * bias_gain,
            s=self._affine(name, row, 1.0),
            d=self._take(weight.shape[0]),
            wsq=np.ascontiguousarray(np.square(weight).sum(axis=(2, 3)).T),
            unscale=gain / scale,
            **rest,
        )
        self.convs.append(conv)
        return conv

    def _rgb(self, name: str, layer: int, row: int, scale: float = 1.0, gain: float = 1.0) -> Conv:
        """A 1x1 convolution to the image; `scale` goes into everything, `gain` into the weight alone."""
        weight, clamp = self._weights[f"{name}.weight"], self.config.conv_clamp
        conv = Conv(
            name=name,
            layer=layer,
            weight=weight * np.float32(scale * gain),
            bias=self._weights[f"{name}.bias"] * np.float32(scale),
            s=self._affine(name, row, 1.0 / np.sqrt(weight.shape[1])),
            clamp=None if clamp is None else clamp * scale,
            rgb=True,
        )
        self._drawing.append(conv)
        return conv

    @np.errstate(all="ignore")  # a frame that cannot be drawn must not print a line, 30 times a second
    def styles(self, ws: Array, view: Array | None = None) -> Array:
        """The packed style vectors `[n, style_size]` of ws `[n, num_ws, w_dim]`, in float32.

        s of a convolution is divided by its largest magnitude, and d multiplied by it, so that half precision holds
        both; nothing is ever divided by an element of s.

        Args:
            view: `[3, 3]`, from image coordinates to where a StyleGAN3's image is taken from; None: they are the same.
        """
        packed, known = np.empty((ws.shape[0], self.style_size), np.float32), self._known
        s = packed[:, : self._s_size]
        for row, where, weight, _ in self.affines:
            np.matmul(ws[:, row], weight, out=packed[:, where])
        s += known.bias
        largest = np.maximum(np.maximum.reduceat(np.abs(s), known.starts, axis=1), TINY)  # [n, affines]
        largest[:, known.drawing] = 1.0
        squares = np.square(s)
        for conv in self.convs:
            assert conv.wsq is not None
            np.matmul(squares[:, conv.s], conv.wsq, out=packed[:, conv.d])
        d = packed[:, known.d]
        np.divide(largest[:, known.of_d] * known.unscale, np.sqrt(d + EPSILON), out=d)
        s /= largest[:, known.of_s]
        if self.features is not None:
            packed[:, self.features] = self.write_features(ws[:, 0], view)
        return packed

    @cached_property
    def _known(self) -> "_Known":
        sizes = [bias.size for _, _, _, bias in self.affines]
        ds = [conv.d for conv in self.convs if conv.d is not None]
        starts = [where.start for _, where, _, _ in self.affines]
        modulated = [starts.index(conv.s.start) for conv in self.convs if conv.s is not None]
        return _Known(
            bias=np.concatenate([bias for _, _, _, bias in self.affines]),
            starts=np.array(starts),
            drawing=np.array([n not in modulated for n in range(len(starts))]),
            d=slice(ds[0].start, ds[-1].stop),
            of_s=np.repeat(np.arange(len(starts)), sizes),
            of_d=np.repeat(modulated, [conv.bias.size for conv in self.convs]),
            unscale=np.concatenate([conv.unscale for conv in self.convs if conv.unscale is not None]),
        )

    def write_features(self, w: Array, view: Array | None) -> Array:
        """The Fourier features' part of the style vectors, of w `[n, w_dim]` of the first row of ws."""
        raise NotImplementedError(f"{type(self).__name__} starts from a constant")
