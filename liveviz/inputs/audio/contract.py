"""What every source of sound promises, and the one limit that all samples are held to."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import AudioBlock

SAMPLE_CEILING = 4.0


class Source(Protocol):
    """Sound that arrives in real time.

    label: the device's name, the file's name or `demo`.
    sample_rate: Hz; channels: 1 or more; duration: seconds of one pass, None where it has no end or is unknown.
    dropped: blocks that were lost since the start (overflow, a consumer that was away too long).
    reconnects: how many times a lost device came back.
    heard: it is being played to a sound output.
    notice: one line the user should read, or None. speakers: as of a Reader.
    """

    label: str
    sample_rate: int
    channels: int
    speakers: tuple[str, ...]
    duration: float | None
    notice: str | None

    @property
    def dropped(self) -> int: ...

    @property
    def reconnects(self) -> int: ...

    @property
    def heard(self) -> bool: ...

    @property
    def finished(self) -> bool:
        """The last block was handed out; never true for a device or a loop."""
        ...

    def start(self) -> None:
        """Begin to capture or to play."""
        ...

    def blocks(self, timeout: float) -> list[AudioBlock]:
        """All blocks that wait, oldest first; waits up to `timeout` seconds for the first; [] where none came."""
        ...

    def close(self) -> None:
        """Stop; returns within about two seconds even where the sound server hangs. May be called twice."""
        ...


class Reader(Protocol):
    """Sound that is pulled, as fast as the caller likes.

    duration: seconds, None where the file does not say. speakers: what each channel is for, as FFmpeg names it (FL, FR,
    FC, LFE ...); () where nobody says.
    """

    label: str
    sample_rate: int
    channels: int
    duration: float | None
    speakers: tuple[str, ...]

    def read(self, frames: int) -> NDArray[np.float32]:
        """The next samples, float32 `[n, channels]`, finite, within ±4; n < frames only at the end."""
        ...

    def rewind(self) -> None:
        """Go on at the first sample."""
        ...

    def close(self) -> None: ...


class Pulled:
    """A `Reader` as blocks, in order, each with the time of its end, in seconds from the first sample that was pulled.

    State: `frames`, how many samples were pulled; `over`, whether the sound has ended.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.frames = 0
        self.over = False

    def block(self, frames: int) -> AudioBlock:
        """The next `frames` samples, at least 1; fewer, perhaps none, at the end, which sets `over`."""
        samples = self._reader.read(frames)
        self.over = len(samples) < frames
        self.frames += len(samples)
        return AudioBlock(samples, self._reader.sample_rate, self.frames / self._reader.sample_rate)


def bounded_samples(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """`samples` (changed in place) with what is not finite as 0 and the rest within ±SAMPLE_CEILING."""
    np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    np.clip(samples, -SAMPLE_CEILING, SAMPLE_CEILING, out=samples)
    return samples
