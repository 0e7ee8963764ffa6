"""What a control source is: something that hands play, or that keeps time, as messages, commands and musical time. One file in
`sources/` is one source; its name is what `liveviz play --control NAME[:WHERE]` takes.

A file has

- `ADDRESSES`, a tuple of `spec.Address`: what its messages are called, so that mapping files may name them; empty where MIDI's
  or OSC's addresses do;
- `ALWAYS`, True where it is opened without being asked for;
- `open_source(rig) -> ControlSource | None`: None where there is nothing to open."""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol

from liveviz.spec import Address, Command, ControlMessage, LivevizError, ShowState, Tempo
from liveviz.system import discover

ROOM = "liveviz.inputs.control.sources"

Arrival = ControlMessage | Command | Tempo


@dataclass(frozen=True)
class SourceSetup:
    """What a source is opened with.

    now: seconds on the show's clock, which every `time` is on. wake: to be set whenever there is something to poll; who
        polls waits for it. where: what the user wrote behind the colon of `--control NAME:WHERE`, or None.
    required: the user asked for this very one: what is wrong with it ends the show before it begins, as LivevizError.
    state: the show as it is, for feedback to lamps, rings and screens; cheap, at most 50 ms old.
    more: what only one source knows of, by name (`osc`: answer, reply, watch, utc).
    """

    now: Callable[[], float]
    wake: threading.Event = field(default_factory=threading.Event)
    where: str | None = None
    required: bool = False
    state: Callable[[], ShowState] = ShowState
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How a source does: messages `received` and understood, `rejected` as garbage, `dropped` because a flood left no room,
    `reconnects` of devices that came back; `places`: the ports or sockets that are open, by name."""

    received: int = 0
    rejected: int = 0
    dropped: int = 0
    reconnects: int = 0
    places: tuple[str, ...] = ()


class ControlSource(Protocol):
    """One open source. It listens on a thread of its own that only checks and puts away (`mailbox.py`): nothing that it does
    makes a picture late, and no flood makes it grow. Every method but `start` and `close` is called some hundred times a
    second, on one thread, and must not wait.

    listens: set by who polls: the OSC-like addresses that anybody listens to, None for all, and the encoders (`midi.cc.1`), whose
        messages all count; a source may report less.
    """

    listens: Collection[str] | None

    def start(self) -> None:
        """Begin to listen."""

    def poll(self) -> list[Arrival]:
        """What came since the last poll, in order: the newest value of each address, every event, every command, the newest
        tempo. Values are finite; messages are from 0 to 1 where they come from a knob."""

    def report(self) -> SourceReport:
        """Its counters."""

    def close(self) -> None:
        """Stop listening, within 2 s; may be called twice, and without `start`."""


def names() -> list[str]:
    """Every source there is, by its file."""
    return discover.names(ROOM)


def load(name: str) -> ModuleType:
    """The file of a source; LivevizError where there is none of that name."""
    if name not in names():
        raise LivevizError(f"control: no source named {name!r:.40}; there are {', '.join(names())}")
    return discover.load(ROOM, name)


def addresses() -> tuple[Address, ...]:
    """What all sources' own messages are called."""
    return tuple(address for name in names() for address in load(name).ADDRESSES)
