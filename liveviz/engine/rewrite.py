"""The static-weight rewrite: a StyleGAN2 whose convolution weights are constants. The papers modulate the weights per
sample, which makes a new network of every picture; scaling the activations instead, by s before a convolution and by d
after it, is the same arithmetic, and any compiler can then treat the convolutions as fixed.

    y = clamp(lrelu(d * conv(W, s * x) + noise + b)),  s = A w + b_A,  d = rsqrt(s^2 Wsq^T + 1e-8)

This file folds a generator into those constants, in numpy, for every backend alike: weight gains, the leaky ReLU's gain
of sqrt 2 (into d, noise and bias), and the scale that keeps half precision in range. The small float32 part (s and d of
all layers from ws) is computed here too.

Source: Karras et al. 2020 (1912.04958), section 2.2, equations 1 to 3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liveviz.models import Generator
from liveviz.spec import LivevizError

Array = NDArray[np.float32]
SQRT2 = np.float32(np.sqrt(2.0))
EPSILON = np.float32(1e-8)
FIR = np.outer([1, 3, 3, 1], [1, 3, 3, 1]).astype(np.float32) / np.float32(64.0)  # [4, 4], sum 1


@dataclass(frozen=True)
class Conv:
    """One 3x3 convolution.

    name: of the layer in the file. resolution: of its output. up: whether it doubles the size. row: of ws.
    weight: `[O, I, 3, 3]`, scaled per output channel so that |weight| <= 1 / (3 sqrt I).
    bias: `[O]`, times sqrt 2. noise_const: `[r, r]`. noise_scale: noise_strength times sqrt 2.
    wsq: `[I, O]`, sums of squares of the unscaled weights. unscale: `[O]`, sqrt 2 over the scale of the weights.
    s, d: where in the packed style vector its two parts stand.
    """

    name: str
    resolution: int
    up: bool
    row: int
    weight: Array
    bias: Array
    noise_const: Array
    noise_scale: float
    wsq: Array
    unscale: Array
    s: slice
    d: slice


@dataclass(frozen=True)
class Rgb:
    """One toRGB: 1x1 convolution `weight` `[C, I]`, `bias` `[C]`; s: where its style stands in the packed vector."""

    resolution: int
    row: int
    weight: Array
    bias: Array
    s: slice


class Rewrite:
    """The constants of one generator, and its styles.

    const: `[C, 4, 4]`. convs: in order. rgbs: one per resolution. style_size: length of the packed style vector,
    which holds s and d of every convolution and s of every toRGB.
    Raises: LivevizError where a constant is too large for float32.
    """

    def __init__(self, generator: Generator) -> None:
        self.config = config = generator.config
        self._weights = generator.weights
        self.const: Array = generator.weights["synthesis.b4.const"]
        self.clamp = config.conv_clamp
        self.convs: list[Conv] = []
        self.rgbs: list[Rgb] = []
        self._affines: list[tuple[int, slice, Array, Array]] = []  # row, where, A [w_dim, I], bias [I]
        self.style_size = 0
        with np.errstate(all="ignore"):  # what becomes too large is refused below
            for r in config.resolutions:
                for part in ["conv1"] if r == 4 else ["conv0", "conv1"]:
                    self._add_conv(f"synthesis.b{r}.{part}", r, up=part == "conv0")
                self._add_rgb(f"synthesis.b{r}.torgb", r)
        del self._weights
        for c in self.convs:
            self._refuse_infinite(generator.name, c.name, c.weight, c.bias, c.wsq, c.unscale, np.array(c.noise_scale))
        for row, _, affine, bias in self._affines:
            self._refuse_infinite(generator.name, f"the styles of row {row}", affine, bias)

    @staticmethod
    def _refuse_infinite(generator: str, part: str, *constants: Array) -> None:
        if not all(np.isfinite(c).all() for c in constants):
            raise LivevizError(f"generator {generator}: {part}: weights too large to draw with")

    def _take(self, size: int) -> slice:
        part = slice(self.style_size, self.style_size + size)
        self.style_size += size
        return part

    def _affine(self, name: str, row: int, gain: float) -> slice:
        weight, bias = self._weights[f"{name}.affine.weight"], self._weights[f"{name}.affine.bias"]
        where, gain32 = self._take(bias.size), np.float32(gain)
        scale = gain32 / np.sqrt(np.float32(self.config.w_dim))
        self._affines.append((row, where, np.ascontiguousarray(weight.T * scale), bias * gain32))
        return where

    def _add_conv(self, name: str, resolution: int, up: bool) -> None:
        weight, row = self._weights[f"{name}.weight"], len(self.convs)
        outputs, inputs = weight.shape[:2]
        largest = np.maximum(np.abs(weight).max(axis=(1, 2, 3)), np.float32(1e-20))  # [O]
        scale = np.float32(1.0) / (np.sqrt(np.float32(9 * inputs)) * largest)  # [O]
        self.convs.append(
            Conv(
                name=name,
                resolution=resolution,
                up=up,
                row=row,
                weight=weight * scale[:, None, None, None],
                bias=self._weights[f"{name}.bias"] * SQRT2,
                noise_const=self._weights[f"{name}.noise_const"],
                noise_scale=float(self._weights[f"{name}.noise_strength"] * SQRT2),
                wsq=np.ascontiguousarray(np.square(weight).sum(axis=(2, 3)).T),
                unscale=SQRT2 / scale,
                s=self._affine(name, row, 1.0),
                d=self._take(outputs),
            )
        )

    def _add_rgb(self, name: str, resolution: int) -> None:
        weight, row = self._weights[f"{name}.weight"][:, :, 0, 0], len(self.convs)
        where = self._affine(name, row, 1.0 / np.sqrt(weight.shape[1]))
        self.rgbs.append(Rgb(resolution, row, np.ascontiguousarray(weight), self._weights[f"{name}.bias"], where))

    @np.errstate(all="ignore")  # a frame that cannot be drawn must not print a line, 30 times a second
    def styles(self, ws: Array) -> Array:
        """The packed style vectors `[n, style_size]` of ws `[n, num_ws, w_dim]`, in float32.

        s of a convolution is divided by its largest magnitude, and d multiplied by it, so that half precision holds
        both; nothing is ever divided by an element of s.
        """
        packed = np.empty((ws.shape[0], self.style_size), np.float32)
        for row, where, weight, bias in self._affines:
            np.add(ws[:, row] @ weight, bias, out=packed[:, where])
        for conv in self.convs:
            s = packed[:, conv.s]  # [n, I]
            largest = np.maximum(np.abs(s).max(axis=1, keepdims=True), np.float32(1e-20))  # [n, 1]
            energy = np.square(s) @ conv.wsq  # [n, O]
            packed[:, conv.d] = largest * conv.unscale / np.sqrt(energy + EPSILON)
            s /= largest
        return packed
