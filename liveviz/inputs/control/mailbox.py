"""The mailbox between a thread that hears controllers and the tick that reads them. A controller may send far more than
the show can use, so the newest value of each address replaces the older ones, and only what counts one by one (notes,
triggers, clock) is queued. Both are bounded: no flood makes it grow."""

import itertools
import threading
from collections import deque
from collections.abc import Iterable

from liveviz.spec import ControlMessage

MAX_ADDRESSES = 4096
MAX_EVENTS = 1024


class Mailbox:
    """Control messages between two drains, in the order of their last change; every method from any thread.

    Args:
        wake: set whenever something is put in. It is the one way to wait: who drains one or several mailboxes hands the
            same event to all of them, waits for it, clears it, and only then drains.
    State: at most MAX_ADDRESSES values and MAX_EVENTS events; `dropped` counts what did not fit (a new address where
    there is no room, the oldest event where the queue is full).
    """

    def __init__(self, wake: threading.Event | None = None) -> None:
        self.dropped = 0
        self._lock = threading.Lock()
        self._wake = wake
        self._slots: dict[tuple[str, str] | int, ControlMessage] = {}  # values by address and port, events by number
        self._events: deque[int] = deque()
        self._serial = itertools.count()

    def put(self, messages: Iterable[tuple[ControlMessage, bool]]) -> None:
        """Add (message, is it an event); what is put together is drained together."""
        with self._lock:
            for message, event in messages:
                if event:
                    self._put_event(message)
                else:
                    self._put_value(message)
            if self._slots and self._wake is not None:
                self._wake.set()

    def _put_value(self, message: ControlMessage) -> None:
        key = message.address, message.port
        known = self._slots.pop(key, None)
        if known is None and len(self._slots) - len(self._events) >= MAX_ADDRESSES:
            self.dropped += 1
            return
        self._slots[key] = message

    def _put_event(self, message: ControlMessage) -> None:
        if len(self._events) >= MAX_EVENTS:
            del self._slots[self._events.popleft()]
            self.dropped += 1
        serial = next(self._serial)
        self._events.append(serial)
        self._slots[serial] = message

    def drain(self) -> list[ControlMessage]:
        """Everything since the last drain; does not wait."""
        with self._lock:
            slots, self._slots = self._slots, {}
            self._events.clear()
        return list(slots.values())
