"""The recorder: images and sound into an mp4 that can be played whatever happens to it.

A crash, a full disk or a kill costs less than the last second and not the night (see `_mp4`). Live, encoding runs on a
thread of its own behind a bounded queue: when the encoder is too slow, images are dropped and counted, and the show does
not wait. Offline, every image is written in order, with a fixed number of encoder threads, so that the same input gives
the same file.
"""

import math
import queue
import threading
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from liveviz.outputs._mp4 import HELD_SECONDS, Mp4, playable, written_by
from liveviz.spec import LivevizError

__all__ = ["HELD_SECONDS", "Recorder", "playable", "written_by"]

# How many wait for the encoder: a quarter of a second, and some seconds of sound
_WAITING_FRAMES, _WAITING_BLOCKS = 8, 512
_BEHIND_S = 0.4  # ... and for how long an image may wait: it is lost with a killed show
_CLOSE_S, _PATIENCE_S = 2.0, 0.5


class Recorder:
    """Writes an mp4: H.264 (yuv420p, BT.709) and, with a sample rate, AAC.

    Args:
        path: of the file; what was there is replaced.
        size: width and height of the images, at least 2x2; an odd last row or column is left out.
        fps: of the grid that images are put on, 1 to 240.
        sample_rate: Hz of the sound, None for a silent film. channels: of it; from the third on they are left out.
        live: True encodes on an own thread, drops when it must and never blocks; False encodes at once, every image.
        start: the time that becomes 0 in the file; None takes the first image's. Sound before it is left out.
        command: of liveviz that writes it, for `written_by`.
    Raises:
        LivevizError: the file cannot be written, or no such film can be encoded.
    State: `error` is None, or one line that says why recording stopped; nothing is written after. `dropped`: how many
        images are not in the file.
    """

    def __init__(
        self,
        path: str | Path,
        size: tuple[int, int],
        fps: float,
        sample_rate: int | None,
        channels: int = 2,
        live: bool = True,
        start: float | None = None,
        command: str = "play",
    ) -> None:
        self.path = Path(path)
        if not (min(size) >= 2 and 1 <= fps <= 240):
            raise LivevizError(f"cannot record {size[0]}x{size[1]} at {fps:g} fps; allowed: from 2x2, 1 to 240 fps")
        if sample_rate is not None and not (4000 <= sample_rate <= 768_000 and channels >= 1):
            raise LivevizError(f"cannot record sound of {sample_rate} Hz with {channels} channels")
        self.error: str | None = None
        self._size = size
        self._live = live
        self._lost = 0
        self._finished = self._closed = False
        try:
            with self.path.open("wb"):
                pass
            sound = None if sample_rate is None else (sample_rate, channels)
            self._file = Mp4(self.path, size, fps, sound, live, start, command)
        except (OSError, av.FFmpegError, ValueError) as error:
            raise LivevizError(f"cannot record to {self.path}: {_reason(error)}") from error
        self._queue: queue.Queue[tuple[str, NDArray[Any], float] | None] = queue.Queue()
        self._put = self._taken = 0  # images; each is counted by one thread only
        self._newest = 0.0  # time of the last one that was taken
        self._hurry = False
        self._thread: threading.Thread | None = None
        if live:
            self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
            self._thread.start()

    @property
    def dropped(self) -> int:
        """Images that are not in the file because the encoder was behind or their time had passed."""
        return self._lost + self._file.dropped

    def write(self, pixels: NDArray[np.uint8], time: float) -> None:
        """One image: uint8 `[h, w, 3]`, RGB, row 0 at the top; live it is kept, so hand over a fresh array.

        One of another size than the film's is enlarged or reduced to it (bilinear), on the encoder's thread: a third of
        what it costs where the processor does it with GL.

        Raises:
            ValueError: not such an array.
        """
        if pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape or pixels.dtype != np.uint8:
            raise ValueError(f"recorder: expected uint8 [h, w, 3], got {pixels.dtype} {list(pixels.shape)}")
        if not math.isfinite(time) or self.error is not None or self._finished:
            return
        if not self._live:
            self._do("image", pixels, time)
        elif (waiting := self._put - self._taken) and (waiting >= _WAITING_FRAMES or time - self._newest > _BEHIND_S):
            self._lost += 1
        else:
            self._put += 1
            self._queue.put(("image", pixels, time))

    def write_audio(self, samples: NDArray[np.float32], time: float) -> None:
        """One block: float32 `[n, channels]`, full scale ±1; `time` is that of its last sample, as in AudioBlock."""
        if not math.isfinite(time) or self.error is not None or self._finished or len(samples) == 0:
            return
        if not self._live:
            self._do("sound", samples, time)
        elif self._queue.qsize() < _WAITING_BLOCKS:  # else the disk hangs: silence is put in its place later
            self._queue.put(("sound", samples.copy(), time))

    def _do(self, what: str, data: NDArray[Any], time: float) -> None:
        try:
            (self._file.image if what == "image" else self._file.sound)(data, time)
        except (OSError, av.FFmpegError, ValueError) as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self.error is None:
            self.error = f"recording to {self.path} stopped: {_reason(error)}"

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            if item[0] == "image":
                self._newest = item[2]
                self._taken += 1
                if self._hurry:
                    self._lost += 1
                    continue
            if self.error is None:
                self._do(*item)
        self._finish()

    def _finish(self) -> None:
        try:
            self._file.finish(whole=self.error is None)
        except (OSError, av.FFmpegError, ValueError) as error:
            self._fail(error)

    def finish(self) -> None:
        """Take nothing any more; live, let the encoder's thread end the file, for which `close` waits."""
        if not self._finished:
            self._finished = True
            if self._thread is not None:
                self._queue.put(None)

    def close(self, timeout: float | None = None) -> None:
        """Finish the file.

        Args:
            timeout: seconds to wait; by default 2 live, and offline as long as it takes. After half a second, images
                that still wait are left out; if it is not enough, the last second or so is not in the file, which can be
                played all the same.
        """
        if self._closed:
            return
        self._closed = True
        self.finish()
        if self._thread is not None:
            timeout = _CLOSE_S if timeout is None else timeout
        elif timeout is None:
            self._finish()
            return
        else:
            self._thread = threading.Thread(target=self._finish, name="recorder-end", daemon=True)
            self._thread.start()
        patience = min(_PATIENCE_S, timeout / 2)
        self._thread.join(patience)
        self._hurry = True
        self._thread.join(timeout - patience)
        if self._thread.is_alive():
            self._fail(TimeoutError(f"the file was not finished within {timeout:g} s"))


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).strip().partition("\n")[0]
