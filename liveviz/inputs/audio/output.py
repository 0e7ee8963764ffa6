"""From blocks as they are in a file to what a sound output takes: two channels or one, at its own rate. A song of 44.1 kHz
must be heard on an interface that runs at 48 kHz alone."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from liveviz.inputs.audio.downmix import Downmix
from liveviz.inputs.audio.portaudio import find_output, open_stream
from liveviz.spec import LivevizError

if TYPE_CHECKING:
    from liveviz.inputs.audio.contract import Reader

LOG = logging.getLogger("liveviz.inputs")
OUTPUT_LATENCY = 0.06


class OutputFeed:
    """What was put in comes out at the output's rate, as much as is taken.

    Args:
        channels, speakers, sample_rate: of what is put in. outputs: channels that come out, 1 or 2. rate: of what comes out, Hz.
    State: what was not taken yet; a millisecond of sound in the converter.
    """

    def __init__(self, channels: int, speakers: tuple[str, ...], sample_rate: int, outputs: int, rate: int) -> None:
        self.rate = rate
        self._sample_rate, self._outputs = sample_rate, outputs
        self._downmix = Downmix(channels, speakers)
        self._waiting = np.zeros((0, outputs), np.float32)
        self._resampler: Any = None
        if rate != sample_rate:
            import av  # a tenth of a second that most outputs need not wait for

            self._frame = av.AudioFrame.from_ndarray
            self._resampler = av.AudioResampler("flt", "stereo", rate)

    def put(self, samples: NDArray[np.float32]) -> None:
        """Add float32 `[n, channels]`."""
        stereo = np.clip(self._downmix.step(samples, len(samples) / self._sample_rate), -1.0, 1.0)
        if self._resampler is not None and len(stereo):
            frame = self._frame(np.ascontiguousarray(stereo, np.float32).reshape(1, -1), format="flt", layout="stereo")
            frame.sample_rate = self._sample_rate
            parts = [part.to_ndarray().reshape(-1, 2) for part in self._resampler.resample(frame)]
            stereo = np.concatenate([np.zeros((0, 2), np.float32), *parts])
        heard = stereo if self._outputs == 2 else stereo.mean(axis=1, keepdims=True)
        self._waiting = np.concatenate([self._waiting, heard]) if len(self._waiting) else heard

    def take(self, out: NDArray[np.float32]) -> int:
        """Fill the beginning of `out` `[n, outputs]` with what waits; how many were filled."""
        n = min(len(out), len(self._waiting))
        out[:n] = self._waiting[:n]
        self._waiting = self._waiting[n:]
        return n


def open_output(
    name: str | None, reader: "Reader", frames: int, callback: Callable[..., None]
) -> tuple[Any, OutputFeed]:
    """(stream, opened and not started; feed) of an output, at its own rate; what is read is converted to that.

    Args:
        name: as in `find_output`. frames: of one callback. callback: PortAudio's.
    Raises:
        LivevizError: there is none, or it cannot be opened.
    """
    device = find_output(name)
    what, channels = f"sound output {device.name!r}", min(2, device.outputs)

    def opened(rate: int) -> Any:
        return open_stream(
            "OutputStream",
            what,
            device=device.index,
            channels=channels,
            samplerate=rate,
            blocksize=frames,
            latency=OUTPUT_LATENCY,
            dtype="float32",
            callback=callback,
        )

    # At its own rate first: PortAudio answers a rate that a device refuses with lines of its source, on standard error.
    rate = device.default_rate
    try:
        stream = opened(rate)
    except LivevizError:
        if rate == reader.sample_rate:
            raise
        rate = reader.sample_rate
        stream = opened(rate)
    if rate != reader.sample_rate:
        LOG.debug("%s plays %d Hz: %s is converted from %d Hz", what, rate, reader.label, reader.sample_rate)
    return stream, OutputFeed(reader.channels, reader.speakers, reader.sample_rate, channels, rate)
