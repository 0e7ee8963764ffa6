"""A rewritten generator in torch as a GPU likes it: one image at a time, channels last, and between two convolutions
one kernel (`fused`). Styles multiply whichever is smaller, a convolution's weights or its input, which is the same
arithmetic; the image is summed, and packed to 8 bits at the end, by the toRGB that draws into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from liveviz import bending
from liveviz.engine.backends.cuda import fused
from liveviz.engine.backends.cuda.static import HALF_CLAMP, StaticNetwork
from liveviz.engine.bends_torch import TorchOperations
from liveviz.engine.family import Network
from liveviz.engine.operations import Array, Conv


@dataclass(frozen=True)
class _Drawing:
    """A toRGB that is not drawn yet: it may come to know the image below it, and that its result is to be packed."""

    x: Tensor
    weight: Tensor
    bias: Tensor
    clamp: float | None
    below: Tensor | None = None

    def draw(self, pixels: bool) -> Tensor:
        return fused.to_rgb(self.x, self.weight, self.bias, self.clamp, self.below, pixels)


@dataclass(frozen=True)
class _Below:
    """An image that is to be enlarged and drawn upon."""

    img: Tensor


class _Bending(TorchOperations):
    def sample(self, x: Tensor, grid: Tensor) -> Tensor:
        return fused.sample(x, grid)


class FusedNetwork(StaticNetwork):
    """Constants of one generator on one device, in one precision; for one image at a time.

    State: the constants, made when they are first used; the inputs of the present call.
    """

    def __init__(self, network: Network, device: str, dtype: torch.dtype, topology: bending.Topology) -> None:
        super().__init__(network, device, dtype)
        self._topology = topology
        self._full: dict[int, Tensor] = {}
        self._one: dict[int, Tensor] = {}
        self._o = _Bending()

    def draw(self, styles: Tensor, noise: Sequence[Tensor], bends: Mapping[str, Tensor], pixels: bool) -> Tensor:
        """One image.

        Args:
            styles: float32 `[1, style_size]`. noise: `[1, 1, h, w]` per convolution, times its scale.
            bends: by the names of `bending.inputs`.
        Returns: pixels as in an ImageFrame, or float32 `[1, img_channels, H, W]`, on the device.
        """
        self._styles, self._noise, self._bends = styles, noise, bends
        made = self.network.build(self, self.network.config.img_channels)
        if self.network.config.draws_fields:
            img: Tensor = made.draw(False)
            return fused.pack(img) if pixels else img
        return made.draw(pixels)

    def _vector(self, value: Array) -> Tensor:
        """A bias in float32."""
        if id(value) not in self._full:
            self._full[id(value)] = torch.from_numpy(value.astype("float32")).to(self.device)
        return self._full[id(value)]

    def fourier(self, part: slice, channels: int, height: int, width: int) -> Tensor:
        return super().fourier(part, channels, height, width).to(self.dtype)

    def conv(self, x: Tensor, conv: Conv) -> Tensor | _Drawing:  # type: ignore[override]
        if conv.crop:
            x = x[:, :, conv.crop : -conv.crop, conv.crop : -conv.crop]
        s = None if conv.s is None else self._styles[0, conv.s]  # [I]
        if conv.rgb:
            weight = self._vector(conv.weight).flatten(1)  # [colours, I]
            weight = weight if s is None else weight * s
            return _Drawing(x, weight, self._vector(conv.bias), conv.clamp)
        weight = self._constant(conv.weight, "up" if conv.up else "")
        if s is not None:
            s = s.to(self.dtype)
            if weight.numel() <= x.numel():
                weight = weight * (s[:, None, None, None] if conv.up else s[:, None, None])
            else:
                x = x * s[:, None, None]
        # [1, O, 2h + 1, 2w + 1] or [1, O, h, w]
        x = F.conv_transpose2d(x, weight, stride=2) if conv.up else F.conv2d(x, weight, padding=conv.padding)
        if conv.d is None and not conv.up and conv.noise is None and conv.slope is None and not conv.bias.any():
            return x if conv.clamp is None else x.clamp(-conv.clamp, conv.clamp)  # a skip has nothing of what follows
        d = self._ones(len(conv.bias)) if conv.d is None else self._styles[0, conv.d]
        noise = None if conv.noise is None else self._noise[conv.noise]
        step = fused.fir_activate if conv.up else fused.activate
        slope = 1.0 if conv.slope is None else conv.slope
        return step(x, d, noise, self._vector(conv.bias), slope, self._limit(conv.clamp))

    def _ones(self, count: int) -> Tensor:
        if count not in self._one:
            self._one[count] = torch.ones(count, device=self.device)
        return self._one[count]

    def _limit(self, clamp: float | None) -> float | None:
        return HALF_CLAMP if clamp is None and self.dtype == torch.float16 else clamp

    def upsample(self, x: Tensor | _Drawing) -> Tensor | _Below:  # type: ignore[override]
        return _Below(x.draw(pixels=False)) if isinstance(x, _Drawing) else super().upsample(x)

    def add(self, x: Tensor | _Below, y: Tensor | _Drawing) -> Tensor | _Drawing:  # type: ignore[override]
        if isinstance(x, _Below) and isinstance(y, _Drawing):
            return replace(y, below=x.img)
        assert isinstance(x, Tensor) and isinstance(y, Tensor)
        return x + y

    def bend(self, x: Tensor, layer: int) -> Tensor:
        made: Tensor = bending.build(self._o, x, layer, self._topology, self._bends)
        return made
