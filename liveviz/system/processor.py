"""How much of the machine's processor nobody uses: what a show may still take, whoever else works beside it."""

import os
from collections import deque

import psutil

from liveviz.system.clock import now

_EVERY_S, _SPAN_S = 0.1, 0.7  # between two readings, and of those that are averaged


class Processor:
    """The cores that this process may run on.

    State: readings of their counters over the last 0.7 s.
    """

    def __init__(self) -> None:
        self._readings: deque[tuple[float, float, float]] = deque()  # when, seconds idle, seconds in all

    @staticmethod
    def cores() -> int:
        """How many there are, at least 1."""
        return len(_mine()) or os.cpu_count() or 1

    def idle(self) -> float | None:
        """The share of their time, 0 to 1, that was used by nobody in the last 0.7 s; None before that is known."""
        t = now()
        if not self._readings or t - self._readings[-1][0] >= _EVERY_S:
            mine, each = _mine(), psutil.cpu_times(percpu=True)
            times = [each[n] for n in mine if n < len(each)] or each
            # what a guest machine's cores do is counted twice by Linux, in `user` as well
            total = sum(sum(core) - getattr(core, "guest", 0.0) - getattr(core, "guest_nice", 0.0) for core in times)
            self._readings.append((t, sum(core.idle + getattr(core, "iowait", 0.0) for core in times), total))
            while len(self._readings) > 2 and t - self._readings[1][0] >= _SPAN_S:
                self._readings.popleft()
        (began, idle0, total0), (ended, idle1, total1) = self._readings[0], self._readings[-1]
        if ended - began < 0.5 * _SPAN_S or total1 <= total0:
            return None
        return min(max((idle1 - idle0) / (total1 - total0), 0.0), 1.0)


def _mine() -> list[int]:
    """Numbers of the cores that this process may run on; empty where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def process_is_there(number: int) -> bool:
    """Whether a process of that number runs."""
    return psutil.pid_exists(number)
