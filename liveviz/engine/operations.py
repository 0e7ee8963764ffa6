"""What the networks are written in: the steps of a synthesis network as data, and the few operations on them that a
backend supplies. A network is written once (`family.Network.build`) and every backend that brings these operations
can build it; each step is coarse, so that a GPU can make one kernel of it."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
FIR = np.outer([1, 3, 3, 1], [1, 3, 3, 1]).astype(np.float32) / np.float32(64.0)  # [4, 4], sum 1


@dataclass(frozen=True, eq=False)
class Conv:
    """One convolution and all that belongs to it: y = clamp(lrelu(d * conv(W, s * x) + noise + bias)).

    name: in the file. layer: whose activations it makes, as bends call it.
    weight: `[O, I, k, k]`, scaled per output channel so that |weight| <= 1 / (k sqrt I) where there is a d.
    bias: `[O]`. padding: zeros on all four sides. crop: rows and columns cut off x on all four sides first.
    up: transposed, stride 2, then the 4x4 FIR (sum 4): exactly twice the size.
    s, d: where their parts stand in the packed style vector, `[I]` and `[O]`; None: there is none.
    noise: number of its noise field, or None. slope: of the leaky ReLU, or None. clamp: or None.
    rgb: it draws, by 1x1 weights; its result is float32 whatever the precision.
    wsq: `[I, O]`, sums of squares of the unscaled weights; unscale: `[O]`: d = unscale * rsqrt(s^2 wsq + 1e-8); both
        None where there is no d.
    """

    name: str
    layer: int
    weight: Array
    bias: Array
    padding: int = 0
    crop: int = 0
    up: bool = False
    s: slice | None = None
    d: slice | None = None
    noise: int | None = None
    slope: float | None = None
    clamp: float | None = None
    rgb: bool = False
    wsq: Array | None = None
    unscale: Array | None = None


@dataclass(frozen=True, eq=False)
class Filtered:
    """A leaky ReLU at a higher sampling rate: FIR up, lrelu, clamp, FIR down.

    up_taps: `[t]`, for both axes; `up` is its factor, and `padding` how much of the transposed convolution's result is
        cut off on all four sides. down_taps: `[t]` or, round, `[t, t]`; `down` is its factor.
    slope, clamp: as in Conv.
    """

    up_taps: Array
    up: int
    padding: int
    down_taps: Array
    down: int
    slope: float
    clamp: float | None


@dataclass(frozen=True, eq=False)
class Noise:
    """The noise of one convolution: fields `[height, width]` times `scale`, which has its noise_strength in it.

    name: of the convolution. layer: whose, as bends call it.
    """

    name: str
    layer: int
    height: int
    width: int
    scale: float


class NetworkOperations(Protocol):
    """What a backend supplies. Values are the backend's own: nodes of a graph, or tensors."""

    def constant(self, value: Array) -> Any:
        """A constant `[1, C, h, w]`."""

    def fourier(self, part: slice, channels: int, height: int, width: int) -> Any:
        """Fourier features `[1, C, h, w]` from a part of the style vector.

        The part holds sin_x and cos_x, both `[C, 1, w]`, then cos_y and sin_y, both `[C, h, 1]`, one after the other;
        the result is sin_x cos_y + cos_x sin_y.
        """

    def conv(self, x: Any, conv: Conv) -> Any:
        """One convolution with all that belongs to it."""

    def filtered(self, x: Any, step: Filtered) -> Any:
        """A leaky ReLU at a higher sampling rate."""

    def upsample(self, x: Any) -> Any:
        """Twice the size by the 4x4 FIR (sum 4), zero outside, in x's precision."""

    def add(self, x: Any, y: Any) -> Any:
        """x + y."""

    def paint(self, img: Any | None, x: Any, conv: Conv, last: bool) -> Any:
        """One step of an image that is drawn over and over: `img` (None: there is none yet) at twice its size, and what
        `conv` draws of x. last: it is the image."""

    def bend(self, x: Any, layer: int) -> Any:
        """The activations of a layer, bent as the topology has it."""
