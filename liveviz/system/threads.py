"""Work in the background of a show: what it does must not make an image late."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

_LOWER_NICE, _QUIET_NICE, _LOWEST_NICE = 4, 15, 19  # how nice
SATURATED_LOAD = 2.0  # threads a core that want to run, in the mean of a minute, where no time is left over
# Seconds: the kernel takes such a wish from all processes together every tenth of one
_NICE_TRIES, _RETRY_SECONDS = 6, 0.05


def stand_back(*, entirely: bool = False) -> None:
    """Let the calling thread go behind the others from here on.

    Args:
        entirely: take only what time nobody else wants, for what may be late itself. Where the machine has hardly any
            left it goes behind the others as usual: else it would never be done. (Being merely nice was not enough:
            every swap made twenty images late.)

    What it starts inherits this, so what it opens must find the threads that draw already there.
    """
    if sys.platform == "linux":  # the one system where a thread has a priority of its own that anybody may lower
        if entirely and _time_is_left():
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        else:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _QUIET_NICE)


def give_way() -> None:
    """Let the calling thread, and those that it starts, go a little behind the stage's: where both want the same core, a
    image of the generator comes later, and no frame on the screen does."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWER_NICE)


def step_up(number: int, *, process: bool) -> None:
    """Have what took only the time that nobody else wanted go behind the others as usual from here on: on a machine that
    never has any left it would not be done.

    Args:
        number: of a process that `start_behind` started, all of whose threads are meant, or the native one of a thread.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):  # a kernel without groups of sessions
        if process:
            Path(f"/proc/{number}/autogroup").write_text(str(_QUIET_NICE))
    with contextlib.suppress(OSError):  # it is done meanwhile
        for thread in os.listdir(f"/proc/{number}/task") if process else [number]:
            os.sched_setscheduler(int(thread), os.SCHED_OTHER, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, int(thread), _QUIET_NICE)


def start_behind(command: list[str], **more: Any) -> subprocess.Popen[str]:
    """A process that goes behind all of ours, text in and out, as `subprocess.Popen` starts it; where the machine has time
    left, it takes only what nobody wants.

    Linux shares time among sessions before it does among the threads of one: with a session of its own, it gets nothing
    when a thread of ours yields. (The threads that draw do, whenever they wait for one another; of what is merely in
    the class of idle time, each then gets a turn: drawing took 8 ms in place of 6.)
    """
    started = subprocess.Popen(command, text=True, errors="replace", start_new_session=True, **more)
    quiet = _LOWEST_NICE if _time_is_left() else _QUIET_NICE
    if sys.platform == "linux":
        _session(started.pid, quiet)
        if quiet == _LOWEST_NICE:  # where sessions don't count, because somebody else groups processes
            os.sched_setscheduler(started.pid, os.SCHED_IDLE, os.sched_param(0))
            return started
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, started.pid, quiet)
    return started


def _session(leader: int, quiet: int) -> None:
    """How nice the session is that this process leads; a kernel without such groups has no file to say it in."""
    for _ in range(_NICE_TRIES):
        try:
            Path(f"/proc/{leader}/autogroup").write_text(str(quiet))
        except BlockingIOError:
            time.sleep(_RETRY_SECONDS)
        except OSError:
            return
        else:
            return


def _time_is_left() -> bool:
    return sys.platform == "linux" and os.getloadavg()[0] < SATURATED_LOAD * (os.cpu_count() or 1)
