"""A generator as an OpenVINO graph, node by node from numpy constants.

What was measured on two cores with AMX at 256x256, channel_base 4096, decides its form:
- Every style is an input of its own, already in the shape of what it multiplies: split out of one vector, the products of
  one activation with two styles became two passes over it.
- A transposed convolution with a depthwise FIR beats one convolution to four times the channels in f32 (0.9 against
  1.8 ms of one layer), and equals it in bf16; there it gains by 4x4 weights and 3x3 taps, where f32 loses.
- A fourth colour carried along for alpha saves the concatenation; the last step is drawn in blocks of 2x2 pixels; 8 bits
  before the transpose move a quarter of the bytes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveviz import bending, fields
from liveviz.engine import families
from liveviz.engine.backends.openvino.bends import OpenVinoOperations
from liveviz.engine.backends.openvino.bf16 import steady
from liveviz.engine.family import Network
from liveviz.engine.operations import FIR, Array, Conv, Filtered


class Graph:
    """A network as an OpenVINO model. Inputs: its `parts`, noise `[1, 1, h, w]` per convolution, what bends take in. One
    output: see `paint`, `whole_pixels` and `whole_image`.

    half: it is to run in bfloat16. Its methods are `NetworkOperations` on nodes.
    """

    def __init__(self, ov: Any, network: Network, topology: bending.Topology, pixels: bool, half: bool = False) -> None:
        ops = ov.opset13
        self.o: Any = ops
        self.topology, self._half = topology, half
        # The end of a bf16 graph stays in f32, back to the last convolution; a transposed one is none to OpenVINO.
        self._full_rgb = half and families.of(network.config).hints(network.config).draws_in_f32
        self._styles = {part.start: ops.parameter(shape, np.float32) for part, shape in network.parts()}
        self._noise = [ops.parameter([1, 1, n.height, n.width], np.float32) for n in network.noises]
        shapes = bending.inputs(topology, families.layers_of(network.config))
        self.bends = {name: ops.parameter(list(shape), np.float32, name=name) for name, shape in shapes.items()}
        colours = network.config.img_channels
        self._fields = network.config.draws_fields
        img = network.build(self, 4 if pixels and not self._fields else colours)
        output = self._pack(img) if pixels else img
        self.model = ov.Model([output], [*self._styles.values(), *self._noise, *self.bends.values()], "liveviz")

    def _constant(self, value: Any) -> Any:
        return self.o.constant(np.ascontiguousarray(value, dtype=np.float32))

    def _shaped(self, x: Any, *shape: int) -> Any:
        return self.o.reshape(x, self.o.constant(np.array(shape)), False)

    def _style(self, part: slice) -> Any:
        return self._styles[part.start]

    def constant(self, value: Array) -> Any:
        return self._constant(value)

    def fourier(self, part: slice, channels: int, height: int, width: int) -> Any:
        o, x, y = self.o, channels * width, channels * height
        split = o.variadic_split(self._styles[part.start], o.constant(1), o.constant(np.array([x, x, y, y])))
        sin_x, cos_x = (self._shaped(split.output(n), 1, channels, 1, width) for n in (0, 1))
        cos_y, sin_y = (self._shaped(split.output(n), 1, channels, height, 1) for n in (2, 3))
        return o.add(o.multiply(sin_x, cos_y), o.multiply(cos_x, sin_y))

    def conv(self, x: Any, conv: Conv) -> Any:
        o = self.o
        if conv.crop:
            x = self._crop(x, conv.crop)
        if conv.s is not None:
            x = o.multiply(x, self._style(conv.s))
        if conv.up:
            x = self._doubled(x, conv.weight)
        elif conv.rgb and self._full_rgb:
            x = self._transposed(x, conv.weight, 1)
        else:
            pads = [conv.padding] * 2
            x = o.convolution(x, self._constant(conv.weight), [1, 1], pads, pads, [1, 1])
        if conv.d is not None:
            x = o.multiply(x, self._style(conv.d))
        if conv.noise is not None:
            x = o.add(x, self._noise[conv.noise])
        x = self._biased(x, conv.bias)
        return self._clamp(x if conv.slope is None else self._lrelu(x, conv.slope), conv.clamp)

    def _transposed(self, x: Any, weight: Array, stride: int) -> Any:
        kernel = self._constant(weight.transpose(1, 0, 2, 3))  # [I, O, k, k]
        return self.o.convolution_backprop_data(x, kernel, [stride] * 2, None, [0, 0], [0, 0], [1, 1])

    def _biased(self, x: Any, bias: Array) -> Any:
        return self.o.add(x, self._constant(bias[None, :, None, None])) if bias.any() else x

    def _doubled(self, x: Any, weight: Array) -> Any:
        """The transposed convolution, and the FIR. [1, 3, 3, 1] is [1, 1] and [1, 2, 1] one after the other: in bf16, and
        where there are fewer weights than activations, the first goes into the weights, and 9 taps of 16 are left."""
        fir, pads = FIR * 4, [1, 1]
        if self._half and weight.size <= np.prod(x.get_output_shape(0)):
            shifted = [np.pad(weight, ((0, 0), (0, 0), (y, 1 - y), (x, 1 - x))) for y, x in np.ndindex(2, 2)]
            weight, fir, pads = np.sum(shifted, axis=0), np.outer([1, 2, 1], [1, 2, 1]) / np.float32(16.0), [0, 0]
        x = self._transposed(x, weight, 2)  # [1, O, 2h + 1, 2w + 1], or of 4x4 weights 2h + 2, 2w + 2
        return self.o.group_convolution(x, self._depthwise(x, fir), [1, 1], pads, pads, [1, 1])

    def _crop(self, x: Any, crop: int) -> Any:
        ends = [self.o.constant(np.array(v)) for v in ([crop] * 2, [-crop] * 2, [1, 1], [2, 3])]
        return self.o.slice(x, *ends)

    def _lrelu(self, x: Any, slope: float) -> Any:
        return self.o.prelu(x, self._constant([slope]))

    def _clamp(self, x: Any, clamp: float | None) -> Any:
        return x if clamp is None else self.o.clamp(x, -clamp, clamp)

    def filtered(self, x: Any, step: Filtered) -> Any:
        up = steady(step.up_taps, step.up) if self._half else step.up_taps
        for axis in (1, 0):  # columns first: fewer rows to do
            taps = up[None] if axis else up[:, None]  # [1, t] or [t, 1]
            stride, pads = ([1, step.up], [0, step.padding]) if axis else ([step.up, 1], [step.padding, 0])
            x = self.o.group_convolution_backprop_data(x, self._depthwise(x, taps), stride, None, pads, pads, [1, 1])
        x = self._clamp(self._lrelu(x, step.slope), step.clamp)
        taps, down = steady(step.down_taps) if self._half else step.down_taps, step.down
        if taps.ndim == 2:
            return self._fir(x, taps, [down, down])
        return self._fir(self._fir(x, taps[None], [1, down]), taps[:, None], [down, 1])

    def _depthwise(self, x: Any, taps: Array) -> Any:
        """Taps `[kh, kw]` as the kernel of a group convolution of x."""
        channels = x.get_output_shape(0)[1]
        return self._constant(np.broadcast_to(taps, (channels, 1, 1, *taps.shape)))

    def _fir(self, x: Any, taps: Array, stride: list[int]) -> Any:
        return self.o.group_convolution(x, self._depthwise(x, taps), stride, [0, 0], [0, 0], [1, 1])

    def upsample(self, x: Any) -> Any:
        return self.o.group_convolution_backprop_data(
            x, self._depthwise(x, FIR * 4), [2, 2], None, [1, 1], [1, 1], [1, 1]
        )

    def add(self, x: Any, y: Any) -> Any:
        return self.o.add(x, y)

    def paint(self, img: Any | None, x: Any, conv: Conv, last: bool) -> Any:
        """The last step is made of blocks of 2x2 pixels, `[1, 4 * colours, H / 2, W / 2]`: of a vector of four colours,
        three quarters would be empty."""
        o, (height, width) = self.o, x.get_output_shape(0)[2:]
        if not last or height % 2 or width % 2:
            y = self.conv(x, conv)
            return y if img is None else o.add(self.upsample(img), y)
        colours, inputs = conv.weight.shape[:2]
        weight = np.zeros((2, 2, colours, inputs, 2, 2), np.float32)
        for row, column in np.ndindex(2, 2):
            weight[row, column, ..., row, column] = conv.weight[..., 0, 0]
        y = x if conv.s is None else o.multiply(x, self._style(conv.s))
        y = o.convolution(y, self._constant(weight.reshape(-1, inputs, 2, 2)), [2, 2], [0, 0], [0, 0], [1, 1])
        y = self._clamp(self._biased(y, np.tile(conv.bias, 4)), conv.clamp)
        return y if img is None else o.add(y, self._enlarged(img, colours))

    def _enlarged(self, img: Any, colours: int) -> Any:
        """`upsample` in blocks of 2x2 pixels: a 3x3 convolution. OpenVINO would round it, and all images before it, to
        bfloat16, but for a transposed one."""
        taps = np.array([[0.0, 0.75, 0.25], [0.25, 0.75, 0.0]])  # of an even sample, of an odd one; backwards
        kernel = np.einsum("py,qx,io->ipqoyx", taps, taps, np.eye(colours)).reshape(colours, 4 * colours, 3, 3)
        return self.o.convolution_backprop_data(img, self._constant(kernel), [1, 1], None, [1, 1], [1, 1], [1, 1])

    def bend(self, x: Any, layer: int) -> Any:
        return bending.build(OpenVinoOperations(self.o), x, layer, self.topology, self.bends)

    def _pack(self, img: Any) -> Any:
        """uint8 `[1, H, W, 4]`, or `[1, H / 2, W / 2, 16]` of blocks: -1 is 0, 1 is 255, alpha 255. Of fields uint16 of as
        many as there are: -1 is 0, 1 is 65535."""
        if self._fields:
            return self._pack_fields(img)
        o, blocks = self.o, img.get_output_shape(0)[1] // 4
        offset = self._constant(np.tile([128.0, 128.0, 128.0, 255.0], blocks)[None, :, None, None])
        levels = o.floor(o.clamp(o.add(o.multiply(img, self._constant(127.5)), offset), 0.0, 255.0))
        return o.transpose(o.convert(levels, "u8"), o.constant(np.array([0, 2, 3, 1])))

    def _pack_fields(self, img: Any) -> Any:
        o, half = self.o, 0.5 * fields.MOST
        scaled = o.add(o.multiply(img, self._constant(half)), self._constant(half + 0.5))
        levels = o.floor(o.clamp(scaled, 0.0, float(fields.MOST)))
        return o.transpose(o.convert(levels, "u16"), o.constant(np.array([0, 2, 3, 1])))


def whole_pixels(packed: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Pixels as in an ImageFrame, a copy, of what a graph made of them, `[1, H, W, C]` or blocks `[1, H / 2, W / 2, 4 * C]`."""
    _, height, width, size = packed.shape
    if packed.dtype == np.uint16:
        if size == fields.COUNT:
            return packed[0].copy()
        blocks = packed.reshape(height, width, 2, 2, fields.COUNT).swapaxes(1, 2)  # [H / 2, 2, W / 2, 2, channels]
        return blocks.reshape(2 * height, 2 * width, fields.COUNT)
    if size == 4:
        return packed[0].copy()
    rows = packed.view(np.uint64).swapaxes(2, 3)  # [1, H / 2, 2, W / 2] of two pixels each
    return np.ascontiguousarray(rows).view(np.uint8).reshape(2 * height, 2 * width, 4)


def whole_image(raw: Array, height: int) -> Array:
    """A raw image `[1, C, H, W]`, a copy, of what a graph made of it, `[1, C, H, W]` or blocks `[1, 4C, H / 2, W / 2]`."""
    if raw.shape[2] == height:
        return raw.copy()
    rows, columns = raw.shape[2:]
    blocks = raw.reshape(2, 2, -1, rows, columns).transpose(2, 3, 0, 4, 1)  # [C, H / 2, 2, W / 2, 2]
    return blocks.reshape(1, -1, 2 * rows, 2 * columns)
