"""Sound that libsndfile does not read, or of which it finds nothing because the file's head is wrong: decoded by FFmpeg,
through PyAV. The file may be anybody's, so that only containers of sound and film are tried, and nothing but the file
itself is opened: a playlist that names other files, or hosts, is refused."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,asf,aac,ac3,eac3,mp3,ogg,wav,w64,flac,aiff,caf,au,mpegts,mpeg,avi,flv,ape,wv,tta,"
    "dts,amr,mpc,mpc8"
)
_OPEN_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS}
_MAX_BROKEN_PACKETS = 1 << 20  # packets that may fail one after the other before a stream is given up


def speakers(path: str) -> tuple[str, ...]:
    """What the file says its channels are for, by FFmpeg's names: FL, FR, FC, LFE, BL ...; () where it does not say."""
    import av

    try:
        with av.open("file:" + os.path.abspath(path), options=_OPEN_OPTIONS, metadata_errors="replace") as container:
            names = tuple(channel.name for channel in container.streams.audio[0].layout.channels)
    except (av.FFmpegError, ValueError, OSError, IndexError):
        return ()
    return names if {"FL", "FR"} <= set(names) else ()


class DecodedFile:
    """The first stream of sound in a file, with the few calls of soundfile.SoundFile that a FileReader makes.

    samplerate: Hz, as it is decoded. channels. frames: 0 where nobody knows.
    Raises:
        OSError: it cannot be read, or there is no sound in it. Packets that are broken are left out, as ffmpeg does.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._container: Any = None
        self._open()
        self.frames = self._length()

    def _open(self) -> None:
        import av

        self.close()
        try:
            self._container = av.open(
                "file:" + os.path.abspath(self._path), options=_OPEN_OPTIONS, metadata_errors="replace"
            )
            stream = next(iter(self._container.streams.audio), None)
            if stream is None:
                raise OSError("there is no sound in it")
            self._stream: Any = stream
            self._frames: Iterator[Any] = self._decode()
            first = next(self._frames, None)
            if first is None:
                raise OSError("there is no sound in it")
            self.samplerate, self.channels = int(first.sample_rate), len(first.layout.channels)
            self._resampler = av.AudioResampler("flt", first.layout, first.sample_rate)
            self._left = self._samples(first)
        except (av.FFmpegError, ValueError, OSError) as error:
            self.close()
            raise OSError(str(error)) from error
        self._position = 0

    def _decode(self) -> Iterator[Any]:
        import av

        broken = 0
        packets = self._container.demux(self._stream)
        while broken < _MAX_BROKEN_PACKETS:
            try:
                packet = next(packets)
            except (StopIteration, av.FFmpegError):  # the end, or a file that was cut
                return
            try:
                frames = packet.decode()
            except av.FFmpegError:
                broken += 1
                continue
            broken = 0
            yield from frames

    def _length(self) -> int:
        """Samples as the file says, else as its packets do."""
        import av

        stream = self._stream
        if stream.duration:
            return int(stream.duration * stream.time_base * self.samplerate)
        if self._container.duration:
            return int(self._container.duration / 1e6 * self.samplerate)
        total = 0
        try:
            for packet in self._container.demux(stream):
                total += packet.duration or 0
            frames = int(total * stream.time_base * self.samplerate)
        except av.FFmpegError:
            frames = 0
        self._open()
        return frames

    def _samples(self, frame: Any) -> NDArray[np.float32]:
        """`[n, channels]` of a decoded frame, at the file's rate and layout whatever its own are."""
        frame.pts = None
        parts = [part.to_ndarray().reshape(-1, self.channels) for part in self._resampler.resample(frame)]
        return np.concatenate(parts) if parts else np.zeros((0, self.channels), np.float32)

    def read(self, dtype: str, always_2d: bool, out: NDArray[np.float32]) -> NDArray[np.float32]:
        """Fill `out` `[n, channels]` and return what was filled; less only at the end. OSError where it cannot be read."""
        import av

        filled = 0
        while filled < len(out):
            if not len(self._left):
                try:
                    frame = next(self._frames, None)
                    if frame is None:
                        break
                    self._left = self._samples(frame)
                except (av.FFmpegError, ValueError) as error:
                    raise OSError(str(error)) from error
                continue
            n = min(len(out) - filled, len(self._left))
            out[filled : filled + n] = self._left[:n]
            self._left = self._left[n:]
            filled += n
        self._position += filled
        return out[:filled]

    def seek(self, frame: int) -> None:
        """Begin again; only 0 is asked for. OSError where it cannot be read any more."""
        if self._position or self._container is None:
            self._open()

    def tell(self) -> int:
        """Samples read so far."""
        return self._position

    def close(self) -> None:
        """Close the file; may be called twice."""
        if self._container is not None:
            self._container.close()
            self._container = None
            self._frames = iter(())
