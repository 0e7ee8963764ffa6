"""Ctrl+C that is not lost. A signal becomes KeyboardInterrupt wherever Python happens to be, and in the callback of a library
(its log, a finaliser) that is printed and forgotten: long work therefore also asks, once a step."""

import signal
from types import FrameType

_asked: list[int] = []  # signals that came and whose exception nobody is known to have caught


def become_exceptions(number: int) -> None:
    """Let that signal be a KeyboardInterrupt from here on."""
    signal.signal(number, _raise)


def _raise(number: int, frame: FrameType | None) -> None:
    _asked.append(number)
    raise KeyboardInterrupt


def check() -> None:
    """Raise KeyboardInterrupt where one was lost: whoever gets here after a signal has not been interrupted by it."""
    if _asked:
        _asked.clear()
        raise KeyboardInterrupt
