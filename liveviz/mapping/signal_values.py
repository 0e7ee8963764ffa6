"""What a frame of signals says to a show: levels as 0 to 1 of their range, events by their counts, the twelve pitch classes."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import Output


class OutputRanges:
    """Ranges of all signals as arrays `[n]`: low, width, and which are phases."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self.low = np.array([o.low for o in outputs], float)
        self.width = np.array([o.high - o.low for o in outputs], float)
        self.phase = np.array([o.kind == "phase" for o in outputs], bool)


def normalised(values: NDArray[np.float64], ranges: OutputRanges) -> NDArray[np.float64]:
    """Values of signals `[n]`, each as 0 to 1 of its range; phases wrap; what is not finite is 0."""
    finite = np.isfinite(values)
    x = (np.where(finite, values, ranges.low) - ranges.low) / ranges.width
    wrapped: NDArray[np.float64] = np.where(ranges.phase, x % 1.0, np.minimum(np.maximum(x, 0.0), 1.0))
    return wrapped


class Counter:
    """Notices events by the count that every frame carries, however many frames were skipped. State: the last count."""

    def __init__(self) -> None:
        self._last: float | None = None

    def step(self, count: float) -> bool:
        """Whether there was an event since the last step; the first count, or a lower one (a new analyser), is none."""
        if not math.isfinite(count):
            return False
        last, self._last = self._last, count
        return last is not None and count > last


def chroma(values: NDArray[np.float64], places: Sequence[int]) -> list[float]:
    """The 12 pitch classes at `places` of a frame, each 0-1."""
    return [min(max(v, 0.0), 1.0) if math.isfinite(v) else 0.0 for v in (float(values[i]) for i in places)]
