"""The parent of a live show. It holds no device and no GL: it checks what it was asked, makes the mailboxes, starts the
four children, restarts whichever dies and ends them in order."""

import contextlib
import logging
import math
import multiprocessing
import multiprocessing.connection
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType

from liveviz import models, signals
from liveviz.engine.backends import testcard
from liveviz.runtime import composition, first_words, open_generator, own_files
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.ipc.status import AudioStatus, Phase, StageStatus, Status
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.processes import child
from liveviz.runtime.processes.restarts import Restarts
from liveviz.runtime.stats import compose
from liveviz.spec import LivevizError
from liveviz.system.clock import now

_log = logging.getLogger("liveviz.runtime")
_HUNG_S = 6.0  # a child that was ready and has said nothing for so long is killed and started again
_START_S = 120.0  # compiling a large generator for the first time takes its time
_SLOW_S = 15.0
_AWAY_S = 2.0  # the parent looks 20 times a second; a longer gap means that the whole show was stopped
_END_S = 1.5  # how long children may take to end
_TAPE_END_S = 5.5  # ... and the stage, where it finishes a recording, which plays without its end too


@dataclass
class _Room:
    """One child and its history. kept: what it said that the next one must know."""

    name: str
    process: BaseProcess | None = None
    starts: int = 0
    was_ready: bool = False
    ready_since: float = math.inf
    next_start: float = 0.0
    ended: bool = False
    killed: bool = False
    called_slow: bool = False
    kept: Status = field(default_factory=Status)
    restarts: Restarts = field(default_factory=Restarts)


class Supervisor:
    """A live show from start to end: `run` returns the exit code.

    State: `links`, the mailboxes of its processes, from the start of `run` on.
    """

    def __init__(self, options: ShowOptions) -> None:
        self._options = options
        composition.load_mapping(options.mapping, stems=options.stems, model=options.model)
        self._context = multiprocessing.get_context("spawn")
        self._newest_image = _image_size(options)
        self._rooms = {name: _Room(name) for name in child.ROOM_MODULES}
        self._tapes: dict[str, None] = {}
        self._watched = self._back = now()
        self._interrupts = 0
        self._failed: str | None = None
        self._told = False

    def run(self) -> int:
        """Play until the window is closed, the song or the time is over, or Ctrl+C; 0, or 1 where it could not start."""
        names = ("SIGINT", "SIGTERM", "SIGHUP")  # the last where terminals hang up
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        restore = [(s, signal.signal(s, self._interrupt)) for s in numbers]
        heard = len(signals.all_outputs(self._options.stems))
        self.links = Links(self._context, heard, composition.parameter_wire(), self._newest_image)
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
            self.links.close(unlink=True)

    def stop(self) -> None:
        """End the show, as Ctrl+C does; from any thread, while it runs."""
        self._interrupts += 1

    @property
    def children(self) -> dict[str, int]:
        """Process numbers of the children that have been started and not yet been missed, by room."""
        processes = {name: room.process for name, room in self._rooms.items()}
        return {name: process.pid for name, process in processes.items() if process is not None and process.pid}

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.stop()

    def _pause(self) -> None:
        sentinels = [r.process.sentinel for r in self._rooms.values() if r.process is not None and r.process.is_alive()]
        multiprocessing.connection.wait(sentinels, timeout=0.05)

    def _start(self, room: _Room) -> None:
        self.links.status[room.name].say(replace(room.kept, phase=Phase.STARTING))
        room.process = self._context.Process(
            target=child.run,
            args=(room.name, self._options.with_take(room.starts), self.links, composition.parts()),
            name=f"liveviz-{room.name}",
            daemon=True,
        )
        with _without_interrupt():
            room.process.start()
        room.starts += 1
        _log.debug("%s is process %d", room.name, room.process.pid)

    def _watch(self) -> None:
        """Start what is due, and deal with whoever has died or hangs."""
        if now() - self._watched > _AWAY_S:  # the whole show was stopped for a while: nobody could say anything
            self._back = now()
        self._watched = now()
        for room in self._rooms.values():
            status = self.links.status[room.name].read()
            if isinstance(status, StageStatus):
                self._tapes.update(dict.fromkeys(status.written))
            if room.process is None:
                if not room.ended and now() >= room.next_start:
                    self._start(room)
            elif not room.process.is_alive():
                self._ended(room, status)
            else:
                self._listen_to(room, status)
        if not self._told:
            said = self.links.statuses()
            if first_words.due(self._options, said):
                self._told = True
                for line in first_words.lines(self._options, said):
                    _log.info(line)  # each is of its own kind: none is held back as too much of one

    def _listen_to(self, room: _Room, status: Status) -> None:
        """Kill a child that has hung, so that it is started again; say so when one takes long to start."""
        assert room.process is not None
        ready = status.plays
        if isinstance(status, AudioStatus):
            before = room.kept.remembered if isinstance(room.kept, AudioStatus) else ""
            room.kept = AudioStatus(remembered=status.source if status.captured else before)
        elif isinstance(status, StageStatus):
            room.kept = StageStatus(screen=status.screen, place=status.place)
        room.was_ready |= ready
        room.ready_since = min(room.ready_since, now()) if ready else math.inf
        silent = now() - max(status.time, self._back)
        if room.killed:  # on a busy machine it takes a while to die
            return
        if silent > (_HUNG_S if ready else _START_S):
            _log.warning("%s has said nothing for %.0f s: it is started again", room.name, silent)
            room.killed = True
            room.process.kill()
        elif not ready and silent > _SLOW_S and not room.called_slow:
            _log.info("%s is still starting ...", room.name)
            room.called_slow = True

    def _ended(self, room: _Room, status: Status) -> None:
        """A child has ended: well, for a reason a user must hear, or to be started again."""
        assert room.process is not None
        code = room.process.exitcode
        room.process.join()
        room.process = None
        if code == 0:
            room.ended = True
            return
        message = status.message or f"ended with code {code}"
        if code == child.USER_ERROR and not room.was_ready:
            self._failed = message
            return
        wait = room.restarts.died(now(), room.ready_since, code == child.USER_ERROR)
        room.ready_since = math.inf
        if not room.was_ready and room.restarts.hopeless:
            self._failed = f"{room.name} cannot start: {message}"
            return
        room.next_start = now() + wait
        if not room.killed:
            _log.warning("%s died (%s): it is started again", room.name, message)
        room.killed = False

    def _over(self) -> bool:
        if self._interrupts or self._failed is not None or self._rooms["stage"].ended:
            return True
        audio = self.links.audio_status.read()
        return self._rooms["audio"].ended and audio.phase is Phase.FINISHED and audio.ends

    def _end(self) -> None:
        """Ask everybody to end; after a while, insist."""
        self.links.stop()
        self.links.parameters_bell.ring()
        until, tape_until, asked = now() + _END_S, now() + _TAPE_END_S, self._interrupts
        alive = {name: r.process for name, r in self._rooms.items() if r.process is not None}
        for process in alive.values():
            process.join(max(0.0, until - now()))
        if (stage := alive.get("stage")) is not None and self._tapes:
            while stage.is_alive() and now() < tape_until and self._interrupts == asked:  # Ctrl+C once more: at once
                stage.join(0.05)
        for process in alive.values():
            if process.is_alive():
                process.kill()
                process.join(0.3)

    def _report(self) -> int:
        """Say how it was, write `--stats`; the exit code."""
        said = self.links.statuses()
        self._tapes.update(dict.fromkeys(said.stage.written))
        if said.stage.phase is Phase.FAILED or said.stage.waits:
            self._failed = self._failed or said.stage.message or said.stage.waits
        restarts = {room.name: max(0, room.starts - 1) for room in self._rooms.values()}
        figures = compose(said, restarts)
        frames, osc = figures["frames"], figures["control"]["osc"]
        if self._failed is None or frames["presented"]:
            _log.info("%d frames at %.1f fps, %d late", frames["presented"], frames["fps"], frames["late"])
        if osc["rejected"]:
            _log.info("OSC: %d packets were no good and refused", osc["rejected"])
        for path in self._tapes:
            if own_files.opens(Path(path)):
                _log.info("written: %s", path)
            elif Path(path).exists():
                _log.warning("record: %s holds no whole picture, and does not play", path)
        if self._options.stats is not None:
            try:
                own_files.write_json(figures, self._options.stats)
            except LivevizError as error:
                self._failed = self._failed or f"stats: {error}"
        if self._failed is not None:
            raise LivevizError(self._failed)
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


def _image_size(options: ShowOptions) -> tuple[int, int]:
    """(width, height) of the engine's pictures; LivevizError where the model cannot be read."""
    if options.backend == "testcard":
        return testcard.SIDE_PIXELS, testcard.SIDE_PIXELS
    generator = open_generator.open_model(options.model)
    config = models.widen(generator, options.size, options.wide).config
    return config.width, config.height
