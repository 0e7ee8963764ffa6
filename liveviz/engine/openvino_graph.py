"""A rewritten generator as an OpenVINO graph, node by node from numpy constants.

What was measured on two cores with AMX at 256x256, channel_base 4096, decides its form: a transposed convolution with a
depthwise FIR beats the polyphase form in f32 (9 against 13 ms) and equals it in bf16; a fourth picture channel carried
along for alpha saves the concatenation; converting to 8 bits before the transpose moves a quarter of the bytes.
"""

from typing import Any

import numpy as np

from liveviz import bending
from liveviz.engine.bend_openvino import OpenVinoOperations
from liveviz.engine.bf16 import steady
from liveviz.engine.folding import layers_of
from liveviz.engine.operations import Array, Conv, Filtered
from liveviz.engine.rewrite import FIR, Rewrite


class Graph:
    """The rewrite as an OpenVINO model: inputs style, noise per convolution, what bends take in; one output.

    half: it is to run in bfloat16. Its methods are `Operations` on nodes.
    """

    def __init__(self, ov: Any, rewrite: Rewrite, topology: bending.Topology, pixels: bool, half: bool = False) -> None:
        ops = ov.opset13
        self.o: Any = ops
        self.topology, self._half = topology, half
        self.style = ops.parameter([1, rewrite.style_size], np.float32, name="style")
        self.noise = [ops.parameter([1, 1, n.height, n.width], np.float32, name=n.name) for n in rewrite.noises]
        shapes = bending.inputs(topology, layers_of(rewrite.config))
        self.bends = {name: ops.parameter(list(shape), np.float32, name=name) for name, shape in shapes.items()}
        self._parts: dict[int, Any] = {}
        self._split_style(rewrite)
        img = rewrite.build(self, 4 if pixels else rewrite.config.img_channels)
        output = self._pack(img) if pixels else img
        self.model = ov.Model([output], [self.style, *self.noise, *self.bends.values()], "liveviz")

    def _constant(self, value: Any) -> Any:
        return self.o.constant(np.ascontiguousarray(value, dtype=np.float32))

    def _split_style(self, rewrite: Rewrite) -> None:
        """Every part of the style vector, by where it starts."""
        slices = [part for _, part, _, _ in rewrite.affines]
        slices += [c.d for c in rewrite.convs if c.d is not None]
        slices += [rewrite.features] if rewrite.features is not None else []
        slices.sort(key=lambda part: part.start)
        lengths = self.o.constant(np.array([part.stop - part.start for part in slices]))
        split = self.o.variadic_split(self.style, self.o.constant(1), lengths)
        self._parts = {part.start: split.output(n) for n, part in enumerate(slices)}

    def _shaped(self, x: Any, *shape: int) -> Any:
        return self.o.reshape(x, self.o.constant(np.array(shape)), False)

    def _style(self, part: slice) -> Any:
        return self._shaped(self._parts[part.start], 1, part.stop - part.start, 1, 1)

    def constant(self, value: Array) -> Any:
        return self._constant(value)

    def fourier(self, part: slice, channels: int, height: int, width: int) -> Any:
        o, x, y = self.o, channels * width, channels * height
        split = o.variadic_split(self._parts[part.start], o.constant(1), o.constant(np.array([x, x, y, y])))
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
            kernel = self._constant(conv.weight.transpose(1, 0, 2, 3))  # [I, O, 3, 3]
            x = o.convolution_backprop_data(x, kernel, [2, 2], None, [0, 0], [0, 0], [1, 1])  # [1, O, 2h + 1, 2w + 1]
            fir = self._constant(np.broadcast_to(FIR * 4, (conv.bias.size, 1, 1, 4, 4)))
            x = o.group_convolution(x, fir, [1, 1], [1, 1], [1, 1], [1, 1])
        else:
            pads = [conv.padding] * 2
            x = o.convolution(x, self._constant(conv.weight), [1, 1], pads, pads, [1, 1])
        if conv.d is not None:
            x = o.multiply(x, self._style(conv.d))
        if conv.noise is not None:
            x = o.add(x, self.noise[conv.noise])
        if conv.bias.any():
            x = o.add(x, self._constant(conv.bias[None, :, None, None]))
        return self._clamp(x if conv.slope is None else self._lrelu(x, conv.slope), conv.clamp)

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

    def bend(self, x: Any, layer: int) -> Any:
        return bending.build(OpenVinoOperations(self.o), x, layer, self.topology, self.bends)

    def _pack(self, img: Any) -> Any:
        """uint8 `[1, H, W, 4]`: -1 is 0, 1 is 255, alpha 255."""
        o = self.o
        offset = self._constant(np.array([128.0, 128.0, 128.0, 255.0])[None, :, None, None])
        levels = o.floor(o.clamp(o.add(o.multiply(img, self._constant(127.5)), offset), 0.0, 255.0))
        return o.transpose(o.convert(levels, "u8"), o.constant(np.array([0, 2, 3, 1])))
