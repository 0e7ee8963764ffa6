"""The sinks of a live show: every presented frame goes to all of them, and its pixels are read back from GL once. Without a
screen, a file or the demo leaves an mp4 and its last frame behind, where nobody asked for anything else."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from liveviz.outputs import sinks
from liveviz.outputs.sink import Pixels, PresentedFrame, ShowFormat, Sink, SinkChoice, SinkStats
from liveviz.post import Chain
from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.ipc.status import ScreenKind
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.tick import TickFrame
from liveviz.spec import AudioBlock, LivevizError
from liveviz.system.clock import now

_log = logging.getLogger("liveviz.runtime")
FINISH_S = 4.0  # how long the end of a file may take: a film's last images are large, and the machine is busy
_LEAVE_S = 0.8  # ... and of what writes no file
_PATIENCE_S = 3.0  # how long the first frame waits for the audio process to say its sample rate


@dataclass
class _Open:
    """One open sink. stats: as it said last; failed: it takes nothing any more, and the log has it."""

    name: str
    sink: Sink
    sound: bool
    stats: SinkStats
    failed: bool = False


class OpenSinks:
    """Opens what was asked for, with the first frame of the generator; what wants sound, once the audio process has said
    what there is to hear. A sink that fails costs itself, and never the show.

    Args:
        screen: where the show is seen.
    State: sinks that wait to be opened, open ones, and the last frame.
    """

    def __init__(self, options: ShowOptions, links: Links, screen: ScreenKind) -> None:
        self._options, self._links = options, links
        self._waiting = list(options.sinks)
        self._unasked = not options.sinks and screen is ScreenKind.HEADLESS  # a song that nobody sees leaves a film
        self._open: list[_Open] = []
        self._frame: PresentedFrame | None = None
        self._asked: float | None = None
        self._count = self._read_backs = 0
        self._closed = False

    @property
    def records(self) -> bool:
        """Frames are read and encoded, or may be."""
        return self._unasked or any(sinks.load(s.name).TAKES.pixels is not Pixels.NONE for s in self._options.sinks)

    def frame(self, frame: TickFrame, chain: Chain) -> None:
        """Hand one presented frame to every sink, and the sound that has come meanwhile."""
        if self._frame is not None:
            self._read_backs += self._frame.read_backs
            self._frame.expire()
        self._frame = PresentedFrame(
            self._count, frame.time, self._options.size, chain.working_size, frame.canvas, chain.read
        )
        self._count += 1
        if self._waiting or self._unasked:
            self._open_due()
        takers = [one for one in self._open if not one.failed]
        listen = any(one.sound for one in takers)
        blocks = [wire.unpack_audio(record) for record in self._links.audio.drain()] if listen else []
        for one in takers:
            self._hand(one, self._frame, blocks)

    def _hand(self, one: _Open, frame: PresentedFrame, blocks: list[AudioBlock]) -> None:
        try:
            one.sink.write(frame)
            for block in blocks if one.sound else ():
                one.sink.write_sound(block)
            one.stats = one.sink.stats
        except Exception as error:  # noqa: BLE001 - whatever a sink's library does, the show goes on
            one.stats = replace(one.stats, error=_words(error))
        if one.stats.error:
            one.failed = True
            _log.warning("%s: %s; the show goes on without it", one.name, one.stats.error)
            self._finish(one)

    def _finish(self, one: _Open) -> None:
        try:
            one.sink.finish()
        except Exception as error:  # noqa: BLE001 - as above
            one.stats = replace(one.stats, error=one.stats.error or _words(error))

    def _open_due(self) -> None:
        """Open what needs no sound, and all the rest once it is known what there is to hear."""
        heard = self._links.audio_status.read()
        self._asked = self._asked or now()
        known = heard.plays or now() - self._asked > _PATIENCE_S
        if known and self._unasked:
            self._unasked = False
            if heard.ends:
                self._open_unasked(heard.source, heard.sample_rate or None)
        for choice in self._waiting[:]:
            if known or not sinks.load(choice.name).TAKES.sound:
                self._waiting.remove(choice)
                self._open_one(choice, heard.sample_rate or None)

    def _open_unasked(self, source: str, sample_rate: int | None) -> None:
        stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in Path(source).stem)[:80]
        film = self._open_one(SinkChoice("record", f"liveviz-{stem}.mp4"), sample_rate)
        if film is not None and film.stats.written:
            self._open_one(SinkChoice("still", str(Path(film.stats.written[0]).with_suffix(".png"))), None)

    def _open_one(self, choice: SinkChoice, sample_rate: int | None) -> _Open | None:
        try:
            file = sinks.load(choice.name)
            show = ShowFormat(self._options.size, self._options.fps, sample_rate if file.TAKES.sound else None)
            sink = file.open_sink(choice.where, show)
            one = _Open(choice.name, sink, file.TAKES.sound, sink.stats)
        except Exception as error:  # noqa: BLE001 - as above
            _log.warning("%s: %s; the show goes on without it", choice.name, _words(error))
            return None
        if one.sound:
            self._links.audio.drain()  # what was heard before its first frame
        for path in one.stats.written:  # also where a stage that was started again goes on in another file
            if Path(path).name != Path(choice.where).name:
                _log.info("%s: %s is there already and stays: this is %s", choice.name, choice.where, path)
        self._open.append(one)
        return one

    @property
    def written(self) -> list[str]:
        """Absolute paths of the files that were made, or are being made."""
        return [path for one in self._open for path in one.stats.written]

    @property
    def dropped(self) -> int:
        """Frames that sinks had no room for, all of them together."""
        return sum(one.stats.dropped for one in self._open)

    @property
    def recording(self) -> bool:
        """A film is being made."""
        return any(one.name == "record" and not one.failed for one in self._open)

    def close(self) -> None:
        """Finish them all, side by side."""
        if self._closed:
            return
        self._closed = True
        for one in self._open:
            self._finish(one)
        if self._frame is not None:
            self._read_backs += self._frame.read_backs
            self._frame.expire()
        until = now() + (FINISH_S if any(one.stats.written for one in self._open) else _LEAVE_S)
        for one in self._open:
            try:
                one.sink.close(max(0.0, until - now()))
                one.stats = one.sink.stats
            except Exception as error:  # noqa: BLE001 - as above
                one.stats = replace(one.stats, error=_words(error))
            if one.stats.error and not one.failed:
                _log.warning("%s: %s; it is not complete", one.name, one.stats.error)
            _log.debug("%s: %d frames, %d dropped", one.name, one.stats.frames, one.stats.dropped)
        _log.debug("sinks: %d frames presented, %d read back", self._count, self._read_backs)


def _words(error: Exception) -> str:
    """What to say of it, in one line."""
    words = str(error) if isinstance(error, LivevizError) else f"{type(error).__name__}: {error}"
    return words.partition("\n")[0]
