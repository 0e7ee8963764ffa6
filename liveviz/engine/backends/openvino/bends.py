"""The operations of bending as OpenVINO nodes."""

from typing import Any

import numpy as np


class OpenVinoOperations:
    """`BendOperations` on nodes.

    Args:
        ops: an opset module of openvino.
    """

    def __init__(self, ops: Any) -> None:
        self._o = ops

    def _number(self, value: Any) -> Any:
        return self._o.constant(np.float32(value)) if isinstance(value, int | float) else value

    def add(self, a: Any, b: Any) -> Any:
        return self._o.add(a, self._number(b))

    def subtract(self, a: Any, b: Any) -> Any:
        return self._o.subtract(a, self._number(b))

    def multiply(self, a: Any, b: Any) -> Any:
        return self._o.multiply(a, self._number(b))

    def clamp(self, x: Any, low: float, high: float) -> Any:
        return self._o.clamp(x, low, high)

    def above(self, x: Any, level: float) -> Any:
        return self._o.convert(self._o.greater(x, self._number(level)), "f32")

    def mean(self, x: Any, size: int) -> Any:
        pad = [size // 2, size // 2]
        return self._o.avg_pool(x, [1, 1], pad, pad, [size, size], True)

    def largest(self, x: Any, size: int) -> Any:
        pad = [size // 2, size // 2]
        return self._o.max_pool(x, [1, 1], [1, 1], pad, pad, [size, size]).output(0)

    def middle(self, x: Any) -> Any:
        return self._o.reduce_mean(x, self._o.constant(np.array([2, 3])), True)

    def sample(self, x: Any, grid: Any) -> Any:
        how = {"align_corners": False, "mode": "bilinear", "padding_mode": "reflection"}
        return self._o.grid_sample(x, grid, how)

    def choose(self, mask: Any, a: Any, b: Any) -> Any:
        return self._o.select(self._o.greater(mask, self._number(0.5)), a, b)
