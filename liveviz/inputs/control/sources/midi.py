"""MIDI in: every port, or the named one, as control messages. A thread of its own opens the ports, waits for the ones
that were pulled out, and reads; the show only ever drains a mailbox."""

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from typing import Any

from liveviz.inputs.control.mailbox import Mailbox
from liveviz.inputs.control.midi_clock import ADDRESSES as CLOCK
from liveviz.inputs.control.midi_clock import MidiClock
from liveviz.inputs.control.midi_messages import Change, MidiDecoder
from liveviz.inputs.control.midi_ports import Port, PortWatch, find, midi_ports, survey
from liveviz.inputs.control.source import Arrival, ControlSource, SourceReport, SourceSetup
from liveviz.spec import ControlMessage, LivevizError, Tempo

log = logging.getLogger("liveviz.inputs")

__all__ = ["MidiInput", "midi_ports"]

ADDRESSES = ()  # `spec.addresses` has them
ALWAYS = True

READ_S = 0.002  # between two looks into the ports: what a message may wait, for one percent of a core
NEWS_TURNS = 25  # reads between two looks at what ports announced that they came or went
LOOK_S = 1.0  # between two looks at which ports there are, where nothing announced a change
CLOSE_S = 2.0
MAX_WAITING = 65536  # messages of one port between two looks; the oldest go first


class _Inlet:
    """One open port: libremidi's input, what it has heard and not yet decoded, and the state of its decoder."""

    def __init__(self, port: Port) -> None:
        self.port = port
        self.decoder = MidiDecoder()
        self.clock = MidiClock()
        self.heard: deque[list[int]] = deque(maxlen=MAX_WAITING)
        self.lost = 0
        self.midi: Any = None

    def take(self, data: list[int], _timestamp: int) -> None:
        """Called by libremidi while it is polled; must not raise."""
        if len(self.heard) == MAX_WAITING:
            self.lost += 1
        self.heard.append(data)

    def close(self) -> None:
        """Close the port. libremidi's input and `take` hold each other, which only this unties."""
        self.midi.close_port()
        self.midi = None


class MidiInput:
    """Control messages from MIDI.

    Args:
        port: None for every port there is and will be; else a name, or a part of one, whatever its case.
        now: the clock of the show, seconds. wake: set whenever there is something to poll.
    Raises:
        LivevizError: there is no port of that name; the line names those there are.
    State: the open ports, by name in `ports`. Counters: `received` messages understood, `rejected` (garbage, cut or
        system exclusive), `dropped` (floods), `reconnects` (a port that was open came back).
    """

    def __init__(self, port: str | None, now: Callable[[], float], wake: threading.Event | None = None) -> None:
        if port is not None:
            _check(port)
        self.received = 0
        self.rejected = 0
        self.reconnects = 0
        self.ports: tuple[str, ...] = ()
        self._wanted = port
        self._now = now
        self._lost = 0
        self._inlets: dict[str, _Inlet] = {}
        self._gone: set[str] = set()
        self.listens: Collection[str] | None = None
        self._mailbox = Mailbox(wake)
        self._tempo: Tempo | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi", daemon=True)

    @property
    def dropped(self) -> int:
        """Messages lost to floods."""
        return self._mailbox.dropped + self._lost

    def start(self) -> None:
        """Begin to listen; ports open within moments, in the background."""
        self._thread.start()

    def poll(self) -> list[Arrival]:
        """What came since the last poll, in order: the newest value of each controller, every note, and the newest musical
        time of a clock. Does not wait."""
        tempo, self._tempo = self._tempo, None
        return [*self._mailbox.drain(), *([tempo] if tempo is not None else [])]

    def report(self) -> SourceReport:
        """Its counters, and the open ports."""
        return SourceReport(self.received, self.rejected, self.dropped, self.reconnects, self.ports)

    def close(self) -> None:
        """Stop listening, within CLOSE_S seconds; may be called twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)

    def _run(self) -> None:
        try:
            watch = PortWatch()
        except ImportError as error:
            log.warning("midi: libremidi does not load, so there is no MIDI: %s", error)
            return
        look_at = self._now()
        try:
            for turn in itertools.count():
                if self._stop.is_set():
                    break
                if turn % NEWS_TURNS == 0:
                    news = watch.news()
                    if news or watch.lost() or self._now() >= look_at:
                        self._look(watch, [name for came, name in news if not came])
                        look_at = self._now() + LOOK_S
                for inlet in self._inlets.values():
                    inlet.midi.poll()
                    if inlet.heard:
                        self._read(inlet)
                time.sleep(READ_S)
        finally:
            for inlet in self._inlets.values():
                inlet.close()
            self._inlets.clear()
            self.ports = ()
            watch.close()

    def _look(self, watch: PortWatch, removed: list[str]) -> None:
        """Open the wanted ports that are there, close those that are not.

        Args:
            removed: libremidi's names of ports that went since the last look, even if they came back at once.
        """
        if (ended := watch.lost()) is not None:
            for name in [name for name, inlet in self._inlets.items() if inlet.port.system == ended]:
                self._close(name)
            watch.leave()
        watch.refresh()
        there = watch.ports()
        names = {port.name for port in there}
        for name in [n for n, i in self._inlets.items() if n not in names or i.port.handle.port_name in removed]:
            self._close(name)
        wanted = watch.every() if self._wanted is None else [find(there, self._wanted)]
        for port in wanted:
            if port is not None and port.name not in self._inlets and (self._wanted is None or not self._inlets):
                self._open(watch, port)
        self.ports = tuple(self._inlets)

    def _close(self, name: str) -> None:
        log.warning("midi: %s is gone; waiting for it", name)
        self._gone.add(name)
        self._inlets.pop(name).close()

    def _open(self, watch: PortWatch, port: Port) -> None:
        inlet = _Inlet(port)
        inlet.midi = watch.open(port, inlet.take)
        if inlet.midi is None:
            return
        self._inlets[port.name] = inlet
        if port.name in self._gone or (self._wanted is not None and self._gone):
            self._gone.discard(port.name)
            self.reconnects += 1
            log.warning("midi: %s is back", port.name)
        else:
            log.info("midi: listening to %s", port.name)

    def _read(self, inlet: _Inlet) -> None:
        """Decode what one port heard and put it into the mailbox."""
        heard_at = self._now()
        changes: list[Change] = []
        inlet.decoder.encoders = self.listens or ()
        for _ in range(len(inlet.heard)):
            try:
                messages = inlet.decoder.decode(inlet.heard.popleft(), heard_at)
            except ValueError as error:
                self.rejected += 1
                log.debug("%s: %s", inlet.port.name, error)
                continue
            self.received += len(messages)
            for change in (change for message in messages for change in message):
                if change[0] in CLOCK:
                    self._tempo = inlet.clock.take(change[0], heard_at) or self._tempo
                if change[0] != "midi.clock":  # read here; 24 a beat are of no use to anybody else
                    changes.append(change)
        self._lost += inlet.lost
        inlet.lost = 0
        port = inlet.port.name
        self._mailbox.put(
            (ControlMessage(address, value, heard_at, "", port), event) for address, value, event in changes
        )


def open_source(rig: SourceSetup) -> ControlSource | None:
    """rig.where: a port or a part of its name, None for every port, `none` for no MIDI at all."""
    return None if rig.where == "none" else MidiInput(rig.where, rig.now, rig.wake)


def _check(name: str) -> None:
    """Raise LivevizError where no port is called `name`."""
    ports, reason = survey()
    if find(ports, name) is None:
        there = ", ".join(port.name for port in ports) if ports else f"none ({reason or 'nothing is plugged in'})"
        raise LivevizError(f"midi: no input port named {name!r}; there are: {there}")
