"""OSC in: UDP as control messages. A thread of its own receives, checks and parses; the show only ever drains a mailbox.
Programs that ask for a value (`/liveviz/...` with the one argument "?") are answered."""

import contextlib
import errno
import heapq
import itertools
import logging
import selectors
import socket
import threading
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from liveviz.inputs.control import osc_batches, osc_sockets
from liveviz.inputs.control.mailbox import Mailbox
from liveviz.inputs.control.osc_arguments import as_number
from liveviz.inputs.control.osc_packet import MAX_PACKET, Message, Notes, PacketError, read_packet, write_message
from liveviz.inputs.control.source import Arrival, ControlSource, SourceReport, SourceSetup
from liveviz.spec import ControlMessage, LivevizError
from liveviz.spec.addresses import RELATIVE_SIGNS

log = logging.getLogger("liveviz.inputs")

ADDRESSES = ()  # `spec.addresses` has them: any that starts with a slash
ALWAYS = True

WAKE_S = 0.1  # how often the thread looks whether it should end
CLOSE_S = 2.0
MAX_LATER = 4096  # messages of bundles that are not due yet
MAX_ANSWERS = 64  # to the questions of one packet
MAX_EARLY = 64  # senders whose clock was found ahead that are remembered

_WSAEMSGSIZE = 10040

_Entry = tuple[ControlMessage, bool]
Answer = float | str | None


class Packet(NamedTuple):
    """What came in one packet: when, from where (host, port), the messages that were understood, why others were refused."""

    time: float
    sender: tuple
    messages: tuple[Message, ...]
    faults: tuple[str, ...]


class OscInput:
    """Control messages from OSC.

    Addresses are those of the messages. The first number is the value; a message with several is also reported as
    `<address>/0`, `<address>/1` and so on; one without arguments is a trigger with value 1; one with nothing but a string
    carries it as `text`. Blobs and the like are ignored. Messages of a bundle come out of the same poll, at its timetag; a
    sender whose clock is ahead is played now, and said once.

    Args:
        host: numeric address of this machine to listen on; `localhost`; `0.0.0.0` for every IPv4 address; `::` or `*` for
            every address.
        port: UDP port, 0 for any free one.
        now: the clock of the show, seconds.
        utc: Unix seconds, which timetags are written in; without it every one means now.
        answer: value of a `/liveviz/...` address, None where there is none of that name. Called on this input's thread;
            must not raise.
        reply: (host, port) to which answers go instead of where the question came from; without a host to that port of
            the one who asked.
        watch: told of every packet, on this input's thread; must not raise, nor take long.
        wake: set whenever there is something to poll.
        triggers: addresses of which every message counts, whatever its argument.
    Raises:
        LivevizError: the port is in use, or the host is not an address of this machine.
    State: the sockets; `port` is the one really used. `listens`: the addresses that anybody listens to, None for all.
        `personal`: who takes the messages of an address that are about their sender, on this input's thread. Of
        a message that has several numbers, and others than its first are not listened to, those are not reported.
        Counters: `received` messages understood, `rejected` packets and messages, `dropped` messages that a flood left
        no room for.
    """

    def __init__(
        self,
        host: str,
        port: int,
        now: Callable[[], float],
        utc: Callable[[], float] | None = None,
        answer: Callable[[str], Answer] | None = None,
        reply: tuple[str | None, int] | None = None,
        watch: Callable[[Packet], None] | None = None,
        wake: threading.Event | None = None,
        triggers: Collection[str] = (),
    ) -> None:
        self.personal: Mapping[str, Callable[[Message, tuple], None]] = {}
        self._triggers = triggers
        self._reply_socket: socket.socket | None = None
        self._reply_to: tuple | None = None
        self._reply_port = reply[1] if reply is not None else None
        if reply is not None and reply[0] is not None:
            family, _, self._reply_to = osc_sockets.resolve(
                reply[0], reply[1], f"osc-reply: {reply[0]!r}", "--osc-reply"
            )
            self._reply_socket = socket.socket(family, socket.SOCK_DGRAM)
        self._sockets = osc_sockets.listen(host, port)
        self._readers = [(one, osc_batches.reader(one, MAX_PACKET + 1)) for one in self._sockets]
        self.port: int = self._sockets[0].getsockname()[1]
        self.received = 0
        self.rejected = 0
        self.listens: Collection[str] | None = None
        self._late = 0
        self._now = now
        self._utc = utc
        self._answer = answer
        self._watch = watch
        self._early: set[str] = set()
        self._mailbox = Mailbox(wake)
        self._later: list[tuple[float, int, list[_Entry]]] = []  # heap: when, serial, what
        self._later_count = 0
        self._serial = itertools.count()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="osc", daemon=True)

    @property
    def dropped(self) -> int:
        """Messages lost to floods, and packets that the kernel had no room for."""
        return self._mailbox.dropped + self._late + sum(map(osc_batches.lost, self._sockets))

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def poll(self) -> list[Arrival]:
        """What came since the last poll, in order: the newest value of each address, every trigger. Does not wait."""
        return [*self._mailbox.drain()]

    def report(self) -> SourceReport:
        """Its counters, and the port."""
        return SourceReport(self.received, self.rejected, self.dropped, 0, (str(self.port),))

    def send(self, address: str, value: float | str, to: tuple[str, int]) -> None:
        """Send one message to a numeric address, from the port that is listened at; what cannot be sent is let go."""
        with contextlib.suppress(PacketError):
            self.send_packet(write_message(address, value), to)

    def send_packet(self, packet: bytes, to: tuple[str, int]) -> None:
        """The same with a packet."""
        for one in self._sockets:
            if (one.family == socket.AF_INET6) == (":" in to[0]):
                with contextlib.suppress(OSError):
                    one.sendto(packet, to)
                return

    def close(self) -> None:
        """Stop receiving and free the port, within CLOSE_S seconds; may be called twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)
        for one in (*self._sockets, *([self._reply_socket] if self._reply_socket is not None else [])):
            one.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for one in self._sockets:
                selector.register(one, selectors.EVENT_READ)
            while not self._stop.is_set():
                took = [self._receive(*one) for one in self._readers]
                if not any(took):
                    wake = self._later[0][0] - self._now() if self._later else WAKE_S
                    selector.select(min(max(wake, 0.0), WAKE_S))
                if self._later:
                    self._release()

    def _receive(self, one: socket.socket, read: Callable[[], osc_batches.Packets]) -> bool:
        """Take the packets that wait; False where none does."""
        try:
            packets = read()
        except ConnectionResetError:
            log.debug("osc: an answer found nobody")  # Windows says so on the next receive
        except OSError as error:
            self.rejected += 1  # Windows: a packet longer than asked for
            if error.errno not in (errno.EMSGSIZE, _WSAEMSGSIZE):
                log.warning("osc: %s", error)
                self._stop.wait(WAKE_S)
        else:
            for packet, sender in packets:
                self._take(packet, sender, one)
            return bool(packets)
        return True

    def _take(self, packet: bytes, sender: tuple, one: socket.socket) -> None:
        """Check and parse one packet and put its messages where they belong."""
        utc = self._utc() if self._utc is not None else None
        notes, messages, now = Notes(), [], self._now()
        try:
            messages = read_packet(packet, utc, notes)
            self.rejected += notes.refused
        except PacketError as error:
            self.rejected += max(1, notes.refused)
            if not notes.faults:
                notes.fault(error)
        self.received += len(messages)
        if notes.early > 0.0:
            self._say_early(sender[0], notes)
        if self._watch is not None:
            self._watch(Packet(now, sender, tuple(messages), tuple(notes.faults)))
        listens = self.listens
        due: dict[float, list[_Entry]] = {}
        answers = MAX_ANSWERS
        for message in messages:
            if message.query:
                answers -= 1
                if answers >= 0:
                    self._reply(message.address, sender, one)
            elif message.address in self.personal:
                self.personal[message.address](message, sender)
            else:
                time = now + message.ahead
                due.setdefault(time, []).extend(entries(message, time, listens, self._triggers))
        for found in due.values():
            if found:
                self._deliver(found, now)

    def _say_early(self, sender: str, notes: Notes) -> None:
        notes.faults.append(f"a timetag {notes.early:.0f} s ahead: the sender's clock is wrong; played now")
        if sender not in self._early and len(self._early) < MAX_EARLY:
            self._early.add(sender)
            log.warning(
                "osc: the clock of %s is %.0f s ahead of ours; what it sends is played now", sender, notes.early
            )

    def _deliver(self, entries: list[_Entry], now: float) -> None:
        time = entries[0][0].time
        if time <= now:
            self._mailbox.put(entries)
        elif self._later_count + len(entries) > MAX_LATER:
            self._late += len(entries)
        else:
            self._later_count += len(entries)
            heapq.heappush(self._later, (time, next(self._serial), entries))

    def _release(self) -> None:
        now = self._now()
        while self._later and self._later[0][0] <= now:
            entries = heapq.heappop(self._later)[2]
            self._later_count -= len(entries)
            self._mailbox.put(entries)

    def _reply(self, address: str, sender: tuple, one: socket.socket) -> None:
        value = self._answer(address) if self._answer is not None and address.startswith("/liveviz/") else None
        if value is None:
            return
        if self._reply_socket is not None and self._reply_to is not None:
            self._send(self._reply_socket, address, value, self._reply_to)
        else:
            to = sender if self._reply_port is None else (sender[0], self._reply_port, *sender[2:])
            self._send(one, address, value, to)

    def _send(self, one: socket.socket, address: str, value: float | str, to: tuple) -> None:
        try:
            one.sendto(write_message(address, value), to)
        except (OSError, PacketError) as error:
            log.debug("osc: nothing sent to %s: %s", to[0], error)


def open_source(rig: SourceSetup) -> ControlSource | None:
    """rig.where: HOST:PORT to listen on, None for no OSC. rig.more: utc, answer, reply, watch, as for OscInput. A port that is
    taken, and that nobody asked for, is a warning: the show goes on without OSC."""
    if rig.where is None:
        return None
    host, _, port = rig.where.rpartition(":")
    try:
        return OscInput(host, int(port), rig.now, wake=rig.wake, **rig.more)
    except LivevizError as error:
        if rig.required:
            raise
        log.warning("%s; the show goes on without OSC", error)
        return None


def entries(
    message: Message, time: float, listens: Collection[str] | None = None, triggers: Collection[str] = ()
) -> list[_Entry]:
    """One message as (control message, is it an event).

    Args:
        listens: the addresses that anybody listens to, None for all. triggers: those whose messages all count.
    """
    address, numbers, bare, _, _, text, words = message
    if text in RELATIVE_SIGNS:
        return [(ControlMessage(address, float(numbers[0]) if numbers else 0.0, time, text), True)]
    if bare or (words == ("",) and address in triggers):  # an empty name is none
        return [(ControlMessage(address, 1.0, time), True)]
    if text and as_number(text) is None:
        return [(ControlMessage(address, 1.0, time, text), True)]
    if not numbers:
        return []
    found = [(ControlMessage(address, float(numbers[0]), time, text), address in triggers)]
    if len(numbers) > 1:
        for i, number in enumerate(numbers):
            part = f"{address}/{i}"
            if listens is None or part in listens:
                found.append((ControlMessage(part, float(number), time), False))
    return found
