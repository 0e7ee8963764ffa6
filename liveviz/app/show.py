"""The parent of a live show. It holds no device and no GL: it checks what it was asked, makes the mailboxes, starts the
four children, restarts whichever dies and ends them in order."""

import contextlib
import logging
import multiprocessing
import multiprocessing.connection
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType

from liveviz import models, signals
from liveviz.app import child, composition, paths
from liveviz.app.links import Links
from liveviz.app.options import ShowOptions
from liveviz.app.stats import compose, write_json
from liveviz.clock import now
from liveviz.engine import testcard
from liveviz.spec import LivevizError

_log = logging.getLogger("liveviz.app")
_HUNG_S = 6.0  # a child that was ready and has said nothing for so long is killed and started again
_END_S = 1.5  # how long children may take to end; recordings are playable all the time
_BACKOFF_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass
class _Room:
    """One child and its history."""

    name: str
    process: BaseProcess | None = None
    starts: int = 0
    was_ready: bool = False
    next_start: float = 0.0
    ended: bool = False
    deaths: list[float] = field(default_factory=list)


class Show:
    """A live show from start to end: `run` returns the exit code."""

    def __init__(self, options: ShowOptions) -> None:
        self._options = options
        composition.load_mapping(options.mapping)
        self._context = multiprocessing.get_context("spawn")
        self._picture = _picture_size(options)
        self._rooms = {name: _Room(name) for name in child.ROOM_MODULES}
        self._interrupted = False
        self._failed: str | None = None

    def run(self) -> int:
        """Play until the window is closed, the song or the time is over, or Ctrl+C; 0, or 1 where it could not start."""
        names = ("SIGINT", "SIGTERM", "SIGHUP")  # the last where terminals hang up
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        restore = [(s, signal.signal(s, self._interrupt)) for s in numbers]
        self._links = Links(self._context, len(signals.outputs()), composition.parameter_wire(), self._picture)
        try:
            for room in self._rooms.values():
                self._start(room)
            while not self._over():
                self._watch()
                with contextlib.suppress(InterruptedError):
                    self._pause()
            self._end()
            return self._report()
        finally:
            for number, handler in restore:
                signal.signal(number, handler)
            self._links.close(unlink=True)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupted = True

    def _pause(self) -> None:
        sentinels = [r.process.sentinel for r in self._rooms.values() if r.process is not None and r.process.is_alive()]
        multiprocessing.connection.wait(sentinels, timeout=0.05)

    def _start(self, room: _Room) -> None:
        self._links.status[room.name].say({"state": "starting"})
        room.process = self._context.Process(
            target=child.run,
            args=(room.name, self._options_for(room), self._links),
            name=f"liveviz-{room.name}",
            daemon=True,
        )
        with _without_interrupt():
            room.process.start()
        room.starts += 1
        _log.debug("%s is process %d", room.name, room.process.pid)

    def _options_for(self, room: _Room) -> ShowOptions:
        """Options of a child: a second tape never overwrites the first."""
        options = self._options
        if room.name == "stage" and room.starts > 0 and options.record is not None:
            options = options.with_record(options.record.with_stem(f"{options.record.stem}-{room.starts + 1}"))
        return options

    def _watch(self) -> None:
        """Start what is due, and deal with whoever has died or hangs."""
        for room in self._rooms.values():
            status = self._links.status[room.name].read()
            ready = status.get("state") in ("ready", "finished")
            if room.process is None:
                if not room.ended and now() >= room.next_start:
                    self._start(room)
                continue
            room.was_ready |= ready
            if room.process.is_alive():
                if ready and now() - status.get("time", now()) > _HUNG_S:
                    _log.warning("%s has said nothing for %.0f s: it is started again", room.name, _HUNG_S)
                    room.process.kill()
                continue
            self._buried(room, status)

    def _buried(self, room: _Room, status: dict) -> None:
        """A child has ended: well, for a reason a user must hear, or to be started again."""
        assert room.process is not None
        code = room.process.exitcode
        room.process.join()
        room.process = None
        if code == 0:
            room.ended = True
            return
        message = status.get("message", f"ended with code {code}")
        if code == child.USER_ERROR and not room.was_ready:
            self._failed = message
            return
        room.deaths = [t for t in room.deaths if now() - t < 30.0] + [now()]
        if not room.was_ready and len(room.deaths) >= 3:
            self._failed = f"{room.name} cannot start: {message}"
            return
        wait = _BACKOFF_S[min(len(room.deaths) - 1, len(_BACKOFF_S) - 1)]
        room.next_start = now() + wait
        _log.warning("%s died (%s): it is started again", room.name, message)

    def _over(self) -> bool:
        return (
            self._interrupted
            or self._failed is not None
            or self._rooms["stage"].ended
            or (self._rooms["ears"].ended and self._links.status["ears"].read().get("state") == "finished")
        )

    def _end(self) -> None:
        """Ask everybody to end; after a while, insist."""
        self._links.stop()
        self._links.parameters_bell.ring()
        until = now() + _END_S
        alive = [r.process for r in self._rooms.values() if r.process is not None]
        for process in alive:
            process.join(max(0.0, until - now()))
        for process in alive:
            if process.is_alive():
                process.kill()
                process.join(0.3)

    def _report(self) -> int:
        status = {room: self._links.status[room].read() for room in child.ROOM_MODULES}
        stage_status = dict(status["stage"], restarts={r.name: max(0, r.starts - 1) for r in self._rooms.values()})
        figures = compose(status["ears"], status["hands"], status["engine"], stage_status)
        if self._options.stats is not None:
            write_json(figures, self._options.stats)
        if self._failed is not None:
            raise LivevizError(self._failed)
        frames = figures["frames"]
        _log.info("%d frames at %.1f fps, %d late", frames["presented"], frames["fps"], frames["late"])
        for path in stage_status.get("tape", {}).get("written", []):
            _log.info("written: %s", Path(path).resolve())
        return 0


@contextlib.contextmanager
def _without_interrupt() -> Iterator[None]:
    """Ctrl+C reaches every process of the terminal, also one that is just starting: children begin, and stay, with it
    blocked, and the parent gets what came meanwhile afterwards."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows: children ignore it as soon as they run
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _picture_size(options: ShowOptions) -> tuple[int, int]:
    """(width, height) of the engine's pictures; LivevizError where the model cannot be read."""
    if options.backend == "testcard":
        return testcard.SIZE, testcard.SIZE
    generator = models.open_model(options.model, [paths.engines()])
    return generator.config.resolution, generator.config.resolution
