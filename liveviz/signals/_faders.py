"""Levels without a unit become faders from 0 to 1: each against its own recent loudest, up at once, down so that the eye can
follow. One formula, so that every such signal travels its whole range on any record and at any hop length."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from liveviz.signals._part import Rig

FORGET_SECONDS = 15.0  # time constant in which the loudest fades


class Faders:
    """Some levels, followed.

    Args:
        least: of each level: a loudest below it is not blown up to 1.
        rise, fall: seconds (time constants) of the faders; 0 jumps.
        every: hops between two steps.
    values: float64 `[n]`, 0 to 1.
    State: values, the loudest of each level.
    """

    def __init__(
        self, rig: Rig, least: Sequence[float], rise: float = 0.004, fall: float = 0.06, every: int = 1
    ) -> None:
        self._least = np.array(least, np.float64)
        self._loudest = self._least.copy()
        dt = every * rig.dt
        self._keep = float(np.exp(-dt / FORGET_SECONDS))
        self._rise, self._fall = (1.0 - float(np.exp(-dt / tau)) if tau > 0.0 else 1.0 for tau in (rise, fall))
        self.values: NDArray[np.float64] = np.zeros(self._least.size)

    def step(self, levels: ArrayLike) -> NDArray[np.float64]:
        """Follow float `[n]`, >= 0, and return `values`."""
        now = np.asarray(levels, np.float64)
        self._loudest = np.maximum(np.maximum(self._loudest * self._keep, now), self._least)
        away = now / self._loudest - self.values
        self.values = self.values + np.where(away > 0.0, self._rise, self._fall) * away
        return self.values
