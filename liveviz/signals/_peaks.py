"""Peaks of a curve, found at once: a value that stands out of the past is announced in its own hop; nothing waits to see
what comes after."""

import numpy as np

from liveviz.signals._part import Rig

FLOOR_UP, FLOOR_DOWN = 0.5, 0.03  # seconds (time constants) of the floor


class PeakPicker:
    """Decides hop by hop whether a curve just had an attack.

    Args:
        delta: how far a peak must stand above the median of the last `past` seconds plus the curve's floor, which noise
            lifts and music does not. (A mean would still hold the last attack, and deafen for the next.)
        top: seconds in which it must be the highest.
        past: seconds of the median.
        apart: seconds in which no second peak is announced.
    State: the last `past` seconds of the curve, its floor, hops since the last peak.
    Source: Böck, Krebs & Schedl 2012, "Evaluating the online capabilities of onset detection methods".
    """

    def __init__(self, rig: Rig, delta: float, top: float = 0.03, past: float = 0.15, apart: float = 0.04) -> None:
        self._delta = delta
        self._past = np.zeros(rig.hops(past) + 1)
        self._top = rig.hops(top) + 1
        self._apart = apart / rig.dt
        self._since = self._apart + 1.0
        self._floor = 0.0
        self._floor_up, self._floor_down = rig.rate(FLOOR_UP), rig.rate(FLOOR_DOWN)
        self.height = 0.0

    def step(self, value: float) -> bool:
        """Whether `value`, the newest of the curve, is a peak; `height` is how far it stands above median and floor."""
        self._past[:-1] = self._past[1:]
        self._past[-1] = value
        self._since += 1.0
        middle = self._past.size // 2
        self._floor += (self._floor_up if value > self._floor else self._floor_down) * (value - self._floor)
        self.height = value - float(np.partition(self._past, middle)[middle]) - self._floor
        found = self.height > self._delta and self._since > self._apart and value >= self._past[-self._top :].max()
        if found:
            self._since = 0.0
        return bool(found)
