"""The body that all four child processes share: signals, logging, the parent's death, and how a failure is told."""

import gc
import importlib
import logging
import multiprocessing
import os
import signal
import sys
from dataclasses import replace

from liveviz.runtime import composition, logs
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.ipc.status import Phase
from liveviz.runtime.options import ShowOptions
from liveviz.spec import LivevizError
from liveviz.system.clock import now

ROOM_MODULES = {
    "stage": "liveviz.runtime.processes.stage",
    "engine": "liveviz.runtime.processes.engine",
    "control": "liveviz.runtime.processes.control",
    "audio": "liveviz.runtime.processes.audio",
}
USER_ERROR = 3  # exit code: what is wrong is in the status and starting again cannot help
_log = logging.getLogger("liveviz.runtime")


SAY_EVERY_S = 0.25


class Heartbeat:
    """When a child says how it goes: four times a second, whatever else it does.

    State: when it said so last.
    """

    def __init__(self) -> None:
        self._said = 0.0

    def due(self, also: bool = False) -> bool:
        """Whether it is time, or there is `also` a reason; asked often, true once each time."""
        if not also and now() - self._said <= SAY_EVERY_S:
            return False
        self._said = now()
        return True


class Life:
    """Whether a child should go on: until the parent says stop, or is gone."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._parent = multiprocessing.parent_process()
        self._checked = now()

    def goes_on(self) -> bool:
        """False once the show ends."""
        if self._links.stopping:
            return False
        if now() - self._checked > 1.0:
            self._checked = now()
            return self._parent is None or self._parent.is_alive()
        return True


def run(room: str, options: ShowOptions, links: Links, parts: composition.Parts) -> None:
    """Run the `body` of one room's module as a child and end the process with 0, USER_ERROR or 1.

    The module is imported here and not by the parent, which stays free of devices and GL.
    Ctrl+C and a closed terminal reach the whole group of processes: children leave them to the parent, who ends the show
    in order.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.setswitchinterval(0.0005)
    logs.setup(options.debug)
    composition.adopt(parts)
    code = 0
    try:
        importlib.import_module(ROOM_MODULES[room]).body(options, links, Life(links))
    except LivevizError as error:
        box = links.status[room]
        box.say(replace(box.read(), phase=Phase.FAILED, message=str(error)))
        code = USER_ERROR
    except Exception as error:  # noqa: BLE001 - a child's last words, whatever killed it
        _log.error("%s died: %s: %s", room, type(error).__name__, error, exc_info=True)
        box = links.status[room]
        box.say(replace(box.read(), phase=Phase.DIED, message=f"{type(error).__name__}: {error}"))
        code = 1
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)  # a driver's own exit handlers may hang, and everything of ours is closed


def settle() -> None:
    """Call once everything is loaded: what lives now lives to the end, so the collector need not look at it again."""
    gc.collect()
    gc.freeze()
