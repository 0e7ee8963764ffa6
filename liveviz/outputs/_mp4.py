"""One mp4 file, written so that it plays whatever happens to it. While it grows it is a chain of fragments, each of which
stands by itself with the ones before it; a show that is killed loses what came after the last one, less than a second at
any rate of images. At its end it becomes an ordinary file, with its duration in front and an index to seek by."""

import contextlib
import os
from collections import deque
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter
from numpy.typing import NDArray

from liveviz.outputs import _boxes as boxes

_FEW_CORES = 4  # up to so many, a live film costs a third of the work and half as much again of the disk
_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_SOUND_SLACK_SECONDS = 0.05  # seconds that sound may be off its time before silence is put in or samples are cut
_EARLY_BLOCKS = 512  # blocks of sound that are kept until the first image
HELD_SECONDS = 10.0  # that the last image is repeated for; a show that was stopped for longer leaves a gap
_FRAGMENT_S, _KEY_S = 0.4, 1.0  # how much one fragment holds, and from one image that can be sought to the next
_READ_OPTIONS = {"protocol_whitelist": "file"}  # what is looked at may be anybody's: it opens nothing else


class Mp4:
    """The mp4 itself. Everything here may block on the disk; only one thread calls it.

    Args:
        sound: sample rate and channels, None for a silent film. command: of liveviz; `written_by` answers it.
        The rest as for Recorder.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        fps: float,
        sound: tuple[int, int] | None,
        live: bool,
        start: float | None,
        command: str,
    ) -> None:
        self._path = path
        self._size = (size[0] // 2 * 2, size[1] // 2 * 2)  # H.264 halves the colours' resolution
        self._fps, self._live, self._start = fps, live, start
        self._slot = -1
        self._shown: Any = None  # the last image in the file
        self._reformatter = VideoReformatter()
        self._keyed = 0  # the slot of the last image that stands by itself
        self.dropped = 0
        flags = {
            "movflags": "hybrid_fragmented+default_base_moof+delay_moov",
            "frag_duration": f"{_FRAGMENT_S * 1e6:.0f}",
        }
        if live:  # neither sound nor images are held back for the other
            flags["max_interleave_delta"] = f"{_FRAGMENT_S * 0.5e6:.0f}"
        flags |= {"flush_packets": "1", "fflags": "bitexact"}
        self._container = av.open(_url(path), "w", format="mp4", options=flags)
        self._container.metadata["comment"] = f"liveviz {command}"
        rate = Fraction(fps).limit_denominator(1001)
        few = live and (os.cpu_count() or 1) <= _FEW_CORES
        preset = "ultrafast" if few else "veryfast" if live else "medium"
        options = {"preset": preset, "crf": "20" if live and not few else "18", "bf": "0"}
        if live:
            options |= {
                "tune": "zerolatency",
                "forced-idr": "1",
            }  # what waits in the encoder is lost with a killed show
        else:
            options["x264-params"] = "mbtree=0"  # with it the same images gave another file in every run
        self._video: Any = self._container.add_stream("libx264", rate=rate, options=options)
        self._video.width, self._video.height = self._size
        self._video.pix_fmt = "yuv420p"
        context = self._video.codec_context
        context.time_base = 1 / rate
        context.gop_size = max(1, round(fps))
        context.thread_count = 1 if few else 2 if live else 4
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
            # Before the first image
            self._early: deque[tuple[NDArray[np.float32], float]] = deque(maxlen=_EARLY_BLOCKS)
        self._container.start_encoding()

    def image(self, pixels: NDArray[np.uint8], time: float) -> None:
        """Write one image, enlarged where it is small, at the grid place nearest to its time."""
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
            slot = self._slot + 1  # jitter of the clock, not a second image of the same time
        if self._live and self._shown is not None and slot - self._slot <= HELD_SECONDS * self._fps:
            for missed in range(
                self._slot + 1, slot
            ):  # a film has an image at every place, also where the show had none
                self._encode_frame(self._shown, missed)
        self._slot = slot
        width, height = self._size
        if (pixels.shape[1] - width, pixels.shape[0] - height) in ((1, 0), (0, 1), (1, 1)):
            pixels = pixels[:height, :width]
        frame = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24"),
            width,
            height,
            "yuv420p",
            interpolation=Interpolation.BILINEAR,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            dst_color_trc=ColorTrc.BT709,
            dst_color_primaries=ColorPrimaries.BT709,
            threads=1,
        )
        self._encode_frame(frame, slot)
        if self._audio is not None and self._live:
            # a device that was pulled out: without sound the container would hold back the images
            missing = round((time - self._start - 1.0) * self._rate) - self._position
            if missing > 0:
                self._silence(missing)

    def _encode_frame(self, frame: Any, slot: int) -> None:
        frame.pts, frame.time_base, self._shown = slot, self._video.codec_context.time_base, frame
        key = (
            self._live and slot - self._keyed >= _KEY_S * self._fps
        )  # the encoder counts images, a player seeks seconds
        frame.pict_type = PictureType.I if key else PictureType.NONE
        self._keyed = slot if key else self._keyed
        self._container.mux(self._video.encode(frame))

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
        if self._position == 0 or abs(off) > _SOUND_SLACK_SECONDS * self._rate:
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
        """End the file; OSError where its end could not be written, and then it is what it was before.

        whole: also get out what the encoders still hold.
        """
        head = b""
        try:
            if whole:
                if self._audio is not None:
                    if self._position:
                        for piece in self._resampler.resample(None):
                            self._container.mux(self._audio.encode(piece))
                    self._container.mux(self._audio.encode(None))
                self._container.mux(self._video.encode(None))
        finally:
            with contextlib.suppress(OSError):
                head = boxes.read_head(self._path)
            try:
                self._container.close()
            finally:
                ended = boxes.is_finished(self._path)
                if not ended:
                    boxes.undo_end(self._path, head)
        if whole and not ended:
            raise OSError("the end could not be written (is the disk full?)")


def _url(path: Path) -> str:
    return "file:" + str(path.absolute())  # a path such as `tcp:x` must stay a file's name


def written_by(path: Path) -> str:
    """The command of liveviz that wrote the mp4 at `path`; "" for any other file. OSError where it cannot be read."""
    try:
        with av.open(_url(path), format="mp4", options=_READ_OPTIONS) as container:
            _, is_ours, command = str(container.metadata.get("comment", "")).partition("liveviz ")
    except (av.FFmpegError, ValueError):
        return ""
    return command if is_ours else ""


def playable(path: Path) -> bool:
    """Whether a player shows at least one image of the film at `path`. Never raises."""
    try:
        with av.open(_url(path), format="mp4", options=_READ_OPTIONS) as container:
            return any(True for _ in container.decode(video=0))
    except (OSError, av.FFmpegError, ValueError, IndexError):
        return False
