"""The static-weight rewrite as an OpenVINO graph, node by node from numpy constants.

What was measured on two cores with AMX at 256x256, channel_base 4096, decides its form: a transposed convolution with a
depthwise FIR beats the polyphase form in f32 (9 against 13 ms) and equals it in bf16; a fourth picture channel carried
along for alpha saves the concatenation; converting to 8 bits before the transpose moves a quarter of the bytes.
"""

from typing import Any

import numpy as np

from liveviz.engine.rewrite import FIR, Rewrite, Rgb


class Graph:
    """The rewrite as an OpenVINO model: inputs style, noise per convolution, grid per bent layer; one output."""

    def __init__(self, ov: Any, rewrite: Rewrite, topology: frozenset[int], pixels: bool) -> None:
        ops = ov.opset13
        self.o: Any = ops
        self.rewrite, self.topology, self.pixels = rewrite, topology, pixels
        self.style = ops.parameter([1, rewrite.style_size], np.float32, name="style")
        self.noise = [ops.parameter([1, 1, c.resolution, c.resolution], np.float32, name=c.name) for c in rewrite.convs]
        self.grids = {r: ops.parameter([1, r, r, 2], np.float32, name=f"grid{r}") for r in sorted(topology)}
        self.parts = self._split_style()
        # For pixels a fourth channel goes along: zero all the way, it becomes alpha when packed.
        self.channels = 4 if pixels else rewrite.config.img_channels
        output = self._synthesis()
        self.model = ov.Model([output], [self.style, *self.noise, *self.grids.values()], "liveviz")

    def _constant(self, value: Any) -> Any:
        return self.o.constant(np.ascontiguousarray(value, dtype=np.float32))

    def _split_style(self) -> dict[int, Any]:
        """Every part of the style vector as `[1, n, 1, 1]`, by where it starts."""
        slices = (
            [c.s for c in self.rewrite.convs] + [c.d for c in self.rewrite.convs] + [t.s for t in self.rewrite.rgbs]
        )
        slices.sort(key=lambda part: part.start)
        lengths = np.array([part.stop - part.start for part in slices])
        split = self.o.variadic_split(self.style, self.o.constant(1), self.o.constant(lengths))
        return {
            part.start: self.o.reshape(split.output(n), self.o.constant(np.array([1, lengths[n], 1, 1])), False)
            for n, part in enumerate(slices)
        }

    def _synthesis(self) -> Any:
        x, img = self._constant(self.rewrite.const[None]), None
        rgbs = iter(self.rewrite.rgbs)
        for number, conv in enumerate(self.rewrite.convs):
            x = self._conv(x, number)
            if conv.up:
                continue
            if conv.resolution in self.topology:
                how = {"align_corners": False, "mode": "bilinear", "padding_mode": "reflection"}
                x = self.o.grid_sample(x, self.grids[conv.resolution], how)
            y = self._rgb(x, next(rgbs))
            img = y if img is None else self.o.add(self._upsample(img), y)
        return self._pack(img) if self.pixels else img

    def _conv(self, x: Any, number: int) -> Any:
        o, conv = self.o, self.rewrite.convs[number]
        x = o.multiply(x, self.parts[conv.s.start])
        if conv.up:
            kernel = self._constant(conv.weight.transpose(1, 0, 2, 3))  # [I, O, 3, 3]
            x = o.convolution_backprop_data(x, kernel, [2, 2], None, [0, 0], [0, 0], [1, 1])  # [1, O, 2h + 1, 2w + 1]
            fir = self._constant(np.broadcast_to(FIR * 4, (conv.bias.size, 1, 1, 4, 4)))
            x = o.group_convolution(x, fir, [1, 1], [1, 1], [1, 1], [1, 1])
        else:
            x = o.convolution(x, self._constant(conv.weight), [1, 1], [1, 1], [1, 1], [1, 1])
        x = o.add(o.multiply(x, self.parts[conv.d.start]), self.noise[number])
        x = o.add(x, self._constant(conv.bias[None, :, None, None]))
        x = o.prelu(x, self._constant([0.2]))
        return self._clamp(x)

    def _clamp(self, x: Any) -> Any:
        clamp = self.rewrite.clamp
        return x if clamp is None else self.o.clamp(x, -clamp, clamp)

    def _rgb(self, x: Any, rgb: Rgb) -> Any:
        weight, bias = np.zeros((self.channels, rgb.weight.shape[1]), np.float32), np.zeros(self.channels, np.float32)
        colours = min(self.channels, 3)
        weight[:colours], bias[:colours] = rgb.weight, rgb.bias  # a grey generator fills all three
        x = self.o.multiply(x, self.parts[rgb.s.start])
        y = self.o.convolution(x, self._constant(weight[:, :, None, None]), [1, 1], [0, 0], [0, 0], [1, 1])
        y = self._clamp(self.o.add(y, self._constant(bias[None, :, None, None])))
        return y

    def _upsample(self, img: Any) -> Any:
        fir = self._constant(np.broadcast_to(FIR * 4, (self.channels, 1, 1, 4, 4)))
        return self.o.group_convolution_backprop_data(img, fir, [2, 2], None, [1, 1], [1, 1], [1, 1])

    def _pack(self, img: Any) -> Any:
        """uint8 `[1, H, W, 4]`: -1 is 0, 1 is 255, alpha 255."""
        o = self.o
        offset = self._constant(np.array([128.0, 128.0, 128.0, 255.0])[None, :, None, None])
        levels = o.floor(o.clamp(o.add(o.multiply(img, self._constant(127.5)), offset), 0.0, 255.0))
        return o.transpose(o.convert(levels, "u8"), o.constant(np.array([0, 2, 3, 1])))
