"""Work beside a show: what it does must not make a picture late."""

import os
import sys
import threading

_QUIET = 15  # how nice
_BRIM = 2.0  # threads a core that want to run, in the mean of a minute, where no time is left over


def stand_back(who: int | None = None, *, entirely: bool = False) -> None:
    """Let the calling thread, or the process `who` that was just started, go behind the others from here on.

    Args:
        entirely: take only what time nobody else wants, for what may be late itself. Where the machine has hardly any
            left it goes behind the others as usual: else it would never be done. (Being merely nice was not enough:
            every swap made twenty pictures late.)

    What it starts inherits this, so what it opens must find the threads that draw already there.
    """
    if sys.platform == "linux":  # the one system where a thread has a priority of its own that anybody may lower
        who = threading.get_native_id() if who is None else who
        if entirely and os.getloadavg()[0] < _BRIM * (os.cpu_count() or 1):
            os.sched_setscheduler(who, os.SCHED_IDLE, os.sched_param(0))
            return
    if who is not None and hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, who, _QUIET)
