"""The front door of sound: whatever the user names (a device, a file, `demo`, nothing at all), it opens as a `Source`
that hands out timed blocks while they sound, or as a `Reader` that is pulled as fast as the caller likes. A live show
uses the first, `render` and `analyze` the second; both give the same samples. The device and file parts are imported
only when they are needed: the sound library takes a while to load."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from liveviz.inputs.audio.contract import Pulled, Reader, Source
from liveviz.spec import LivevizError

if TYPE_CHECKING:
    from liveviz.inputs.audio.portaudio import Device

__all__ = ["DEMO", "SYSTEM", "Pulled", "Reader", "Source", "devices", "look_again", "open_live", "open_reader"]

DEMO, SYSTEM = "demo", "system"
SOUND_SUFFIXES = (
    *(".wav", ".flac", ".mp3", ".ogg", ".opus", ".aif", ".aiff", ".m4a", ".aac", ".mp4", ".wma"),
    *(".mov", ".webm", ".mkv", ".mka", ".mid"),
)


def open_reader(source: str) -> Reader:
    """Open a sound file, or `demo`, to be pulled.

    Raises:
        LivevizError: missing, a directory, no sound file, nothing in it: one line with the path.
    """
    if source == DEMO:
        from liveviz.inputs.demo.reader import DemoReader

        return DemoReader()
    from liveviz.inputs.audio.file import FileReader

    return FileReader(source)


def open_live(
    source: str | None,
    now: Callable[[], float],
    *,
    loop: bool,
    play: bool = True,
    block_frames: int = 256,
    channels: int = 0,
    output: str | None = None,
) -> Source:
    """Open what `source` names, ready to `start()`.

    Args:
        source: None for the system's sound input (`demo` where there is none: see `notice`), `demo`, `system` for what the
            machine is playing, the path of a sound file, or the name of an input device (any part of it, upper or lower
            case).
        now: the show's clock.
        loop: a file or the demo begins again, seamlessly.
        play: let a file or the demo be heard where there is an output. output: its name, or any part of it; None for the
            system's default.
        block_frames: frames of one block.
        channels: how many a device must have; 0 for any. A file is taken as it is: what it has not is silent.
    Raises:
        LivevizError: no such file or device (names the devices there are), it cannot be opened, or has too few channels.
    """
    if source is None:
        return _system_input(now, loop=loop, play=play, block_frames=block_frames, channels=channels, output=output)
    # A folder that happens to be called like a device, without a separator in it, is not what was meant.
    there = os.path.lexists(source) and (not os.path.isdir(source) or _looks_like_a_path(source))
    if source == DEMO or there:
        return _played(source, now, loop=loop, play=play, block_frames=block_frames, output=output)
    if source == SYSTEM:
        from liveviz.inputs.audio.system import open_system

        return open_system(now, block_frames=block_frames, channels=channels)
    from liveviz.inputs.audio.device import DeviceSource
    from liveviz.inputs.audio.portaudio import find_input

    try:
        device = find_input(source)
    except LivevizError:
        if _looks_like_a_path(source):
            raise LivevizError(f"{source}: no such file") from None
        raise
    return DeviceSource(device, now, block_frames=block_frames, channels=channels)


def devices() -> "tuple[list[Device], str | None]":
    """Every sound device, inputs and outputs; where there are none, [] and one line that says why. Never raises."""
    from liveviz.inputs.audio.portaudio import list_devices

    try:
        found = list_devices()
    except LivevizError as error:
        return [], str(error)
    return found, None if found else "there is no sound device on this machine"


def hangs(error: LivevizError) -> bool:
    """Whether `error` says that the sound system hangs, so that only another process can open a device."""
    from liveviz.inputs.audio.portaudio import NoAnswer

    return isinstance(error, NoAnswer)


def look_again() -> None:
    """List the devices again, for an `open_live` that failed. LivevizError where the sound system does not answer."""
    from liveviz.inputs.audio.portaudio import ANSWER_WITHIN, bounded, refresh

    bounded(refresh, ANSWER_WITHIN, "the sound system")


def _system_input(
    now: Callable[[], float], *, loop: bool, play: bool, block_frames: int, channels: int, output: str | None
) -> Source:
    """The system's default input, or the demo with a notice that tells why."""
    from liveviz.inputs.audio.device import DeviceSource
    from liveviz.inputs.audio.portaudio import default_input

    try:
        return DeviceSource(default_input(), now, block_frames=block_frames, channels=channels)
    except LivevizError as error:
        if channels:  # stems without their channels are another show
            raise
        fallback = _played(DEMO, now, loop=loop, play=play, block_frames=block_frames, output=output)
        fallback.notice = f"{error}: playing the built-in demo song"
        return fallback


def _played(
    source: str, now: Callable[[], float], *, loop: bool, play: bool, block_frames: int, output: str | None
) -> Source:
    from liveviz.inputs.audio.player import PlayedSource
    from liveviz.inputs.demo.reader import DemoReader

    reader = open_reader(source)
    played = PlayedSource(reader, now, loop=loop, play=play, block_frames=block_frames, output=output)
    if isinstance(reader, DemoReader):
        reader.rest = played.rest
    return played


def _looks_like_a_path(source: str) -> bool:
    separators = {os.sep, os.altsep, "/"} - {None}
    return any(s in source for s in separators if s) or source.lower().endswith(SOUND_SUFFIXES)
