"""The static-weight rewrite in torch, for NVIDIA GPUs and for tests of the rewrite itself: constants on a device,
ordinary convolutions, channels last."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from liveviz.engine.rewrite import FIR, Rewrite
from liveviz.models.reference import bend, upsample


class StaticNetwork:
    """Constants of one generator on one device, in one precision.

    Styles and noise are scaled in `dtype`; pictures are summed in float32.
    """

    def __init__(self, rewrite: Rewrite, device: str, dtype: torch.dtype) -> None:
        self.rewrite, self.device, self.dtype = rewrite, device, dtype
        # fp16 overflows above 65504; the papers' own half-precision limit is 256.
        self.clamp = rewrite.clamp if rewrite.clamp is not None or dtype != torch.float16 else 256.0
        self.const = self._constant(rewrite.const[None])
        self.weights = [self._constant(c.weight.transpose(1, 0, 2, 3) if c.up else c.weight) for c in rewrite.convs]
        self.biases = [self._constant(c.bias[None, :, None, None]) for c in rewrite.convs]
        self.firs = [self._constant(np.broadcast_to(FIR * 4, (c.bias.size, 1, 4, 4))) for c in rewrite.convs]
        self.rgb_weights = [self._constant(t.weight[:, :, None, None]) for t in rewrite.rgbs]
        self.rgb_biases = [self._constant(t.bias[None, :, None, None]) for t in rewrite.rgbs]

    def _constant(self, value: np.ndarray) -> Tensor:
        tensor = torch.from_numpy(np.array(value, np.float32)).to(self.device, self.dtype)
        return tensor.contiguous(memory_format=torch.channels_last)

    def __call__(self, styles: Tensor, noise: Sequence[Tensor], grids: Mapping[int, Tensor]) -> Tensor:
        """Pictures float32 `[n, C, H, W]` of packed styles `[n, style_size]`, noise `[1, 1, r, r]` per convolution
        (times its scale) and grids `[r, r, 2]` by layer."""
        shaped = styles.to(self.dtype)[:, :, None, None]
        x, img, level = self.const.expand(styles.shape[0], -1, -1, -1), None, 0
        for number, conv in enumerate(self.rewrite.convs):
            x = x * shaped[:, conv.s]
            if conv.up:
                x = F.conv_transpose2d(x, self.weights[number], stride=2)  # [n, O, 2h + 1, 2w + 1]
                x = F.conv2d(x, self.firs[number], padding=1, groups=x.shape[1])
            else:
                x = F.conv2d(x, self.weights[number], padding=1)
            x = x * shaped[:, conv.d] + noise[number].to(self.dtype) + self.biases[number]
            x = self._clamp(F.leaky_relu(x, 0.2))
            if conv.up:
                continue
            if conv.resolution in grids:
                x = bend(x.float(), grids[conv.resolution]).to(self.dtype)
            y = F.conv2d(x * shaped[:, self.rewrite.rgbs[level].s], self.rgb_weights[level])
            y = self._clamp((y + self.rgb_biases[level]).float())
            img = y if img is None else upsample(img) + y
            level += 1
        assert img is not None
        return img

    def _clamp(self, x: Tensor) -> Tensor:
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


def pack(img: Tensor) -> Tensor:
    """Pixels uint8 `[H, W, 4]` of `[1, C, H, W]`, on its device."""
    levels = (img[0] * 127.5 + 128.0).floor().clamp(0, 255).to(torch.uint8).expand(3, -1, -1)  # [3, H, W]
    return torch.cat([levels, torch.full_like(levels[:1], 255)]).permute(1, 2, 0).contiguous()
