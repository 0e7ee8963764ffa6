"""When a process that died is started again: at once, unless it dies again and again."""

import math

BACKOFF_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
ANEW_S = 0.5  # the most for one that ended in order, to begin again: a device that hangs, a model that changed
STEADY_S = 3.0  # one that lived so long after it was ready is started again at once, however often it died before
RECENT_S = 30.0
MAX_TRIES = 3


class Restarts:
    """One process's deaths.

    State: when it died recently.
    """

    def __init__(self) -> None:
        self._deaths: list[float] = []

    def died(self, time: float, ready_since: float = math.inf, in_order: bool = False) -> float:
        """Seconds to wait before the next start.

        Args:
            time: now. ready_since: when it was ready, infinity where it never was. in_order: it asked to begin again.
        """
        steady = time - ready_since > STEADY_S
        self._deaths = [t for t in self._deaths if time - t < RECENT_S and not steady] + [time]
        wait = BACKOFF_S[min(len(self._deaths), len(BACKOFF_S)) - 1]
        return min(wait, ANEW_S) if in_order else wait

    @property
    def hopeless(self) -> bool:
        """It died so often that, where it never was ready, it will not be."""
        return len(self._deaths) >= MAX_TRIES
