"""The recorder: pictures and sound into an mp4 that can be played whatever happens to it.

The file is fragmented (every second closes a piece that stands by itself), so a crash, a full disk or a pulled plug costs
the last second and not the night. Live, encoding runs on a thread of its own behind a bounded queue: when the encoder
is too slow, pictures are dropped and counted, and the show does not wait. Offline, every picture is written in order,
with a fixed number of encoder threads, so that the same input gives the same file.
"""

import math
import os
import queue
import threading
from collections import deque
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from liveviz.spec import LivevizError

_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_PICTURES, _BLOCKS = 8, 512  # how many wait for the encoder: a quarter of a second, and some seconds of sound
_SLACK = 0.05  # seconds that sound may be off its time before silence is put in or samples are cut
_CLOSE_S = 2.0


class _File:
    """The mp4 itself. Everything here may block on the disk; only one thread calls it."""

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        fps: float,
        sound: tuple[int, int] | None,
        live: bool,
        start: float | None,
    ) -> None:
        self._size = (size[0] // 2 * 2, size[1] // 2 * 2)  # H.264 halves the colours' resolution
        self._fps, self._live, self._start = fps, live, start
        self._slot = -1
        self.dropped = 0
        flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof+delay_moov", "flush_packets": "1"}
        target = "file:" + str(path.absolute())  # a path such as `tcp:x` must stay a file's name
        self._container = av.open(target, "w", format="mp4", options={**flags, "fflags": "bitexact"})
        rate = Fraction(fps).limit_denominator(1001)
        options = {"preset": "veryfast" if live else "medium", "crf": "20" if live else "18", "bf": "0"}
        if not live:
            options["x264-params"] = "mbtree=0"  # with it the same pictures gave another file in every run
        self._video: Any = self._container.add_stream("libx264", rate=rate, options=options)
        self._video.width, self._video.height = self._size
        self._video.pix_fmt = "yuv420p"
        context = self._video.codec_context
        context.time_base = 1 / rate
        context.gop_size = max(1, round(fps))
        context.thread_count = 2 if live else 4
        context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        self._audio: Any = None
        if sound is not None:
            self._rate, channels = sound
            self._channels = min(channels, 2)
            layout = "stereo" if self._channels == 2 else "mono"
            out = next((r for r in _AAC_RATES if r >= min(self._rate, 48000)), 48000)
            self._audio = self._container.add_stream("aac", rate=out, layout=layout)
            self._audio.bit_rate = 192_000 if out >= 32000 else 64_000
            self._resampler = av.AudioResampler("fltp", layout, out, 1024)
            self._layout = layout
            self._position = 0  # samples written so far
            self._early: deque[tuple[NDArray[np.float32], float]] = deque(maxlen=_BLOCKS)  # before the first picture
        self._container.start_encoding()

    def picture(self, pixels: NDArray[np.uint8], time: float) -> None:
        """Write one picture at the grid place nearest to its time."""
        if self._start is None:
            self._start = time
            if self._audio is not None:
                for block in self._early:
                    self.sound(*block)
                self._early.clear()
        slot = round((time - self._start) * self._fps)
        if slot <= self._slot:
            if self._live and slot < self._slot - 1:
                self.dropped += 1
                return
            slot = self._slot + 1  # jitter of the clock, not a second picture of the same time
        self._slot = slot
        width, height = self._size
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:height, :width]), format="rgb24")
        frame = frame.reformat(
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            dst_color_trc=ColorTrc.BT709,
            dst_color_primaries=ColorPrimaries.BT709,
            threads=1,
        )
        frame.pts, frame.time_base = slot, self._video.codec_context.time_base
        self._container.mux(self._video.encode(frame))
        if self._audio is not None and self._live:
            # a device that was pulled out: without sound the container would hold back the pictures
            missing = round((time - self._start - 1.0) * self._rate) - self._position
            if missing > 0:
                self._silence(missing)

    def sound(self, samples: NDArray[np.float32], time: float) -> None:
        """Write one block; `time` is the end of its last sample."""
        if self._audio is None:
            return
        if self._start is None:
            self._early.append((samples.copy(), time))
            return
        samples = np.nan_to_num(np.asarray(samples, np.float32).reshape(len(samples), -1))[:, : self._channels]
        if samples.shape[1] < self._channels:
            samples = np.repeat(samples[:, :1], self._channels, axis=1)
        place = round((time - self._start) * self._rate) - len(samples)
        off = place - self._position
        if self._position == 0 or abs(off) > _SLACK * self._rate:
            self._silence(off)
            samples = samples[max(-off, 0) :]
        if len(samples):
            self._encode(samples)

    def _silence(self, count: int) -> None:
        while count > 0:
            self._encode(np.zeros((min(count, self._rate), self._channels), np.float32))
            count -= self._rate

    def _encode(self, samples: NDArray[np.float32]) -> None:
        flat = np.clip(samples, -1.0, 1.0).astype(np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(flat, format="flt", layout=self._layout)
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._position, Fraction(1, self._rate)
        self._position += len(samples)
        for piece in self._resampler.resample(frame):
            self._container.mux(self._audio.encode(piece))

    def finish(self, whole: bool) -> None:
        """End the file. whole: also get out what the encoders still hold."""
        try:
            if whole:
                if self._audio is not None:
                    if self._position:
                        for piece in self._resampler.resample(None):
                            self._container.mux(self._audio.encode(piece))
                    self._container.mux(self._audio.encode(None))
                self._container.mux(self._video.encode(None))
        finally:
            self._container.close()


class Recorder:
    """Writes an mp4: H.264 (yuv420p, BT.709) and, with a sample rate, AAC.

    Args:
        path: of the file; what was there is replaced.
        size: width and height of the pictures, at least 2x2; an odd last row or column is left out.
        fps: of the grid that pictures are put on, 1 to 240.
        sample_rate: Hz of the sound, None for a silent film. channels: of it; from the third on they are left out.
        live: True encodes on an own thread, drops when it must and never blocks; False encodes at once, every picture.
        start: the time that becomes 0 in the file; None takes the first picture's. Sound before it is left out.
    Raises:
        LivevizError: the file cannot be written, or no such film can be encoded.
    State: `error` is None, or one line that says why recording stopped; nothing is written after. `dropped`: how many
        pictures are not in the file.
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
        self._closed = False
        try:
            with self.path.open("wb"):
                pass
            sound = None if sample_rate is None else (sample_rate, channels)
            self._file = _File(self.path, size, fps, sound, live, start)
        except (OSError, av.FFmpegError, ValueError) as error:
            raise LivevizError(f"cannot record to {self.path}: {_reason(error)}") from error
        self._queue: queue.Queue[tuple[str, NDArray[Any], float] | None] = queue.Queue()
        self._put = self._taken = 0  # pictures; each is counted by one thread only
        self._thread: threading.Thread | None = None
        if live:
            self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
            self._thread.start()

    @property
    def dropped(self) -> int:
        """Pictures that are not in the file because the encoder was behind or their time had passed."""
        return self._lost + self._file.dropped

    def write(self, pixels: NDArray[np.uint8], time: float) -> None:
        """One picture: uint8 `[h, w, 3]`, RGB, row 0 at the top; live it is kept, so hand over a fresh array.

        Raises:
            ValueError: pixels of another shape than `size`.
        """
        if pixels.shape != (self._size[1], self._size[0], 3) or pixels.dtype != np.uint8:
            raise ValueError(f"recorder: expected uint8 [{self._size[1]}, {self._size[0]}, 3], got {pixels.shape}")
        if not math.isfinite(time) or self.error is not None or self._closed:
            return
        if not self._live:
            self._do("picture", pixels, time)
        elif self._put - self._taken >= _PICTURES:
            self._lost += 1
        else:
            self._put += 1
            self._queue.put(("picture", pixels, time))

    def write_audio(self, samples: NDArray[np.float32], time: float) -> None:
        """One block: float32 `[n, channels]`, full scale ±1; `time` is that of its last sample, as in AudioBlock."""
        if not math.isfinite(time) or self.error is not None or self._closed or len(samples) == 0:
            return
        if not self._live:
            self._do("sound", samples, time)
        elif self._queue.qsize() < _BLOCKS:  # else the disk hangs: silence is put in its place later
            self._queue.put(("sound", samples.copy(), time))

    def _do(self, what: str, data: NDArray[Any], time: float) -> None:
        try:
            (self._file.picture if what == "picture" else self._file.sound)(data, time)
        except (OSError, av.FFmpegError, ValueError) as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self.error is None:
            self.error = f"recording to {self.path} stopped: {_reason(error)}"

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            self._taken += item[0] == "picture"
            if self.error is None:
                self._do(*item)
        self._finish()

    def _finish(self) -> None:
        try:
            self._file.finish(whole=self.error is None)
            if self.error is None and not _has_its_end(self.path):
                self._fail(OSError("the end could not be written (is the disk full?)"))
        except (OSError, av.FFmpegError, ValueError) as error:
            self._fail(error)

    def close(self, timeout: float | None = None) -> None:
        """Finish the file.

        Args:
            timeout: seconds to wait; by default 2 live, and offline as long as it takes. If it is not enough, the
                last second or so is not in the file, which can be played all the same.
        """
        if self._closed:
            return
        self._closed = True
        if self._thread is not None:
            self._queue.put(None)
            timeout = _CLOSE_S if timeout is None else timeout
        elif timeout is None:
            self._finish()
            return
        else:
            self._thread = threading.Thread(target=self._finish, name="recorder-end", daemon=True)
            self._thread.start()
        self._thread.join(timeout)
        if self._thread.is_alive():
            self._fail(TimeoutError(f"the file was not finished within {timeout:g} s"))


def _has_its_end(path: Path) -> bool:
    """True if the index that closes a fragmented mp4 is there: the library tells nobody when its last write fails."""
    with path.open("rb") as file:
        file.seek(-min(16, path.stat().st_size), os.SEEK_END)
        return file.read(8)[4:] == b"mfro"


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).strip().partition("\n")[0]
