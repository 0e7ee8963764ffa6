"""A rewritten generator in torch, for NVIDIA GPUs and for tests of the rewrite itself: constants on a device, ordinary
convolutions, channels last."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from liveviz import bending
from liveviz.engine.bends_torch import TorchOperations
from liveviz.engine.family import Network
from liveviz.engine.operations import FIR, Array, Conv, Filtered

HALF_CLAMP = 256.0  # fp16 overflows above 65504; the papers' own half-precision limit


class StaticNetwork:
    """Constants of one generator on one device, in one precision. Its methods are `NetworkOperations` on tensors.

    Styles and noise are scaled in `dtype`; images are summed in float32.
    State: the constants, made when they are first used; the inputs of the present call.
    """

    def __init__(self, network: Network, device: str, dtype: torch.dtype) -> None:
        self.network, self.device, self.dtype = network, device, dtype
        self._constants: dict[tuple[int, str], Tensor] = {}
        self._styles = torch.empty(0)
        self._noise: Sequence[Tensor] = ()
        self._topology: bending.Topology = frozenset()
        self._bends: Mapping[str, Tensor] = {}

    def __call__(
        self,
        styles: Tensor,
        noise: Sequence[Tensor],
        topology: bending.Topology = frozenset(),
        bends: Mapping[str, Tensor] | None = None,
        colours: int | None = None,
    ) -> Tensor:
        """Images float32 `[n, colours, H, W]` (`img_channels` of them by default) of packed styles
        `[n, style_size]`, noise `[1, 1, h, w]` per convolution (times its scale) and what the bends of a topology take
        in, by name."""
        self._styles, self._noise, self._topology, self._bends = styles.to(self.dtype), noise, topology, bends or {}
        img = self.network.build(self, colours or self.network.config.img_channels)
        assert isinstance(img, Tensor)
        return img

    def _constant(self, value: Array, shape: str = "") -> Tensor:
        """A constant on the device; `shape` says what is made of it, once. The rewrite keeps `value` alive."""
        key = (id(value), shape)
        if key not in self._constants:
            if shape == "bias":
                value = value[None, :, None, None]
            elif shape == "up":
                value = value.transpose(1, 0, 2, 3)
            elif shape == "row":
                value = value[None, None, None, :]
            elif shape == "column":
                value = value[None, None, :, None]
            elif shape == "square":
                value = value[None, None]
            tensor = torch.from_numpy(np.array(value, np.float32)).to(self.device, self.dtype)
            self._constants[key] = tensor.contiguous(memory_format=torch.channels_last)
        return self._constants[key]

    def _style(self, part: slice) -> Tensor:
        return self._styles[:, part, None, None]

    def constant(self, value: Array) -> Tensor:
        return self._constant(value).expand(len(self._styles), -1, -1, -1)

    def fourier(self, part: slice, channels: int, height: int, width: int) -> Tensor:
        x, y = channels * width, channels * height
        split = self._styles[:, part].split([x, x, y, y], dim=1)
        sin_x, cos_x = (p.reshape(-1, channels, 1, width) for p in split[:2])
        cos_y, sin_y = (p.reshape(-1, channels, height, 1) for p in split[2:])
        return (sin_x * cos_y + cos_x * sin_y).contiguous(memory_format=torch.channels_last)

    def conv(self, x: Tensor, conv: Conv) -> Tensor:
        if conv.crop:
            x = x[:, :, conv.crop : -conv.crop, conv.crop : -conv.crop]
        if conv.s is not None:
            x = x * self._style(conv.s)
        if conv.up:
            x = F.conv_transpose2d(x, self._constant(conv.weight, "up"), stride=2)  # [n, O, 2h + 1, 2w + 1]
            fir = self._constant(_DOUBLING_FIR, "square").expand(x.shape[1], 1, 4, 4)
            x = F.conv2d(x, fir, padding=1, groups=x.shape[1])
        else:
            x = F.conv2d(x, self._constant(conv.weight), padding=conv.padding)
        if conv.d is not None:
            x = x * self._style(conv.d)
        if conv.noise is not None:
            x = x + self._noise[conv.noise].to(self.dtype)
        x = x + self._constant(conv.bias, "bias")
        x = x if conv.slope is None else F.leaky_relu(x, conv.slope)
        return self._clamp(x.float() if conv.rgb else x, conv.clamp)

    def _clamp(self, x: Tensor, clamp: float | None) -> Tensor:
        if clamp is None and x.dtype == torch.float16:
            clamp = HALF_CLAMP
        return x if clamp is None else x.clamp(-clamp, clamp)

    def filtered(self, x: Tensor, step: Filtered) -> Tensor:
        c, up, padding, down = x.shape[1], step.up, step.padding, step.down
        row, column = (self._constant(step.up_taps, shape).expand(c, -1, -1, -1) for shape in ("row", "column"))
        x = F.conv_transpose2d(x, row, stride=(1, up), padding=(0, padding), groups=c)
        x = F.conv_transpose2d(x, column, stride=(up, 1), padding=(padding, 0), groups=c)
        x = self._clamp(F.leaky_relu(x, step.slope), step.clamp)
        if step.down_taps.ndim == 2:
            return F.conv2d(x, self._constant(step.down_taps, "square").expand(c, -1, -1, -1), stride=down, groups=c)
        row, column = (self._constant(step.down_taps, shape).expand(c, -1, -1, -1) for shape in ("row", "column"))
        return F.conv2d(F.conv2d(x, row, stride=(1, down), groups=c), column, stride=(down, 1), groups=c)

    def upsample(self, x: Tensor) -> Tensor:
        fir = self._constant(_DOUBLING_FIR, "square").to(x.dtype).expand(x.shape[1], 1, 4, 4)
        return F.conv_transpose2d(x, fir, stride=2, padding=1, groups=x.shape[1])

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y

    def paint(self, img: Tensor | None, x: Tensor, conv: Conv, last: bool) -> Tensor:
        y = self.conv(x, conv)
        return y if img is None else self.add(self.upsample(img), y)

    def bend(self, x: Tensor, layer: int) -> Tensor:
        bent = bending.build(TorchOperations(), x, layer, self._topology, self._bends)
        assert isinstance(bent, Tensor)
        return bent.contiguous(memory_format=torch.channels_last)  # as all is here; the next layer runs as if unbent


_DOUBLING_FIR = FIR * np.float32(4.0)  # [4, 4], sum 4
