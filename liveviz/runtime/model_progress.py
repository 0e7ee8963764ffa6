"""What the performer is told while another generator is on its way: what comes, how far it is, and when it will be there.
Compiling may take a minute, and a key that seems to do nothing is pressed again."""

import logging

from liveviz.system.clock import now

SLOW_S = 3.0  # parts that take longer are told one by one

_log = logging.getLogger("liveviz.runtime")


class Coming:
    """One generator that was asked for.

    Args:
        name: as it was asked for.
    State: how many parts are compiled, of how many, and since when; whether it is being loaded, or ready. Any thread may
        read it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._parts: tuple[int, int, float] | None = None  # done, of how many, when the newest was done
        self._began: float | None = None  # when the first part began
        self._state = "is looked at"

    def told(self, done: int, parts: int) -> None:
        """`done` of `parts` are compiled: one engine of its own, and those on the way to it."""
        last = self._parts[2] if self._parts is not None else now()
        self._began = now() if self._began is None else self._began
        self._parts = done, parts, now()
        if done and now() - last > SLOW_S:
            _log.info("%s", self.words(now()))

    def loads(self) -> None:
        """All is compiled."""
        self._parts, self._state = None, "is loaded"

    def is_ready(self) -> None:
        """It waits for its beat."""
        self._state = "comes in at the next beat"

    def words(self, t: float) -> str:
        """One line: `model x comes: 1 of 4 compiled, about 40 s more`."""
        parts = self._parts
        if parts is None or self._began is None:
            return f"model {self.name} {'comes: it ' if self._state.startswith('is') else ''}{self._state}"
        done, of, newest = parts
        if not done:
            return f"model {self.name} comes: compiling the first of {of}, for {t - self._began:.0f} s now"
        left = (newest - self._began) / done * (of - done) - (t - newest)
        when = f"about {left:.0f} s more" if left >= 1.0 else "any moment"
        return f"model {self.name} comes: {done} of {of} compiled, {when}"
