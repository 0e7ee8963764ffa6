"""The noise of a frame on the GPU that draws: on a CPU its mixing is small, and there it is slow all the same. In torch, on
any device: the tests run it on a CPU."""

import math
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from liveviz.engine.noise import Array, NoiseFields

# Numbers: every field starts at an address that is a multiple of 256 bytes, as TensorRT likes it
_ALIGNMENT_COUNT = 128


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
        starts = np.cumsum([0, *(-(-size // _ALIGNMENT_COUNT) * _ALIGNMENT_COUNT for size in sizes)])
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
