"""How tests wait. Nothing else in tests/ sleeps (test_tests.py): who waits for something to happen says what it is and for
how long at most, and who lets time pass on purpose says that."""

import time
from collections.abc import Callable
from typing import TypeVar

GUARD_S = 20.0  # against hanging; nothing that works takes as long
LOOK_S = 0.01  # between two looks

T = TypeVar("T")


def wait_until(true: Callable[[], T], timeout: float = GUARD_S, what: object = "", look: float = LOOK_S) -> T:
    """Wait until `true()` is, and return it.

    Args:
        timeout: seconds after which it fails. what: what is waited for, in words; a function is called for them then.
        look: seconds between two looks.
    """
    end = time.monotonic() + timeout
    while not (found := true()):
        assert time.monotonic() < end, f"still not so after {timeout:g} s: {what() if callable(what) else what}"
        time.sleep(look)
    return found


def pace(seconds: float) -> None:
    """One step of a fake device, of a sender, of a reader that comes by: it takes this long, and nothing is waited for."""
    time.sleep(seconds)


def nothing_may_happen_for(seconds: float) -> None:
    """Let time pass in which something would go wrong, if it did. What must not happen is asserted afterwards."""
    time.sleep(seconds)
