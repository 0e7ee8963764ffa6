"""What the machine itself is playing, where the platform lets a program hear it: PulseAudio and PipeWire offer the monitor
of the default output, Windows the loopback of its default speaker. macOS offers nothing of the kind; a loopback driver
(BlackHole, Loopback) is an ordinary input device there."""

import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from liveviz.inputs.audio.contract import Source, bounded_samples
from liveviz.spec import AudioBlock, LivevizError

DEVICE_LABEL = "system sound"
RATE_HZ, CHANNEL_COUNT = 48_000, 2
WAITING_BLOCKS = 512  # 2.7 s
CLOSE_WITHIN = 1.0


def open_system(now: Callable[[], float], *, block_frames: int, channels: int) -> Source:
    """The sound of this machine, ready to `start()`.

    Raises:
        LivevizError: the platform does not offer it, or it cannot be opened.
    """
    if sys.platform == "win32":
        if channels > CHANNEL_COUNT:
            raise LivevizError(f"{DEVICE_LABEL} has {CHANNEL_COUNT} channels; channel {channels} was asked for")
        return LoopbackSource(now, block_frames)
    if sys.platform == "darwin":
        raise LivevizError(
            f"{DEVICE_LABEL}: macOS does not offer it; install a loopback driver such as BlackHole and name that"
        )
    return _monitor(now, block_frames, channels)


def _monitor(now: Callable[[], float], block_frames: int, channels: int) -> Source:
    """The monitor of the default output, through the same device, with the same watch over it, as any input."""
    from liveviz.inputs.audio.device import DeviceSource
    from liveviz.inputs.audio.portaudio import find_input

    os.environ["PULSE_SOURCE"] = (
        "@DEFAULT_MONITOR@"  # the sound server's own name for it; this process records nothing else
    )
    try:
        device = find_input("pulse")
    except LivevizError as error:
        raise LivevizError(
            f"{DEVICE_LABEL}: it takes PulseAudio or PipeWire with ALSA's `pulse` device ({error})"
        ) from None
    source = DeviceSource(device, now, block_frames=block_frames, channels=channels or CHANNEL_COUNT)
    source.label = DEVICE_LABEL
    return source


class LoopbackSource:
    """The default speaker's loopback through the soundcard library, which knows WASAPI's.

    State: a thread that reads blocks into a bounded queue. A consumer that is away too long loses the newest.
    """

    duration: float | None = None
    heard = False
    finished = False
    notice: str | None = None
    speakers: tuple[str, ...] = ()
    reconnects = 0

    def __init__(self, now: Callable[[], float], block_frames: int) -> None:
        try:
            import soundcard
        except (ImportError, OSError, AssertionError) as error:  # its PulseAudio part asserts that a server is there
            raise LivevizError(f"{DEVICE_LABEL} cannot be opened: soundcard: {error}") from error
        try:
            speaker = soundcard.default_speaker()
            self._microphone: Any = soundcard.get_microphone(speaker.id, include_loopback=True)
        except (RuntimeError, IndexError, AssertionError) as error:
            raise LivevizError(f"{DEVICE_LABEL} cannot be opened: {error}") from error
        self.label, self.sample_rate, self.channels = DEVICE_LABEL, RATE_HZ, CHANNEL_COUNT
        self.dropped = 0
        self._now, self._frames = now, block_frames
        self._blocks: queue.Queue[AudioBlock] = queue.Queue(WAITING_BLOCKS)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._read, name="liveviz-loopback", daemon=True)

    def start(self) -> None:
        """Begin to capture."""
        self._thread.start()

    def _read(self) -> None:
        with self._microphone.recorder(RATE_HZ, channels=CHANNEL_COUNT, blocksize=self._frames) as recorder:
            while not self._closing.is_set():
                samples = np.array(recorder.record(self._frames), np.float32)  # [frames, channels]
                try:
                    self._blocks.put_nowait(AudioBlock(bounded_samples(samples), RATE_HZ, self._now()))
                except queue.Full:
                    self.dropped += 1

    def blocks(self, timeout: float) -> list[AudioBlock]:
        """All blocks that wait, oldest first; waits up to `timeout` seconds for the first; [] where none came."""
        found = []
        try:
            found.append(self._blocks.get(timeout=timeout))
            while True:
                found.append(self._blocks.get_nowait())
        except queue.Empty:
            return found

    def close(self) -> None:
        """Stop."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_WITHIN)
