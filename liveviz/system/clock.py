"""The wall clock and the frame clock: the only readers of system time. Live shows follow the wall clock; an offline
render follows the frame clock, whose time is the number of the frame, so that it is the same on any machine."""

import time


def now() -> float:
    """Seconds on the monotonic clock that all processes of one show share."""
    return time.monotonic()


def worked() -> float:
    """Seconds that this process has kept processors busy, all of them added up."""
    return time.process_time()


def utc() -> float:
    """Unix seconds, for what arrives with a date on it (OSC timetags). May jump: never measure with it."""
    return time.time()


class WallClock:
    """Absolute frame schedule on the wall clock: frame n is due at start + n / fps, so lateness never adds up.

    Args:
        fps: frames per second, > 0.
    State: `due`, when the frame that was handed out last should have begun.
    """

    def __init__(self, fps: float) -> None:
        self.interval = 1.0 / fps
        self.due = now()
        self._last = self.due

    def next(self) -> tuple[float, float]:
        """Sleep until the next frame is due; return (now, dt since the last one).

        A frame that is more than a whole interval late does not make the next ones hurry: the schedule moves on.
        """
        self.due += self.interval
        wait = self.due - now()
        if wait > 0:
            time.sleep(wait)
        elif wait < -self.interval:
            self.due = now()
        t = now()
        dt, self._last = max(t - self._last, 1e-6), t
        return t, dt


class FrameClock:
    """Time that is counted in frames: frame n is at exactly n / fps."""

    def __init__(self, fps: float) -> None:
        self.interval = 1.0 / fps
        self._count = 0
        self._fps = fps

    def next(self) -> tuple[float, float]:
        """(time of the frame's end, dt), without waiting."""
        self._count += 1
        return self._count / self._fps, self.interval
