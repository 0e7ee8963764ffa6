"""A control source to copy: it plays `pad.1` to `pad.8` from whatever your device is. Save it as `sources/<name>.py`, and
`liveviz play --control <name>` opens it. Anything that arrives goes through the mailbox, which is bounded: the newest value of
an address wins, events are kept one by one."""

import threading
from collections.abc import Collection

from liveviz.inputs.control.mailbox import Mailbox
from liveviz.inputs.control.source import Arrival, ControlSource, SourceReport, SourceSetup
from liveviz.spec import Address, ControlMessage

ADDRESSES = (Address(r"pad\.[1-8]", "button", "pad.1-8", "a pad: how hard it is hit, 0 when it is let go"),)
ALWAYS = False  # only with --control <name>


def open_source(rig: SourceSetup) -> ControlSource | None:
    """rig.where: what stands behind the colon, such as a port. Raise LivevizError, in one line, where that is wrong."""
    return Pads(rig)


class Pads:
    """Listens on a thread of its own."""

    def __init__(self, rig: SourceSetup) -> None:
        self.listens: Collection[str] | None = None
        self._rig, self._mailbox = rig, Mailbox(rig.wake)
        self._received = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pads", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.01):
            for number, value in self._read():
                message = ControlMessage(f"pad.{number}", min(max(value, 0.0), 1.0), self._rig.now())
                self._received += 1
                self._mailbox.put([(message, True)])  # True: an event, none of which may be lost

    def _read(self) -> list[tuple[int, float]]:
        """What the device has sent: (number of the pad, 0 to 1)."""
        return []

    def poll(self) -> list[Arrival]:
        """What came since the last poll, in order."""
        return [*self._mailbox.drain()]

    def report(self) -> SourceReport:
        """Its counters."""
        return SourceReport(received=self._received, dropped=self._mailbox.dropped)

    def close(self) -> None:
        """Stop listening."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
