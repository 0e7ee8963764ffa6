"""One line per thing worth saying, on standard error, from whichever process says it."""

import logging
import sys

BURST_LINES, WINDOW_S = 5, 1.0


class _OneLine(logging.Formatter):
    """`liveviz: message` for what a user should know, with the level where something is wrong."""

    def __init__(self, debug: bool) -> None:
        super().__init__()
        self._debug = debug

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if self._debug and record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        elif not self._debug:
            text = " ".join(text.split())
        # A message may quote a file: what would steer the terminal is shown as its number instead.
        text = "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        return f"liveviz: {level}{text}"


class _NoFlood(logging.Filter):
    """Lets one kind of line through five times a second: a terminal full of what a broken sender causes helps nobody.

    State: of each kind (its text before names and numbers are put in), when its second began and how many came since.
    """

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        began, count = self._kinds.get(str(record.msg), (0.0, 0))
        if not 0.0 <= record.created - began < WINDOW_S:
            began, count = record.created, 0
        self._kinds[str(record.msg)] = (began, count + 1)
        return count < BURST_LINES


def setup(debug: bool = False) -> None:
    """Send the log of every room to standard error."""
    logging.raiseExceptions = False  # a terminal that was closed must not end the show
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine(debug))
    if not debug:
        handler.addFilter(_NoFlood())
    root = logging.getLogger("liveviz")
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    root.propagate = False
