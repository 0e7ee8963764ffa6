"""The front door of sound: whatever the user names (a device, a file, `demo`, nothing at all), it opens as a `Source`
that hands out timed blocks while they sound, or as a `Reader` that is pulled as fast as the caller likes. A live show
uses the first, `render` and `analyze` the second; both give the same samples. The device and file parts are imported
only when they are needed: the sound library takes a while to load."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import AudioBlock, LivevizError

if TYPE_CHECKING:
    from liveviz.inputs.audio_portaudio import Device

__all__ = ["CEILING", "DEMO", "Reader", "Source", "bounded_samples", "devices", "open_live", "open_reader"]

DEMO = "demo"
SOUND_SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".aif", ".aiff", ".m4a", ".aac", ".mp4", ".wma", ".mid")

CEILING = 4.0


class Source(Protocol):
    """Sound that arrives in real time.

    label: the device's name, the file's name or `demo`.
    sample_rate: Hz; channels: 1 or more; duration: seconds of one pass, None where it has no end or is unknown.
    dropped: blocks that were lost since the start (overflow, a consumer that was away too long).
    reconnects: how many times a lost device came back.
    heard: it is being played to a sound output.
    notice: one line the user should read, or None.
    """

    label: str
    sample_rate: int
    channels: int
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

    duration: seconds, None where the file does not say.
    """

    label: str
    sample_rate: int
    channels: int
    duration: float | None

    def read(self, frames: int) -> NDArray[np.float32]:
        """The next samples, float32 `[n, channels]`, finite, within ±4; n < frames only at the end."""
        ...

    def rewind(self) -> None:
        """Go on at the first sample."""
        ...

    def close(self) -> None: ...


def open_reader(source: str) -> Reader:
    """Open a sound file, or `demo`, to be pulled.

    Raises:
        LivevizError: missing, a directory, no sound file, nothing in it: one line with the path.
    """
    if source == DEMO:
        from liveviz.inputs.demo import DemoReader

        return DemoReader()
    from liveviz.inputs.audio_file import FileReader

    return FileReader(source)


def open_live(
    source: str | None, now: Callable[[], float], *, loop: bool, play: bool = True, block_frames: int = 256
) -> Source:
    """Open what `source` names, ready to `start()`.

    Args:
        source: None for the system's sound input (`demo` where there is none: see `notice`), `demo`, the path of a sound
            file, or the name of an input device (any part of it, upper or lower case).
        now: the show's clock.
        loop: a file or the demo begins again, seamlessly.
        play: let a file or the demo be heard where there is an output.
        block_frames: frames of one block.
    Raises:
        LivevizError: no such file or device (names the devices there are), or it cannot be opened.
    """
    if source is None:
        return _system_input(now, loop=loop, play=play, block_frames=block_frames)
    if source == DEMO or os.path.lexists(source):
        return _played(source, now, loop=loop, play=play, block_frames=block_frames)
    from liveviz.inputs.audio_device import DeviceSource
    from liveviz.inputs.audio_portaudio import find_input

    try:
        device = find_input(source)
    except LivevizError:
        if _looks_like_a_path(source):
            raise LivevizError(f"{source}: no such file") from None
        raise
    return DeviceSource(device, now, block_frames=block_frames)


def devices() -> "tuple[list[Device], str | None]":
    """Every sound device, inputs and outputs; where there are none, [] and one line that says why. Never raises."""
    from liveviz.inputs.audio_portaudio import list_devices

    try:
        found = list_devices()
    except LivevizError as error:
        return [], str(error)
    return found, None if found else "there is no sound device on this machine"


def bounded_samples(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """`samples` (changed in place) with what is not finite as 0 and the rest within ±CEILING."""
    np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    np.clip(samples, -CEILING, CEILING, out=samples)
    return samples


def _system_input(now: Callable[[], float], *, loop: bool, play: bool, block_frames: int) -> Source:
    """The system's default input, or the demo with a notice that tells why."""
    from liveviz.inputs.audio_device import DeviceSource
    from liveviz.inputs.audio_portaudio import default_input

    try:
        return DeviceSource(default_input(), now, block_frames=block_frames)
    except LivevizError as error:
        fallback = _played(DEMO, now, loop=loop, play=play, block_frames=block_frames)
        fallback.notice = f"{error}: playing the built-in demo song"
        return fallback


def _played(source: str, now: Callable[[], float], *, loop: bool, play: bool, block_frames: int) -> Source:
    from liveviz.inputs.audio_player import PlayedSource
    from liveviz.inputs.demo import DemoReader

    reader = open_reader(source)
    played = PlayedSource(reader, now, loop=loop, play=play, block_frames=block_frames)
    if isinstance(reader, DemoReader):
        reader.rest = played.rest
    return played


def _looks_like_a_path(source: str) -> bool:
    separators = {os.sep, os.altsep, "/"} - {None}
    return any(s in source for s in separators if s) or source.lower().endswith(SOUND_SUFFIXES)
