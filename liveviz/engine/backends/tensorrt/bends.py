"""The operations of bending as TensorRT layers, and the few others that a network is made of. The network is strongly
typed: precision stands in the network itself, since TensorRT 11 has no precision flags any more."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import LivevizError

Array = NDArray[np.float32]
Pair = tuple[int, int]


class TensorRtOperations:
    """`BendOperations` on the tensors of one network definition, and what `tensorrt_graph` needs beside them.

    Args:
        trt: the module, TensorRT's or TensorRT for RTX's.
        network: an INetworkDefinition, strongly typed.
        half: activations are float16, else float32.
    State: the constants, which TensorRT reads when it builds: keep this object until then.
    """

    def __init__(self, trt: Any, network: Any, half: bool) -> None:
        self.trt, self.network = trt, network
        self.dtype = trt.float16 if half else trt.float32
        self._kept: list[np.ndarray] = []

    def _only(self, layer: Any) -> Any:
        """The output of a layer. TensorRT answers None, and logs why, where it cannot add one."""
        if layer is None:
            raise LivevizError("backend tensorrt: it refuses a layer of this network")
        return layer.get_output(0)

    def _weights(self, value: Any, dtype: Any) -> Any:
        array = np.ascontiguousarray(value, np.float16 if dtype == self.trt.float16 else np.float32)
        self._kept.append(array)
        return self.trt.Weights(array)

    def input(self, name: str, shape: Sequence[int], dtype: Any = None) -> Any:
        return self.network.add_input(name, dtype or self.dtype, tuple(shape))

    def output(self, x: Any, name: str) -> None:
        x.name = name
        self.network.mark_output(x)

    def constant(self, value: Any, like: Any = None) -> Any:
        """A constant in the precision of `like`, or of the activations."""
        dtype = self.dtype if like is None else like.dtype
        value = np.asarray(value)
        return self._only(self.network.add_constant(value.shape, self._weights(value, dtype)))

    def _number(self, value: Any, like: Any) -> Any:
        """A plain number as a constant that fits `like`; tensors in the precision of `like`."""
        if isinstance(value, int | float | np.floating):
            return self.constant(np.full((1,) * len(like.shape), value), like)
        return self.cast(value, like.dtype)

    def cast(self, x: Any, dtype: Any) -> Any:
        return x if x.dtype == dtype else self._only(self.network.add_cast(x, dtype))

    def part(self, x: Any, start: Sequence[int], shape: Sequence[int]) -> Any:
        """A block of x."""
        return self._only(self.network.add_slice(x, tuple(start), tuple(shape), (1,) * len(shape)))

    def reshape(self, x: Any, shape: Sequence[int]) -> Any:
        layer = self.network.add_shuffle(x)
        layer.reshape_dims = tuple(shape)
        return self._only(layer)

    def _two(self, a: Any, b: Any, operation: str) -> Any:
        how = getattr(self.trt.ElementWiseOperation, operation)
        return self._only(self.network.add_elementwise(a, self._number(b, a), how))

    def add(self, a: Any, b: Any) -> Any:
        return self._two(a, b, "SUM")

    def subtract(self, a: Any, b: Any) -> Any:
        return self._two(a, b, "SUB")

    def multiply(self, a: Any, b: Any) -> Any:
        return self._two(a, b, "PROD")

    def clamp(self, x: Any, low: float, high: float) -> Any:
        layer = self.network.add_activation(x, self.trt.ActivationType.CLIP)
        layer.alpha, layer.beta = low, high
        return self._only(layer)

    def leaky_relu(self, x: Any, slope: float) -> Any:
        layer = self.network.add_activation(x, self.trt.ActivationType.LEAKY_RELU)
        layer.alpha = slope
        return self._only(layer)

    def convolution(self, x: Any, weight: Array, padding: Pair = (0, 0), stride: Pair = (1, 1), groups: int = 1) -> Any:
        """weight `[O, I / groups, kh, kw]`."""
        weights = self._weights(weight, x.dtype)
        layer = self.network.add_convolution_nd(x, weight.shape[0], weight.shape[2:], weights)
        return self._shaped(layer, padding, stride, groups)

    def transposed(self, x: Any, weight: Array, padding: Pair = (0, 0), stride: Pair = (1, 1), groups: int = 1) -> Any:
        """A transposed convolution; weight `[I, O / groups, kh, kw]`; padding is cut off its result."""
        weights = self._weights(weight, x.dtype)
        layer = self.network.add_deconvolution_nd(x, weight.shape[1] * groups, weight.shape[2:], weights)
        return self._shaped(layer, padding, stride, groups)

    def _shaped(self, layer: Any, padding: Pair, stride: Pair, groups: int) -> Any:
        if layer is not None:
            layer.padding_nd, layer.stride_nd, layer.num_groups = padding, stride, groups
        return self._only(layer)

    def above(self, x: Any, level: float) -> Any:
        return self.cast(self._two(x, level, "GREATER"), x.dtype)

    def mean(self, x: Any, size: int) -> Any:
        return self._pool(x, size, "AVERAGE")

    def largest(self, x: Any, size: int) -> Any:
        return self._pool(x, size, "MAX")

    def _pool(self, x: Any, size: int, kind: str) -> Any:
        layer = self.network.add_pooling_nd(x, getattr(self.trt.PoolingType, kind), (size, size))
        layer.stride_nd, layer.padding_nd = (1, 1), (size // 2, size // 2)
        if kind == "AVERAGE":
            layer.average_count_excludes_padding = True
        return self._only(layer)

    def middle(self, x: Any) -> Any:
        return self._only(self.network.add_reduce(x, self.trt.ReduceOperation.AVG, 0b1100, True))

    def sample(self, x: Any, grid: Any) -> Any:
        """In float32: half precision cannot name the pixels of a large layer."""
        layer = self.network.add_grid_sample(self.cast(x, self.trt.float32), self.cast(grid, self.trt.float32))
        layer.interpolation_mode = self.trt.InterpolationMode.LINEAR
        layer.sample_mode = self.trt.SampleMode.REFLECT
        layer.align_corners = False
        return self.cast(self._only(layer), x.dtype)

    def choose(self, mask: Any, a: Any, b: Any) -> Any:
        condition = self._two(mask, 0.5, "GREATER")
        return self._only(self.network.add_select(condition, a, self.cast(b, a.dtype)))
