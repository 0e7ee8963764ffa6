"""The page of what came in by MIDI and OSC: the last lines, for the log when the performer asks for them, for `--debug`, and
for `liveviz monitor` while the show plays. What nobody listens to is said once in the log, whoever looks."""

import logging
from collections import deque

from liveviz.inputs.control.sources.osc import OscInput
from liveviz.system.clock import now

KEPT_LINES = 300
LOGGED_LINES = 30  # of them, when the page goes to the log
_ASKING_S = 5.0  # how long a monitor is told after it has asked
_MOST_MONITORS = 4
_MOST_UNHEARD = 20  # addresses that the log has
_log = logging.getLogger("liveviz.runtime")


class ControlPage:
    """The last lines, and who reads them.

    Args:
        debug: every line goes to the log as it comes.
        address: to which lines are sent, as text.
    State: lines with their times, monitors by address, the addresses that the log has had.
    """

    def __init__(self, debug: bool, address: str) -> None:
        self._debug, self._address = debug, address
        self._lines: deque[tuple[float, str]] = deque(maxlen=KEPT_LINES)
        self._monitors: dict[tuple[str, int], float] = {}
        self._said: set[str] = set()

    def add(self, line: str, osc: OscInput | None) -> None:
        """One more line."""
        t = now()
        self._lines.append((t, line))
        if self._debug:
            _log.debug("%s", line)
        for monitor, until in list(self._monitors.items()):
            if t > until:
                del self._monitors[monitor]
            elif osc is not None:
                osc.send(self._address, line[:500], monitor)

    def monitor(self, sender: tuple[str, int]) -> None:
        """Somebody asks for every line; only programs of this machine are told."""
        here = sender[0].startswith(("127.", "::1"))
        if here and (sender in self._monitors or len(self._monitors) < _MOST_MONITORS):
            self._monitors[sender] = now() + _ASKING_S

    def unheard(self, address: str, words: str) -> None:
        """Nobody listens to that address: say so, once."""
        if address not in self._said and len(self._said) < _MOST_UNHEARD:
            self._said.add(address)
            more = "; `liveviz monitor` shows the others" * (len(self._said) == _MOST_UNHEARD)
            _log.info("%s: %s%s", address, words, more)

    def show(self) -> None:
        """The newest lines, to the log."""
        t = now()
        lines = list(self._lines)[-LOGGED_LINES:]
        _log.info("MIDI and OSC, the last %d lines%s", len(lines), ":" * bool(lines))
        for at, line in lines:
            _log.info("%6.1f s ago  %s", t - at, line)
