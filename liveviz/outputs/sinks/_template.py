"""A sink to copy: the mean colour of every frame, a line each, in a text file (`--sink NAME:FILE.txt`).

Copy this file to `NAME.py` beside it and change what is in it; `QueuedSink` does the rest: a thread of its own, a bounded
queue, counts, errors, an end in time. What must do without it (a sink that draws with the GL texture, or an encoder with
its own thread) has the five methods of `outputs.sink.Sink` instead; `record.py` is one.
"""

from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from liveviz.outputs.sink import Pixels, QueuedSink, ShowFormat, Sink, Takes
from liveviz.spec import AudioBlock
from liveviz.system import files

WHERE = "FILE.txt"  # what comes after the colon, as the help shows it; "" where nothing may
HELP = "the mean colour of every frame"
TAKES = Takes(Pixels.WORKING, sound=False)  # Pixels.CANVAS for those of the canvas's size; sound=True for `sound` below


def check_where(where: str) -> None:
    """Before the show: return if it can be tried there.

    Raises:
        UsageError: the text is wrong (exit code 2). LivevizError: it cannot be had, such as a library that is missing (1).
    """
    files.check_suffix(where, (".txt",), "template")
    files.check_writable(Path(where), "template")


def open_sink(where: str, show: ShowFormat) -> Sink:
    """With the first frame: open it. What may take long belongs into `begin`.

    Args:
        show: size of the canvas (width, height) in pixels, frames a second, Hz of the sound where TAKES asks for it.
    Raises:
        LivevizError: one line; the show goes on without this sink.
    """
    return _Colours(files.claim(Path(where)))


class _Colours(QueuedSink):
    """Everything here runs on the sink's own thread and may block. What is raised ends the sink, with one line in the log."""

    def __init__(self, path: Path) -> None:
        super().__init__("template", TAKES.pixels, room=4)  # with 4 frames waiting, the next is dropped and counted
        self._path = path
        self.written = (str(path.resolve()),)  # files, for the last lines of the show
        self._file: TextIO | None = None

    def begin(self) -> None:
        """Before the first frame."""
        self._file = self._path.open("w")

    def image(self, pixels: NDArray[np.uint8], time: float) -> None:
        """One frame.

        Args:
            pixels: uint8 `[h, w, 3]`, RGB, row 0 at the top, 0 to 255; read-only, since other sinks have the same array.
            time: of the frame, seconds on the show's clock. Frames may be missing in between.
        """
        red, green, blue = pixels.mean(axis=(0, 1))
        if self._file is not None:
            self._file.write(f"{time:.3f} {red:.1f} {green:.1f} {blue:.1f}\n")

    def sound(self, block: AudioBlock) -> None:
        """One block: `samples` float32 `[n, 2]`, full scale ±1, `sample_rate` Hz, `time` that of the last sample."""

    def end(self) -> None:
        """After the last frame, also where something failed before."""
        if self._file is not None:
            self._file.close()
