"""The parts of a frame that are small on a CPU and slow there all the same, on the GPU that draws: styles from ws (at
1024 pixels 45 MB of weights are read for them) and the mixing of noise fields, so that a frame is a few kilobytes of
upload and one graph. In torch, on any device: the tests run it on a CPU."""

import math
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from liveviz.engine.stylegan.noise import NoiseFields
from liveviz.engine.stylegan.rewrite import EPSILON, TINY, Array, Rewrite

_ALIGNED = 128  # numbers: every field starts at an address that is a multiple of 256 bytes, as TensorRT likes it


class DeviceStyles:
    """`Rewrite.styles` for one ws, as two batched products: all affines, then all demodulations.

    State: the constants on the device.
    """

    def __init__(self, rewrite: Rewrite, device: str) -> None:
        def to(value: np.ndarray) -> Tensor:
            return torch.from_numpy(value).to(device)

        affines, convs = rewrite.affines, rewrite.convs
        wide = max(bias.size for _, _, _, bias in affines)
        weight = np.zeros((len(affines), affines[0][2].shape[0], wide), np.float32)  # [A, w_dim, I]
        biases = np.zeros((len(affines), wide), np.float32)
        self._order = np.zeros(rewrite.style_size, np.int64)
        starts = {}
        for n, (_, where, a, bias) in enumerate(affines):
            weight[n, :, : bias.size], biases[n, : bias.size] = a, bias
            self._order[where] = n * wide + np.arange(bias.size)
            starts[where.start] = n
        out = max(conv.weight.shape[0] for conv in convs)
        wsq = np.zeros((len(convs), wide, out), np.float32)  # [D, I, O]
        unscale = np.zeros((len(convs), out), np.float32)
        for n, conv in enumerate(convs):
            assert conv.s is not None and conv.d is not None and conv.wsq is not None
            inputs, outputs = conv.wsq.shape
            wsq[n, :inputs, :outputs], unscale[n, :outputs] = conv.wsq, conv.unscale
            self._order[conv.d] = len(affines) * wide + n * out + np.arange(outputs)
        if rewrite.features is not None:
            size = rewrite.features.stop - rewrite.features.start
            self._order[rewrite.features] = len(affines) * wide + len(convs) * out + np.arange(size)
        self._rows = to(np.array([row for row, _, _, _ in affines]))
        self._weight, self._bias = to(weight), to(biases)
        self._wsq, self._unscale = to(wsq), to(unscale)
        self._demodulated = to(np.array([starts[conv.s.start] for conv in convs if conv.s is not None]))
        self._gather = to(self._order)

    def __call__(self, ws: Tensor, features: Tensor) -> Tensor:
        """Packed styles float32 `[1, style_size]`.

        Args:
            ws: float32 `[num_ws, w_dim]`. features: `[n]`, of a StyleGAN3; empty for a StyleGAN2.
        """
        styles = torch.bmm(ws[self._rows][:, None], self._weight)[:, 0] + self._bias  # [A, I]
        s = styles[self._demodulated]  # [D, I]
        largest = s.abs().amax(dim=1, keepdim=True).clamp_min(float(TINY))  # [D, 1]
        energy = torch.bmm(s.square()[:, None], self._wsq)[:, 0]  # [D, O]
        d = largest * self._unscale * (energy + float(EPSILON)).rsqrt()  # [D, O]
        styles = styles.index_copy(0, self._demodulated, s / largest)
        return torch.cat([styles.flatten(), d.flatten(), features])[self._gather][None]


class DeviceNoise:
    """`NoiseFields` with its two fields on the device: a frame sends a few numbers, and a field is sent when the phase
    comes to it. The field after the next is drawn in the background, so that no frame waits for one.

    Args:
        noise: draws the fields, and has the mask. gains: of each convolution. ranges: of each, 0 coarse to 2 fine.
    State: the two fields of the last phase, the mask, and the field that is being drawn.
    """

    def __init__(
        self, noise: NoiseFields, gains: list[float], ranges: list[int], device: str, dtype: torch.dtype
    ) -> None:
        self._noise = noise
        sizes = [view.size for view in noise.views]
        self._scale = np.repeat(np.array(gains, np.float32), sizes)  # [size]
        starts = np.cumsum([0, *(-(-size // _ALIGNED) * _ALIGNED for size in sizes)])
        self._at = [slice(int(start), int(start) + size) for start, size in zip(starts, sizes, strict=False)]
        total = int(starts[-1])
        self._host = torch.zeros(total)
        self._fields = torch.zeros(2, total, device=device, dtype=dtype)
        self._missing = torch.zeros(total, device=device, dtype=dtype)
        self._mixed = torch.zeros(total, device=device, dtype=dtype)
        self.views = [self._mixed[at].view(view.shape) for at, view in zip(self._at, noise.views, strict=True)]
        ends = [int(starts[sum(r <= last for r in ranges)]) for last in range(3)]
        self._spans = [slice(start, end) for start, end in zip([0, *ends[:2]], ends, strict=True) if start < end]
        self._kept = [n for n, (start, end) in enumerate(zip([0, *ends[:2]], ends, strict=True)) if start < end]
        self._has: list[tuple[int, int] | None] = [None, None]
        self._masked: Array | None = None
        self._thread = ThreadPoolExecutor(1, "noise")
        self._coming: tuple[tuple[int, int], Future[Array]] | None = None

    def load(self, seed: int, phase: float) -> tuple[float, float]:
        """Have the two fields about `phase`, and the mask, on the device; what to mix the fields by."""
        if self._noise.missing is not self._masked:
            self._masked = self._noise.missing
            self._send(np.zeros(self._noise.size, np.float32) if self._masked is None else self._masked, self._missing)
        first = math.floor(phase)
        for slot, number in ((first % 2, first), ((first + 1) % 2, first + 1)):
            if self._has[slot] != (seed, number):
                self._send(self._scale * self._draw((seed, number)), self._fields[slot])
                self._has[slot] = (seed, number)
        following = (seed, first + 2)
        if self._noise.size and (self._coming is None or self._coming[0] != following):
            self._coming = (following, self._thread.submit(self._noise.draw, *following))
        angle = (phase - first) * (math.pi / 2.0)
        near, far = math.cos(angle), math.sin(angle)
        return (near, far) if first % 2 == 0 else (far, near)

    def _send(self, values: Array, target: Tensor) -> None:
        start, rows = 0, self._host.numpy()
        for at in self._at:
            rows[at] = values[start : start + at.stop - at.start]
            start += at.stop - at.start
        target.copy_(self._host)

    def _draw(self, key: tuple[int, int]) -> Array:
        if self._coming is not None and self._coming[0] == key:
            return self._coming[1].result()
        return self._noise.draw(*key)

    def mix(self, weights: Tensor, masked: Tensor) -> None:
        """Fill `views`.

        Args:
            weights: float32 `[3, 2]`, of both fields in every layer range. masked: `[1]`, how far the mask counts.
        """
        for n, span in zip(self._kept, self._spans, strict=True):
            mixed = self._fields[0, span] * weights[n, 0] + self._fields[1, span] * weights[n, 1]
            self._mixed[span] = mixed * (self._missing[span] * masked + 1.0)

    def fill(self, fields: list[Array]) -> None:
        """Fill `views` with given fields instead, as `NoiseFields.of` gives them."""
        for view, field in zip(self.views, fields, strict=True):
            view.copy_(torch.from_numpy(field))

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(cancel_futures=True)
