"""What a show tells those who subscribed by OSC: its signals up to 60 times a second, and, to whom asks for them, the positions
of its parameters. Only what has changed is sent, and all of it once a second, since UDP loses packets."""

import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from liveviz import signals
from liveviz.inputs.control.osc_packet import Message, padded
from liveviz.inputs.control.osc_subscribers import (
    SUBSCRIBE_ADDRESS,
    SUBSCRIBED_ADDRESS,
    UNSUBSCRIBE_ADDRESS,
    Subscriber,
    Subscribers,
)
from liveviz.inputs.control.sources.osc import OscInput
from liveviz.runtime import composition
from liveviz.runtime.options import ShowOptions
from liveviz.spec import Output, Registry, ShowState, SignalFrame

SIGNAL_PREFIX = "/liveviz/signal/"
PERIOD_S = 1.0 / 60.0
ALL_EVERY_S = 1.0
MOST_BYTES = 1400  # of one packet, so that no network cuts it in pieces
_WAITING = 32  # requests that wait to be looked at
_REQUESTS_A_LOOK = 4
_BUNDLE_HEAD = b"#bundle\0" + bytes(7) + b"\1"
_FLOAT_STRUCT = struct.Struct(">f")

Send = Callable[[bytes, tuple[str, int]], None]


def signal_address(name: str) -> str:
    """The address of a signal's output: `bands.bass` is `/liveviz/signal/bands/bass`."""
    return SIGNAL_PREFIX + name.replace(".", "/")


class Publisher:
    """Requests in, packets out.

    Args:
        outputs: the signals, in the order of `SignalFrame.values`. registry: the parameters.
        opened, own_port: see Subscribers. send: one packet to (host, port); does not wait.
    State: the subscribers, and what each was told last.
    """

    def __init__(self, outputs: Sequence[Output], registry: Registry, opened: bool, own_port: int, send: Send) -> None:
        parameters = tuple(registry)
        self._addresses = [signal_address(o.name) for o in outputs] + [p.osc for p in parameters]
        self._parameters = parameters
        self._events = np.array([o.kind == "event" for o in outputs] + [False] * len(parameters))
        self._heads = [padded(address) + b",f\0\0" for address in self._addresses]
        self._requests: deque[tuple[Message, tuple]] = deque(maxlen=_WAITING)
        self._subscribers = Subscribers(self._addresses, opened, own_port)
        self._send = send
        self._told: dict[tuple[str, int], tuple[str, NDArray[np.int64], NDArray[np.float32], float]] = {}
        self._last = -1.0

    def ask(self, message: Message, sender: tuple) -> None:
        """A message at one of the addresses of `osc_subscribers`; from any thread, does not wait."""
        self._requests.append((message, sender))

    def step(self, now: float, signals: Callable[[], SignalFrame | None], state: Callable[[], ShowState]) -> list[str]:
        """Look at what was asked for, and send what is due.

        Args:
            signals: the newest frame. state: the show as it is. Both are called only where somebody is told.
        Returns: what was done about requests, in words.
        """
        said = []
        for _ in range(min(len(self._requests), _REQUESTS_A_LOOK)):
            message, sender = self._requests.popleft()
            one, words = self._subscribers.take(message, sender, now)
            said.append(f"osc {sender[0]} {message.address} -> {words}")
            if one is not None:
                text = f"{one.to[0]}:{one.to[1]} {one.pattern}"
                self._send(padded(SUBSCRIBED_ADDRESS) + b",s\0\0" + padded(text), one.to)
        if now - self._last >= PERIOD_S and len(self._subscribers):
            self._last = now
            self._publish(self._subscribers.live(now), now, signals(), state())
        return said

    def _publish(self, to: Iterable[Subscriber], now: float, signals: SignalFrame | None, state: ShowState) -> None:
        heard = np.zeros(len(self._addresses) - len(self._parameters)) if signals is None else signals.values
        moved = [p.position(state.values.get(p.name, p.default)) for p in self._parameters]
        values = np.concatenate((heard, moved)).astype(np.float32)
        told, self._told = self._told, {}
        for one in to:
            pattern, places, before, all_at = told.get(one.to, ("", np.zeros(0, np.int64), values, -ALL_EVERY_S))
            if pattern != one.pattern:
                places = np.array(
                    [i for i, address in enumerate(self._addresses) if address in one.addresses], np.int64
                )
                before, all_at = values, -ALL_EVERY_S  # events that have been are no news
            due = values != before
            if now - all_at >= ALL_EVERY_S:
                due, all_at = due | ~self._events, now
            chosen = places[due[places]]
            for packet in self._packets(chosen, values):
                self._send(packet, one.to)
            self._told[one.to] = one.pattern, places, values, all_at

    def _packets(self, places: NDArray[np.int64], values: NDArray[np.float32]) -> Iterator[bytes]:
        """Bundles of at most MOST_BYTES; an event is a 1."""
        parts, size = [_BUNDLE_HEAD], len(_BUNDLE_HEAD)
        for place in places:
            value = 1.0 if self._events[place] else values[place]
            content = self._heads[place] + _FLOAT_STRUCT.pack(value)
            if size + 4 + len(content) > MOST_BYTES:
                yield b"".join(parts)
                parts, size = [_BUNDLE_HEAD], len(_BUNDLE_HEAD)
            parts += [len(content).to_bytes(4, "big"), content]
            size += 4 + len(content)
        if len(parts) > 1:
            yield b"".join(parts)


def attach(osc: OscInput | None, options: ShowOptions) -> Publisher | None:
    """A show's publisher, who takes the requests that come by `osc`, which has not begun; None where there is no OSC."""
    if osc is None or options.osc is None:
        return None
    opened = options.osc[0] not in ("127.0.0.1", "::1", "localhost")
    outputs = signals.all_outputs(options.stems)
    one = Publisher(outputs, composition.registry(), opened, osc.port, osc.send_packet)
    osc.personal = dict.fromkeys((SUBSCRIBE_ADDRESS, UNSUBSCRIBE_ADDRESS), one.ask)
    return one
