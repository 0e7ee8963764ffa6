"""Threads that work beside a show."""

import os
import sys
import threading

_QUIET = 15


def stand_back() -> None:
    """Let the calling thread work in what time others leave from here on: what it does must not make a picture late.

    Threads that it starts inherit this, so what it opens must find the threads that draw already there.
    """
    if sys.platform == "linux":  # the one system where a thread has a priority of its own that anybody may lower
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _QUIET)
