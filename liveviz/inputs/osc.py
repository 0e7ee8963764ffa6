"""OSC in: one UDP socket as control messages. A thread of its own receives, checks and parses; the show only ever
drains a mailbox. Programs that ask for a value (`/liveviz/...` with the one argument "?") are answered."""

import errno
import heapq
import itertools
import logging
import selectors
import socket
import sys
import threading
from collections.abc import Callable

from liveviz.inputs.mailbox import Mailbox
from liveviz.inputs.osc_packet import MAX_PACKET, Message, PacketError, read_packet, write_message
from liveviz.spec import ControlMessage, LivevizError

log = logging.getLogger("liveviz.inputs")

RECEIVE_BUFFER = 4 << 20  # bytes asked for; the system may grant less
WAKE_S = 0.1  # how often the thread looks whether it should end
CLOSE_S = 2.0
MAX_LATER = 4096  # messages of bundles that are not due yet

_WSAEMSGSIZE = 10040
_WSAEADDRINUSE = 10048
_WSAEADDRNOTAVAIL = 10049

_Entry = tuple[ControlMessage, bool]


class OscInput:
    """Control messages from OSC.

    Addresses are those of the messages. The first int, float or bool is the value; a message with several is also
    reported as `<address>/0`, `<address>/1` and so on; one without arguments is a trigger with value 1; one with nothing
    but a string carries it as `text`. Other strings, blobs and the like are ignored. Messages of a bundle come out of the
    same poll, at its timetag.

    Args:
        host: numeric address of this machine to listen on, or `localhost`; `0.0.0.0` for all.
        port: UDP port, 0 for any free one.
        now: the clock of the show, seconds.
        utc: Unix seconds, which timetags are written in; without it only "immediately" is understood.
        answer: value of a `/liveviz/...` address, None where there is none of that name. Called on this input's thread;
            must not raise.
    Raises:
        LivevizError: the port is in use, or the host is not an address of this machine.
    State: the socket; `port` is the one really used. Counters: `received` messages understood, `rejected` packets,
        `dropped` messages that a flood left no room for.
    """

    def __init__(
        self,
        host: str,
        port: int,
        now: Callable[[], float],
        utc: Callable[[], float] | None = None,
        answer: Callable[[str], float | None] | None = None,
    ) -> None:
        self._socket = _bound_socket(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.received = 0
        self.rejected = 0
        self._late = 0
        self._now = now
        self._utc = utc
        self._answer = answer
        self._mailbox = Mailbox()
        self._later: list[tuple[float, int, list[_Entry]]] = []  # heap: when, serial, what
        self._later_count = 0
        self._serial = itertools.count()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="osc", daemon=True)

    @property
    def dropped(self) -> int:
        """Messages lost to floods."""
        return self._mailbox.dropped + self._late

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def poll(self) -> list[ControlMessage]:
        """What came since the last poll, in order: the newest value of each address, every trigger. Does not wait."""
        return self._mailbox.drain()

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for something to poll; True where there is."""
        return self._mailbox.wait(timeout)

    def close(self) -> None:
        """Stop receiving and free the port, within CLOSE_S seconds; may be called twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)
        self._socket.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            while not self._stop.is_set():
                try:
                    packet, sender = self._socket.recvfrom(MAX_PACKET + 1)
                except BlockingIOError:
                    wake = self._later[0][0] - self._now() if self._later else WAKE_S
                    selector.select(min(max(wake, 0.0), WAKE_S))
                except ConnectionResetError:
                    log.debug("osc: an answer found nobody")  # Windows says so on the next receive
                except OSError as error:
                    self.rejected += 1  # Windows: a packet longer than asked for
                    if error.errno not in (errno.EMSGSIZE, _WSAEMSGSIZE):
                        log.warning("osc: %s", error)
                        self._stop.wait(WAKE_S)
                else:
                    self._take(packet, sender)
                if self._later:
                    self._release()

    def _take(self, packet: bytes, sender: tuple[str, int]) -> None:
        """Check and parse one packet and put its messages where they belong."""
        utc = self._utc() if self._utc is not None else None
        try:
            messages = read_packet(packet, utc)
        except PacketError as error:
            self.rejected += 1
            log.debug("osc: refused a packet from %s: %s", sender[0], error)
            return
        self.received += len(messages)
        now = self._now()
        due: dict[float, list[_Entry]] = {}
        for message in messages:
            if message.query:
                self._reply(message.address, sender)
            else:
                time = now + message.ahead
                due.setdefault(time, []).extend(_entries(message, time))
        for entries in due.values():
            if entries:
                self._deliver(entries, now)

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

    def _reply(self, address: str, sender: tuple[str, int]) -> None:
        value = self._answer(address) if self._answer is not None and address.startswith("/liveviz/") else None
        if value is None:
            return
        try:
            self._socket.sendto(write_message(address, value), sender)
        except (OSError, PacketError) as error:
            log.debug("osc: no answer to %s: %s", sender[0], error)


def _entries(message: Message, time: float) -> list[_Entry]:
    """One message as (control message, is it an event)."""
    if message.bare:
        return [(ControlMessage(message.address, 1.0, time), True)]
    if message.text:
        return [(ControlMessage(message.address, 1.0, time, message.text), True)]
    if not message.numbers:
        return []
    entries = [(ControlMessage(message.address, message.numbers[0], time), False)]
    if len(message.numbers) > 1:
        entries += (
            (ControlMessage(f"{message.address}/{i}", number, time), False) for i, number in enumerate(message.numbers)
        )
    return entries


def _bound_socket(host: str, port: int) -> socket.socket:
    """A UDP socket that listens at host and port and does not block; LivevizError where it cannot."""
    if not 0 <= port <= 65535:
        raise LivevizError(f"osc: port {port} is not between 0 and 65535; choose with --osc HOST:PORT")
    numeric = "127.0.0.1" if host == "localhost" else host
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            numeric, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )[0]
    except (OSError, UnicodeError) as error:
        raise LivevizError(f"osc: {host!r} is not a numeric address; choose with --osc HOST:PORT") from error
    listener = socket.socket(family, kind)
    try:
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        listener.bind(address)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise LivevizError(_why(error, host, port)) from error
    return listener


def _why(error: OSError, host: str, port: int) -> str:
    other = "choose another with --osc HOST:PORT"
    if error.errno in (errno.EADDRINUSE, _WSAEADDRINUSE, errno.EACCES) and port >= 1024:
        return f"osc: port {port} of {host} is in use by another program; {other}"
    if error.errno == errno.EACCES:
        return f"osc: port {port} needs the administrator's rights; {other} from 1024 up"
    if error.errno in (errno.EADDRNOTAVAIL, _WSAEADDRNOTAVAIL):
        return f"osc: {host} is not an address of this machine; choose 127.0.0.1 or 0.0.0.0 with --osc HOST:PORT"
    return f"osc: cannot listen on {host}:{port}: {error.strerror}; {other}"
