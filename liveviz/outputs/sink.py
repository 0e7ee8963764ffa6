"""The way out: a sink takes what the stage presents, frame after frame, and brings it somewhere (a file, a stream, another
program). The stage never waits for one, whatever its disk, its network or its encoder does. A sink is one file in
`sinks/`; what such a file holds says `SinkFile`, and `sinks/_template.py` is one to copy."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import AudioBlock

if TYPE_CHECKING:
    import moderngl


class Pixels(Enum):
    """Which pixels of a frame, if any.

    WORKING: of the size that the effects work at: on a GPU that of the canvas, where the processor draws about 730x411 of
        16:9. The cheapest to read; what enlarges them does it on its own thread.
    CANVAS: of the size of the canvas, as the audience sees them.
    """

    NONE = "none"
    WORKING = "working"
    CANVAS = "canvas"


@dataclass(frozen=True, slots=True)
class Takes:
    """What a sink asks for, declared in its file.

    pixels: which ones it reads of a frame; a frame of whose pixels nobody reads any is not read back from GL.
    sound: it wants the sound too, and is opened once it is known what there is to hear.
    texture: it uses the frame's GL texture, on the stage's thread.
    """

    pixels: Pixels = Pixels.NONE
    sound: bool = False
    texture: bool = False


@dataclass(frozen=True, slots=True)
class ShowFormat:
    """What will come.

    size: of the canvas, (width, height) in pixels. fps: frames a second that the show aims at, 1 to 240.
    sample_rate: of the sound, Hz; None where there is none, or the sink takes none. channels: of it.
    """

    size: tuple[int, int]
    fps: float
    sample_rate: int | None = None
    channels: int = 2


@dataclass(frozen=True, slots=True)
class SinkChoice:
    """One sink that was asked for, `NAME[:WHERE]`: the name of its file, and what came after the colon."""

    name: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class SinkStats:
    """How a sink is doing.

    frames: how many it took in. dropped: how many it had no room for, or left out at its end.
    written: absolute paths of the files that it has made, or is making.
    error: one line that says why it has stopped; empty while it works. It takes nothing after.
    """

    frames: int = 0
    dropped: int = 0
    written: tuple[str, ...] = ()
    error: str = ""


class PresentedFrame:
    """One frame as the audience sees it, shared by all sinks: pixels are read back once, when the first of them asks.

    number: frames since the stage began, from 0. time: of the frame, seconds on the show's clock.
    black: the stage shows black (blackout); there is no texture then.
    size: of the canvas, working_size: of the pixels that the effects work on, (width, height).
    State: `read_backs`, how often this frame was read back from GL.
    """

    def __init__(
        self,
        number: int,
        time: float,
        size: tuple[int, int],
        working_size: tuple[int, int],
        texture: "moderngl.Texture | None",
        read: Callable[[bool], NDArray[np.uint8]],
    ) -> None:
        self.number, self.time = number, time
        self.size, self.working_size = size, working_size
        self.black = texture is None
        self.read_backs = 0
        self._texture, self._read = texture, read
        self._pixels: dict[tuple[int, int], NDArray[np.uint8]] = {}
        self._thread = threading.get_ident()
        self._expired = False

    @property
    def texture(self) -> "moderngl.Texture | None":
        """RGBA, row 0 at the bottom as GL has it, of the working size, to be drawn over a whole canvas; None where the
        frame is black. It is good until `write` returns; its `ctx` is another one after the display went away."""
        return None if self._expired else self._texture

    def pixels(self, which: Pixels) -> NDArray[np.uint8]:
        """uint8 `[h, w, 3]`, RGB, row 0 at the top, read-only: other sinks have the same array. It may be kept.

        Raises:
            RuntimeError: pixels that nobody has read yet, after the next frame was drawn or on another thread than the
                stage's.
        """
        if which is Pixels.NONE:
            raise ValueError("pixels: of the canvas or of the working size")
        size = self.size if which is Pixels.CANVAS else self.working_size
        if (found := self._pixels.get(size)) is None:
            if self.black:
                found = np.zeros((size[1], size[0], 3), np.uint8)
            elif self._expired or threading.get_ident() != self._thread:
                raise RuntimeError(
                    "a frame is read where it is handed over: on the stage's thread, before the next one"
                )
            else:
                found = self._read(which is Pixels.CANVAS)
                self.read_backs += 1
            found.flags.writeable = False
            self._pixels[size] = found
        return found

    def expire(self) -> None:
        """GL draws the next frame: what nobody has read is gone."""
        self._expired = True


class Sink(Protocol):
    """An open sink. All of it is called on the stage's thread, and returns at once: within a millisecond or two beside
    what reading pixels costs. Anything that may take longer (disk, network, encoder) runs on a thread of the sink's own
    behind a bounded queue; what has no room there is dropped and counted. `QueuedSink` is all of that."""

    def write(self, frame: PresentedFrame) -> None:
        """Take one presented frame."""

    def write_sound(self, block: AudioBlock) -> None:
        """Take a block of two channels, float32 `[n, 2]`, full scale ±1; `time` is that of its last sample, on the clock
        that frames have. Not called where the file's TAKES has no sound."""

    @property
    def stats(self) -> SinkStats:
        """How it is doing; asked after every frame."""

    def finish(self) -> None:
        """No more frames come: begin to end. The last frame can still be read."""

    def close(self, timeout: float) -> None:
        """Return once everything is written, after `finish`; after `timeout` seconds whatever is left."""


@runtime_checkable
class SinkFile(Protocol):
    """What a file in `sinks/` holds. It is imported in every process of a show: heavy libraries inside functions."""

    WHERE: str
    """What comes after the colon, for the help: "FILE.mp4" for a file of that ending, another word in capitals, or ""."""
    HELP: str
    """What it does, in a few words."""
    TAKES: Takes

    def check_where(self, where: str) -> None:
        """Return if `open_sink` may be tried there; called before the show begins, opens nothing and leaves nothing.

        Raises:
            UsageError: the text is wrong. LivevizError: it is right, but cannot be had (no such folder, a library missing).
                One line that names the sink, what was given and what is allowed.
        """

    def open_sink(self, where: str, show: ShowFormat) -> Sink:
        """Open it, with the first frame.

        Raises:
            LivevizError: it cannot be opened; the show goes on without it.
        """


class QueuedSink:
    """A sink with a thread of its own: override `begin`, `image`, `sound`, `end`, which run on that thread, one after
    the other, and may block. Whatever they raise ends the sink, and not the show.

    Args:
        name: of the sink, for its error. pixels: which ones it wants.
        room: how many frames may wait. blocks: how many blocks of sound.
    State: counts, and the error; files that it makes belong into `written`, as absolute paths.
    """

    def __init__(self, name: str, pixels: Pixels, room: int = 4, blocks: int = 256) -> None:
        self.written: tuple[str, ...] = ()
        self._name, self._which, self._room, self._blocks = name, pixels, room, blocks
        self._queue: queue.SimpleQueue[tuple[NDArray[np.uint8], float] | AudioBlock | None] = queue.SimpleQueue()
        self._put = self._taken = self._put_blocks = self._taken_blocks = 0  # each is counted by one thread only
        self._dropped = self._left_out = 0
        self._error = ""
        self._finished = self._hurry = False
        self._thread = threading.Thread(target=self._work, name=f"sink-{name}", daemon=True)

    def begin(self) -> None:
        """Before the first image."""

    def image(self, pixels: NDArray[np.uint8], time: float) -> None:
        """One frame: uint8 `[h, w, 3]`, RGB, row 0 at the top, read-only; `time` in seconds on the show's clock."""

    def sound(self, block: AudioBlock) -> None:
        """One block of sound, as `Sink.write_sound` has it."""

    def end(self) -> None:
        """After the last image; also where one has failed."""

    def write(self, frame: PresentedFrame) -> None:
        """Queue one frame; where there is no room it is dropped, and not even read back."""
        if self._finished or self._error:
            return
        if self._put - self._taken >= self._room:
            self._dropped += 1
            return
        self._put += 1
        self._queue.put((frame.pixels(self._which), frame.time))
        self._start()

    def write_sound(self, block: AudioBlock) -> None:
        """Queue one block."""
        if not self._finished and not self._error and self._put_blocks - self._taken_blocks < self._blocks:
            self._put_blocks += 1
            self._queue.put(block)
            self._start()

    def _start(self) -> None:
        if self._thread.ident is None:
            self._thread.start()

    @property
    def stats(self) -> SinkStats:
        """How it is doing."""
        return SinkStats(self._put - self._left_out, self._dropped + self._left_out, self.written, self._error)

    def _work(self) -> None:
        try:
            try:
                self.begin()
                while (item := self._queue.get()) is not None:
                    if isinstance(item, AudioBlock):
                        self._taken_blocks += 1
                        self.sound(item)
                    elif self._hurry:
                        self._left_out += 1
                    else:
                        self.image(*item)
                        self._taken += 1
            finally:
                self.end()
        except Exception as error:  # noqa: BLE001 - its library may raise anything, and costs this sink alone
            words = str(getattr(error, "strerror", None) or error).strip().partition("\n")[0]
            self._error = self._error or words or type(error).__name__

    def finish(self) -> None:
        """Let the thread come to its end."""
        if not self._finished:
            self._finished = True
            self._queue.put(None)

    def close(self, timeout: float) -> None:
        """Wait for it; after half of the time, frames that still wait are left out."""
        self.finish()
        if self._thread.ident is None:
            return
        self._thread.join(timeout / 2)
        self._hurry = True
        self._thread.join(timeout / 2)
        if self._thread.is_alive():
            self._error = self._error or f"it did not end within {timeout:g} s"
