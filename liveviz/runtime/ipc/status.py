"""What the processes of a show say about themselves: one small frozen dataclass each, with numbers and modes that decisions
hang on; sentences are for people. They travel as JSON, so that a reader of any age can check what it reads."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Generic, TypeVar

from liveviz.runtime.ipc.shared_memory import Slot
from liveviz.system.clock import now

_STATUS_BYTES = 65536
Percentiles = Mapping[str, float]  # p50, p95, p99
NO_FIGURES: Percentiles = {"p50": 0.0, "p95": 0.0, "p99": 0.0}


class Phase(StrEnum):
    """Where a process is in its life."""

    NONE = ""  # it has said nothing yet
    STARTING = "starting"
    READY = "ready"
    FINISHED = "finished"
    FAILED = "failed"  # `message` is for the user, and starting again cannot help
    DIED = "died"  # `message` is what killed it


class ScreenKind(StrEnum):
    """Where a show is seen."""

    UNKNOWN = ""
    WINDOW = "window"
    HEADLESS = "headless"


class Transport(StrEnum):
    """How images go from the engine to the stage."""

    UNKNOWN = ""
    HOST = "host"  # through shared memory of the host
    DEVICE = "device"  # they stay on the GPU


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Of every process. message: a line for people. waits: for what, where it cannot go on. time: when it was said."""

    phase: Phase = Phase.NONE
    message: str = ""
    waits: str = ""
    time: float = 0.0

    @property
    def plays(self) -> bool:
        """It is ready, or was until its end."""
        return self.phase in (Phase.READY, Phase.FINISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStatus(Status):
    """Of the audio process.

    source: what is heard, in words. captured: it is a device, not a file. remembered: the device that the process before this
    one listened to, as the parent tells it. ends: the sound has an end. heard: it is played to a sound output.
    """

    source: str = ""
    captured: bool = False
    remembered: str = ""
    sample_rate: int = 0
    hops: int = 0
    dropped: int = 0
    reconnects: int = 0
    heard: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlStatus(Status):
    """Of the control process. counts: of every source by name, `received`, `rejected`, `dropped`, `reconnects`. places: its
    open ports by name."""

    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    places: Mapping[str, list[str]] = field(default_factory=dict)

    def count(self, source: str, what: str) -> int:
        """One of them, 0 where there is no such source."""
        return int(self.counts.get(source, {}).get(what, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus(Status):
    """Of the engine.

    model, backend, device, precision: what plays. transport, images: how images go, as a mode and in words.
    ms: percentiles of what an image took. rendered: images so far. changing: two generators are drawn.
    mistake, coming: lines for the performer. start: what the stage must know to begin (`quality.start.Start`), with `model`.
    architecture, plane, noise, layers, directions, direction_names, waiting, refused: as `mapping.Facts`.
    """

    model: str = ""
    backend: str = ""
    device: str = ""
    precision: str = ""
    transport: Transport = Transport.UNKNOWN
    images: str = ""
    ms: Percentiles = field(default_factory=lambda: NO_FIGURES)
    rendered: int = 0
    changing: bool = False
    mistake: str = ""
    coming: str = ""
    start: Mapping[str, Any] = field(default_factory=dict)
    architecture: str = ""
    plane: bool = False
    noise: bool = True
    layers: list[int] = field(default_factory=list)
    directions: int | None = None
    direction_names: list[str] = field(default_factory=list)
    waiting: list[tuple[str, int]] = field(default_factory=list)
    refused: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStatus(Status):
    """Of the stage.

    screen: where the show is seen. place: where its window is, for a stage that is started again. applied: control messages
    that moved something, by kind. written: files of recordings, whole paths. frames, audio_to_frame, quality: parts of
    `--stats`. first_frame_s: from the command to the first image.
    """

    screen: ScreenKind = ScreenKind.UNKNOWN
    place: Mapping[str, Any] | None = None
    applied: Mapping[str, int] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    lost: int = 0
    quality: Mapping[str, Any] = field(default_factory=lambda: {"step": "", "changes": 0, "reason": ""})
    frames: Mapping[str, Any] = field(
        default_factory=lambda: {"rendered": 0, "presented": 0, "late": 0, "fps": 0.0, "interval_ms": NO_FIGURES}
    )
    audio_to_frame: Percentiles = field(default_factory=lambda: NO_FIGURES)
    first_frame_s: float = 0.0

    @property
    def presented(self) -> int:
        """Frames so far."""
        return int(self.frames["presented"])


S = TypeVar("S", bound=Status)
_MODE_TYPES: dict[str, type[StrEnum]] = {"phase": Phase, "screen": ScreenKind, "transport": Transport}


class StatusBox(Generic[S]):
    """What one process says about itself; newest wins.

    Args:
        kind: of its status.
    """

    def __init__(self, kind: type[S]) -> None:
        self._kind = kind
        self._slot = Slot(_STATUS_BYTES)
        self._names = {f.name for f in fields(kind)}

    def say(self, status: S) -> None:
        """Replace what was said before; the time is now."""
        self._slot.write(json.dumps({**asdict(status), "time": now()}).encode())

    def read(self) -> S:
        """What was said last; all defaults where nothing was, or a writer was killed in the middle of it."""
        found = self._slot.read()
        if found is None:
            return self._kind()
        try:
            content = json.loads(found[1].tobytes())
        except ValueError:
            return self._kind()
        known: dict[str, Any] = {name: value for name, value in content.items() if name in self._names}
        return self._kind(**known | {name: _MODE_TYPES[name](known[name]) for name in _MODE_TYPES if name in known})

    def close(self, unlink: bool = False) -> None:
        """Release the memory."""
        self._slot.close(unlink)
