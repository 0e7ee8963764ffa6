"""From a ParameterFrame to ws: mixing, truncation and PCA, in numpy, in a fraction of a millisecond, the same for every
backend."""

import numpy as np
from numpy.typing import NDArray

from liveviz.models import Generator, MappingNetwork, pca
from liveviz.spec import LAYER_RANGES, ParameterFrame, ws_range
from liveviz.spec.parameters import PCA_KNOBS

Array = NDArray[np.float32]

PCA_SAMPLES = 4096
_PCA_NAMES = tuple(f"pca.{i}" for i in range(PCA_KNOBS))


class Latents:
    """ws of one generator.

    A generator without directions gets them here, so that the PCA knobs work on any file.
    State: the mapping network's cache of w.
    """

    def __init__(self, generator: Generator) -> None:
        self.mapping = MappingNetwork(generator)
        self._ranges = np.array([ws_range(row) for row in range(generator.config.num_ws)])  # [num_ws]
        found = generator.directions or pca(generator, PCA_SAMPLES, PCA_KNOBS)
        count = min(PCA_KNOBS, len(found.std))
        self._knobs = np.zeros((PCA_KNOBS, generator.config.w_dim), np.float32)
        self._knobs[:count] = found.components[:count] * found.std[:count, None]

    def ws(self, frame: ParameterFrame) -> Array:
        """ws `[1, num_ws, w_dim]` of a frame.

        The terms are mixed by their weights on each layer range (a range without weight shows w_avg), truncated, and
        pushed along the PCA directions; the push is in standard deviations and not truncated.
        """
        w_avg = self.mapping.w_avg
        terms = np.stack([self.mapping.w(t.seed, t.cls) for t in frame.latents])  # [t, w_dim]
        weights = np.array([t.weights for t in frame.latents], np.float32)  # [t, 3]
        np.maximum(weights, 0.0, out=weights)
        total = weights.sum(axis=0)  # [3]
        mixed = (weights / np.where(total > 0.0, total, 1.0)).T @ terms  # [3, w_dim]
        for n in range(len(LAYER_RANGES)):
            if not total[n] > 0.0:
                mixed[n] = w_avg
        ws: Array = mixed[self._ranges]  # [num_ws, w_dim]
        rows = ws[: int(frame["truncation_cutoff"])]
        rows[...] = w_avg + np.float32(frame["truncation_psi"]) * (rows - w_avg)
        amounts = np.array([frame[name] for name in _PCA_NAMES], np.float32)  # [16]
        if amounts.any():
            ws += amounts @ self._knobs
        return ws[None]
