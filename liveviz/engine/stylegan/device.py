"""The style vector of a StyleGAN made on the GPU that draws: at 1024 pixels 45 MB of weights are read for it, which is small
on a CPU and slow there all the same. In torch, on any device: the tests run it on a CPU."""

import math

import numpy as np
import torch
from torch import Tensor

from liveviz.engine.stylegan.constants import EPSILON, TINY, Array, Rewrite


class Styles:
    """`Rewrite.styles` for one ws, as two batched products: all affines, then all demodulations.

    size: how many numbers a frame sends: ws, and a StyleGAN3's features.
    State: the constants on the device.
    """

    def __init__(self, rewrite: Rewrite, device: str) -> None:
        def to(value: np.ndarray) -> Tensor:
            return torch.from_numpy(value).to(device)

        affines, convs = rewrite.affines, rewrite.convs
        self._rewrite, self._shape = rewrite, (rewrite.config.num_ws, rewrite.config.w_dim)
        features = 0 if rewrite.features is None else rewrite.features.stop - rewrite.features.start
        self.size = math.prod(self._shape) + features
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

    def put(self, into: Array, ws: Array, view: Array | None) -> None:
        """Write what a frame sends: ws, and the Fourier features where there are any."""
        into[: ws.size] = ws.ravel()
        if self._rewrite.features is not None:
            into[ws.size :] = self._rewrite.write_features(ws[:, 0], view)[0]

    def __call__(self, sent: Tensor) -> Tensor:
        """The style vector float32 `[1, style_size]` of what was sent, `[size]`."""
        ws, features = sent.split([math.prod(self._shape), self.size - math.prod(self._shape)])
        ws = ws.view(self._shape)
        styles = torch.bmm(ws[self._rows][:, None], self._weight)[:, 0] + self._bias  # [A, I]
        s = styles[self._demodulated]  # [D, I]
        largest = s.abs().amax(dim=1, keepdim=True).clamp_min(float(TINY))  # [D, 1]
        energy = torch.bmm(s.square()[:, None], self._wsq)[:, 0]  # [D, O]
        d = largest * self._unscale * (energy + float(EPSILON)).rsqrt()  # [D, O]
        styles = styles.index_copy(0, self._demodulated, s / largest)
        return torch.cat([styles.flatten(), d.flatten(), features])[self._gather][None]
