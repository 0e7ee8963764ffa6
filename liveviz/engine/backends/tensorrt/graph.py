"""The synthesis network as a TensorRT network definition, node by node from numpy constants: no ONNX, no torch, and no
GPU, on the way. Activations are half precision; styles, noise sums and images float32."""

from typing import Any

import numpy as np

from liveviz import bending
from liveviz.engine.backends.tensorrt.bends import TensorRtOperations
from liveviz.engine.family import Network
from liveviz.engine.operations import FIR, Array, Conv, Filtered

STYLE_NAME, IMAGE_NAME = "style", "picture"


class Graph:
    """`NetworkOperations` on a network definition. Inputs: style `[1, style_size]`, float32; one noise field
    `[1, 1, h, w]` per convolution by its name, in the precision of activations; what the bends need, float32. Output:
    the image, float32.

    Args:
        o: where layers are added. topology, layers: as for `bending.inputs`.
    """

    def __init__(
        self, o: TensorRtOperations, network: Network, topology: bending.Topology, layers: dict[int, bending.LayerShape]
    ) -> None:
        self._o, self._network, self._topology = o, network, topology
        full = o.trt.float32
        self._style = o.input(STYLE_NAME, (1, network.style_size), full)
        self._noise = [o.input(n.name, (1, 1, n.height, n.width)) for n in network.noises]
        shapes = bending.inputs(topology, layers)
        self._bends = {name: o.input(name, shape, full) for name, shape in shapes.items()}
        o.output(network.build(self, network.config.img_channels), IMAGE_NAME)

    def _styles(self, where: slice, shape: tuple[int, int, int, int]) -> Any:
        size = where.stop - where.start
        return self._o.reshape(self._o.part(self._style, (0, where.start), (1, size)), shape)

    def constant(self, value: Array) -> Any:
        return self._o.constant(value)

    def fourier(self, part: slice, channels: int, height: int, width: int) -> Any:
        o, at, parts = self._o, part.start, []
        for shape in ((1, channels, 1, width),) * 2 + ((1, channels, height, 1),) * 2:
            size = int(np.prod(shape))
            parts.append(self._styles(slice(at, at + size), shape))
            at += size
        sin_x, cos_x, cos_y, sin_y = parts
        return o.cast(o.add(o.multiply(sin_x, cos_y), o.multiply(cos_x, sin_y)), o.dtype)

    def conv(self, x: Any, conv: Conv) -> Any:
        o, weight = self._o, conv.weight
        outputs, inputs = weight.shape[:2]
        if conv.crop:
            _, channels, height, width = x.shape
            x = o.part(x, (0, 0, conv.crop, conv.crop), (1, channels, height - 2 * conv.crop, width - 2 * conv.crop))
        if conv.s is not None:
            x = o.multiply(x, self._styles(conv.s, (1, inputs, 1, 1)))
        if conv.up:
            x = o.transposed(x, weight.transpose(1, 0, 2, 3), stride=(2, 2))  # [1, O, 2h + 1, 2w + 1]
            x = o.convolution(x, np.broadcast_to(FIR * 4, (outputs, 1, 4, 4)), padding=(1, 1), groups=outputs)
        else:
            x = o.convolution(x, weight, padding=(conv.padding, conv.padding))
        x = o.cast(x, o.trt.float32)
        if conv.d is not None:
            x = o.multiply(x, self._styles(conv.d, (1, outputs, 1, 1)))
        if conv.noise is not None:
            x = o.add(x, self._noise[conv.noise])
        if conv.bias.any():
            x = o.add(x, o.constant(conv.bias[None, :, None, None], x))
        if conv.slope is not None:
            x = o.leaky_relu(x, conv.slope)
        x = self._clamped(x, conv.clamp if conv.rgb else self._limit(conv.clamp))
        return x if conv.rgb else o.cast(x, o.dtype)

    def _limit(self, clamp: float | None) -> float | None:
        """Half precision overflows above 65504; the papers' own limit for it is 256."""
        return 256.0 if clamp is None and self._o.dtype == self._o.trt.float16 else clamp

    def _clamped(self, x: Any, clamp: float | None) -> Any:
        return x if clamp is None else self._o.clamp(x, -clamp, clamp)

    def filtered(self, x: Any, step: Filtered) -> Any:
        o, channels = self._o, x.shape[1]
        if step.up > 1 or step.up_taps.size > 1:
            for axis in (0, 1):
                taps = _along(step.up_taps, channels, axis)
                x = o.transposed(x, taps, _pair(step.padding, 0, axis), _pair(step.up, 1, axis), channels)
        x = self._clamped(o.leaky_relu(x, step.slope), self._limit(step.clamp))
        if step.down_taps.ndim == 2:
            taps = np.broadcast_to(step.down_taps, (channels, 1, *step.down_taps.shape))
            return o.convolution(x, taps, stride=(step.down, step.down), groups=channels)
        for axis in (0, 1):
            taps = _along(step.down_taps, channels, axis)
            x = o.convolution(x, taps, stride=_pair(step.down, 1, axis), groups=channels)
        return x

    def upsample(self, x: Any) -> Any:
        channels = x.shape[1]
        fir = np.broadcast_to(FIR * 4, (channels, 1, 4, 4))
        return self._o.transposed(x, fir, padding=(1, 1), stride=(2, 2), groups=channels)

    def add(self, x: Any, y: Any) -> Any:
        return self._o.add(x, y)

    def paint(self, img: Any | None, x: Any, conv: Conv, last: bool) -> Any:
        y = self.conv(x, conv)
        return y if img is None else self.add(self.upsample(img), y)

    def bend(self, x: Any, layer: int) -> Any:
        return bending.build(self._o, x, layer, self._topology, self._bends)


def _along(taps: Array, channels: int, axis: int) -> Array:
    """One filter along height (axis 0) or width for every channel: `[channels, 1, kh, kw]`."""
    shape = (1, 1, -1, 1) if axis == 0 else (1, 1, 1, -1)
    return np.broadcast_to(taps.reshape(shape), (channels, 1, *taps.reshape(shape).shape[2:]))


def _pair(here: int, other: int, axis: int) -> tuple[int, int]:
    return (here, other) if axis == 0 else (other, here)
