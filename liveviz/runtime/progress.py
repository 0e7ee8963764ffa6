"""The one line that says how far a long piece of work is, and how long it will still take."""

import sys

from liveviz.system.clock import now

_LONG_S = 600.0


class Progress:
    """A bar on standard error: share done, a few words, time left; where that is no terminal, a first line, then one for
    every tenth of the work, or every ten minutes; nothing where it is closed.

    Args:
        total: of the work, in any unit.
        every_s: seconds between two lines at least, where standard error is no terminal.
    State: when the first share was shown, and which: work that is resumed does not begin at 0. The tenth that was told last.
    """

    def __init__(self, total: float, every_s: float = 5.0) -> None:
        self._total, self._drawn = max(total, 1e-3), now()
        self._first: tuple[float, float] | None = None
        self._to = None if sys.stderr is None or sys.stderr.closed else sys.stderr
        self._terminal = self._to is not None and self._to.isatty()
        self._every, self._width = 0.1 if self._terminal else every_s, 0
        self._tenth = -1

    def show(self, done: float, words: str) -> None:
        """Draw the bar, at most ten times a second."""
        t, share = now(), min(1.0, done / self._total)
        began, before = self._first = self._first or (t, share)
        if t - self._drawn < self._every:
            return
        if not self._terminal and int(10 * share) <= self._tenth and t - self._drawn < _LONG_S:
            return
        self._drawn, self._tenth = t, int(10 * share)
        left = (t - began) * (1.0 - share) / max(share - before, 1e-6) if share > before else None
        line = f"{share:4.0%}  {words}, {_clock(left)} left"
        if self._terminal:
            line = f"{'█' * int(share * 30):<30} {line}"
            self._write(f"\r{line:<{self._width}}")
            self._width = len(line)
        else:
            self._write(line + "\n")

    def end(self) -> None:
        """Leave the bar's line."""
        if self._width:
            self._write("\n")
            self._width = 0

    def _write(self, text: str) -> None:
        """A reader that has gone away silences the bar; the work goes on."""
        if self._to is not None:
            try:
                self._to.write(text)
                self._to.flush()
            except (OSError, ValueError):
                self._to = None


def _clock(seconds: float | None) -> str:
    """1:02:03 or 2:03; ? where nobody knows yet."""
    if seconds is None:
        return "?"
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
