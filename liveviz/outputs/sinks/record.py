"""record: image and sound into an mp4 that plays whatever happens to the show. A file that is there stays."""

from pathlib import Path

from liveviz.outputs.sink import Pixels, PresentedFrame, ShowFormat, Sink, SinkStats, Takes
from liveviz.spec import AudioBlock, LivevizError
from liveviz.system import files

WHERE = "FILE.mp4"
HELP = "image and sound; a file that is there stays: FILE-2.mp4"
TAKES = Takes(Pixels.WORKING, sound=True)


def check_where(where: str) -> None:
    """An mp4 that can be made."""
    files.check_suffix(where, (".mp4",), "record")
    files.check_writable(Path(where), "record")


def open_sink(where: str, show: ShowFormat) -> Sink:
    """The file itself, or the first of FILE-2.mp4, FILE-3.mp4 ... that nobody has: an evening is never overwritten."""
    path = files.claim(Path(where))
    try:
        return _Record(path, show)
    except LivevizError:
        if path.is_file() and not path.stat().st_size:
            path.unlink()
        raise


class _Record:
    """A `Recorder` as a sink: times in the file begin with the first frame."""

    def __init__(self, path: Path, show: ShowFormat) -> None:
        from liveviz.outputs.recorder import Recorder  # the codecs take a while to load

        self._recorder = Recorder(path, show.size, show.fps, show.sample_rate, show.channels, live=True)
        self._written = (str(path.resolve()),)
        self._start: float | None = None
        self._frames = 0
        self._finished = False

    def write(self, frame: PresentedFrame) -> None:
        """Take one frame, at the size that is cheapest to read: the encoder's thread enlarges it."""
        if self._finished or self._recorder.error is not None:
            return
        if self._start is None:
            self._start = frame.time
        self._frames += 1
        self._recorder.write(frame.pixels(Pixels.WORKING), frame.time - self._start)

    def write_sound(self, block: AudioBlock) -> None:
        """Take one block; what was heard before the first frame is left out."""
        if self._start is not None:
            self._recorder.write_audio(block.samples, block.time - self._start)

    @property
    def stats(self) -> SinkStats:
        """How it is doing; `dropped` has frames whose time had passed when the encoder came to them, too."""
        dropped = self._recorder.dropped
        return SinkStats(self._frames - dropped, dropped, self._written, self._recorder.error or "")

    def finish(self) -> None:
        """Let the encoder end the file."""
        self._finished = True
        self._recorder.finish()

    def close(self, timeout: float) -> None:
        """Wait for it; what is not written then is missing at the end of a file that plays."""
        self._recorder.close(timeout)
