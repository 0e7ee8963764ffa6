"""still: the last frame of the show as a PNG of the canvas's size. It costs nothing until the end, when one frame is read."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveviz.outputs.sink import Pixels, PresentedFrame, QueuedSink, ShowFormat, Sink, Takes
from liveviz.system import files

WHERE = "FILE.png"
HELP = "the last frame; a file that is there stays: FILE-2.png"
TAKES = Takes(Pixels.WORKING)


def check_where(where: str) -> None:
    """A PNG that can be made."""
    files.check_suffix(where, (".png",), "still")
    files.check_writable(Path(where), "still")


def open_sink(where: str, show: ShowFormat) -> Sink:
    """Nothing is opened before the end."""
    return _Still(Path(where), show.size)


class _Still(QueuedSink):
    """Remembers the newest frame, and hands it to its thread when no other comes."""

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        super().__init__("still", TAKES.pixels)
        self._path, self._size = path, size
        self._last: PresentedFrame | None = None

    def write(self, frame: PresentedFrame) -> None:
        """Remember it: its pixels can be read until the next one."""
        self._last = frame

    def finish(self) -> None:
        """Read the last frame."""
        if self._last is not None:
            last, self._last = self._last, None
            super().write(last)
        super().finish()

    def image(self, pixels: NDArray[np.uint8], time: float) -> None:
        """Write it."""
        from liveviz.outputs.still import enlarged, write_png

        path = files.unused(self._path)
        write_png(enlarged(pixels, self._size), path, "play")
        self.written = (str(path.resolve()),)
