"""From a ParameterFrame to ws: mixing, truncation and directions, in numpy, in a fraction of a millisecond, the same for every
backend."""

import numpy as np
from numpy.typing import NDArray

from liveviz.models import Directions, Generator, mapping_of, row_kinds
from liveviz.spec import LAYER_RANGES, ParameterFrame
from liveviz.spec.parameters import PCA_END, PCA_KNOBS

Array = NDArray[np.float32]

MOST_STRETCH = 2.0
"""Two images that are opposite have no arc between them."""
_PCA_NAMES = tuple(f"pca.{i}" for i in range(PCA_KNOBS))
_PCA_INDICES = {name: i for i, name in enumerate(_PCA_NAMES)}


class Latents:
    """ws of one generator.

    State: the mapping network's cache of w; the directions, where there are any yet.
    """

    def __init__(self, generator: Generator) -> None:
        self.mapping = mapping_of(generator)
        self._ranges = np.array(row_kinds(generator.config))  # [num_ws]
        self._num_ws = generator.config.num_ws
        self._knobs: tuple[Array, Array, Array] | None = None
        if generator.directions is not None:
            self.use(generator.directions)

    def use(self, directions: Directions) -> None:
        """Let the knobs push along these; before, they do nothing. Any thread may call it."""
        steps = directions.std[:, None] * np.abs(directions.range) / np.float32(PCA_END)  # [k, 2]
        self._knobs = (
            directions.components[:PCA_KNOBS],
            steps[:PCA_KNOBS].astype(np.float32),
            directions.rows(self._num_ws)[:PCA_KNOBS],
        )

    def _keep_distance(self, mixed: Array, terms: Array, shares: Array, morph: float) -> None:
        """Move `mixed` `[3, w_dim]` away from the average image, as far as its terms `[t, w_dim]` are from it in the mean
        (by their `shares` `[t, 3]`): the mix of two then lies on the arc between them, as slerp has it."""
        w_avg = self.mapping.w_avg
        away = mixed - w_avg  # [3, w_dim]
        length = np.linalg.norm(away, axis=1)  # [3]
        wanted = shares.T @ np.linalg.norm(terms - w_avg, axis=1)  # [3]
        factor = np.where(length > 1e-6, wanted / np.maximum(length, 1e-6), 1.0)
        mixed += away * (np.float32(morph) * (np.minimum(factor, MOST_STRETCH) - 1.0))[:, None].astype(np.float32)

    def ws(self, frame: ParameterFrame) -> Array:
        """ws `[1, num_ws, w_dim]` of a frame.

        The terms are mixed by their weights on each layer range (a range without weight shows w_avg), truncated, and
        pushed along the directions: a knob at either end, at either end of the direction's range, on the direction's own
        rows, or on those that the frame says. The push is not truncated.
        """
        w_avg = self.mapping.w_avg
        terms = np.stack([self.mapping.w(t.seed, t.cls) for t in frame.latents])  # [t, w_dim]
        weights = np.array([t.weights for t in frame.latents], np.float32)  # [t, 3]
        np.maximum(weights, 0.0, out=weights)
        total = weights.sum(axis=0)  # [3]
        shares = (weights / np.where(total > 0.0, total, 1.0)).astype(np.float32)  # [t, 3]
        mixed: Array = shares.T @ terms  # [3, w_dim]
        for n in range(len(LAYER_RANGES)):
            if not total[n] > 0.0:
                mixed[n] = w_avg
        if frame.morph > 0.0:
            self._keep_distance(mixed, terms, shares, frame.morph)
        ws: Array = mixed[self._ranges]  # [num_ws, w_dim]
        whole = ws.copy() if frame.rows else ws
        rows = ws[: int(frame["truncation_cutoff"])]
        rows[...] = self.mapping.truncated(rows, frame["truncation_psi"])
        for some in frame.rows:
            if some.parameter == "truncation_psi":
                rows = whole[some.start : some.end]
                ws[some.start : some.end] = self.mapping.truncated(rows, some.amount)
        amounts = np.array([frame[name] for name in _PCA_NAMES], np.float32)  # [16]
        if (knobs := self._knobs) is None:
            return ws[None]
        components, steps, rows = knobs  # [k, w_dim], [k, 2], [k, num_ws]
        if amounts.any():
            amounts = amounts[: len(steps)]
            lengths = amounts * np.where(amounts < 0.0, steps[:, 0], steps[:, 1])  # [k]
            ws += (rows * lengths[:, None]).T @ components
        for some in frame.rows:
            knob = _PCA_INDICES.get(some.parameter, len(steps))
            if knob < len(steps) and some.amount != 0.0:
                step = steps[knob, 0 if some.amount < 0.0 else 1]
                ws[some.start : some.end] += np.float32(some.amount) * step * components[knob]
        return ws[None]
