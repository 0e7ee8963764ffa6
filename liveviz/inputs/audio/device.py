"""Sound from a device: the one part that has a hard deadline. PortAudio's callback copies its block into a ring and
returns; the consumer takes what waits. A third thread watches: where the callbacks stop (unplugged, server restarted) it
looks for the device by name and opens it again, and neither of the other two ever waits for it. Where PortAudio itself
hangs (ALSA's `pulse` plugin, half of the times that its server dies), nothing in this process can open a device any
more: `blocks` then raises, and the process is for its parent to start again.

Measured with PulseAudio through ALSA's `pulse` plugin (null sink, its monitor captured): blocks of 256 frames with
latency "low" arrive 4 ms (median) and 10 ms (p95) after the sound, no overflow with both cores busy; larger latencies
only add delay, and PULSE_LATENCY_MSEC changes nothing, so it is left alone."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from liveviz.inputs.audio.contract import bounded_samples
from liveviz.inputs.audio.portaudio import (
    BlockTimes,
    Device,
    NoAnswer,
    bounded,
    close_stream,
    find_input,
    open_stream,
    refresh,
    start_stream,
)
from liveviz.spec import AudioBlock, LivevizError

LOG = logging.getLogger("liveviz.inputs")
RING_SECONDS = 2.0
LOST_AFTER = 0.5  # seconds without a callback
FIRST_WITHIN = 4.0  # a sleeping monitor source takes up to 2 s to wake
RETRY_EVERY = 0.3
OPEN_WITHIN = 5.0
REOPEN_WITHIN = 2.5  # it takes 0.05 s where the sound server is well
CLOSE_WITHIN = 0.7
KEPT_CHANNELS = 8


class DeviceSource:
    """Captures from one input device at its default rate, which a block carries: it may be another after a reconnect.

    Args:
        device: from `find_input` or `default_input`; found again by name when it was lost.
        now: the show's clock.
        block_frames: frames of one block.
        channels: how many are needed; 0 for those of an ordinary device.
    Raises:
        LivevizError: it cannot be opened, or has fewer channels.
    State: a ring of RING_SECONDS; a consumer that is away longer finds the newest half of it, the rest is `dropped`.
    """

    duration: float | None = None
    heard = False
    finished = False
    notice: str | None = None
    speakers: tuple[str, ...] = ()

    def __init__(self, device: Device, now: Callable[[], float], *, block_frames: int = 256, channels: int = 0) -> None:
        self.label = self._name = device.name
        self.sample_rate = device.default_rate
        if channels > device.inputs:
            raise LivevizError(
                f"sound input {device.name!r} has {device.inputs} channels; channel {channels} was asked for"
            )
        # A virtual device offers dozens of channels that hold two; a real interface has its own few.
        self.channels = channels or (device.inputs if device.inputs <= KEPT_CHANNELS else 2)
        self.reconnects = 0
        self._now, self._block = now, block_frames
        self._slots = max(16, int(RING_SECONDS * self.sample_rate / block_frames))
        self._ring = np.zeros((self._slots, block_frames, self.channels), np.float32)
        self._times = np.zeros(self._slots)
        self._rates = np.full(self._slots, self.sample_rate)
        self._written = self._read = self._overflows = self._skipped = 0
        self._ready, self._closing = threading.Event(), threading.Event()
        self._last_callback = float("-inf")
        self._generation = 0
        self._hung = ""
        self._stream: Any = bounded(lambda: self._open(device), OPEN_WITHIN, f"sound input {self.label!r}")
        self._keeper = threading.Thread(target=self._keep, name="liveviz-audio-keeper", daemon=True)

    @property
    def dropped(self) -> int:
        """Blocks lost: overflows that the driver reported, and those a slow consumer did not fetch."""
        return self._overflows + self._skipped

    def _open(self, device: Device) -> Any:
        self._generation += 1
        generation = self._generation
        times: BlockTimes | None = None
        self.sample_rate = rate = device.default_rate  # another one than before, where its owner changed it
        seconds = self._block / rate

        def callback(data: Any, frames: int, info: Any, status: Any) -> None:
            if generation != self._generation or times is None:
                return
            if status.input_overflow:
                self._overflows += 1
            arrived = self._now()
            end = times.step(info.inputBufferAdcTime - info.currentTime + seconds, seconds)
            slot = self._written % self._slots
            self._ring[slot, :frames] = data
            self._times[slot] = min(end, arrived)
            self._rates[slot] = rate
            self._written += 1
            self._last_callback = arrived
            self._ready.set()

        stream = open_stream(
            "InputStream",
            f"sound input {self.label!r}",
            device=device.index,
            channels=self.channels,
            samplerate=rate,
            blocksize=self._block,
            latency="low",
            dtype="float32",
            callback=callback,
        )
        # Older than this and the driver's figure is wrong, not the sound that late.
        times = BlockTimes(self._now, -(0.03 + 2.0 * stream.latency), 0.03, 0.0)
        return stream

    def start(self) -> None:
        """Begin to capture; LivevizError where the device refuses."""
        name = f"sound input {self.label!r}"
        bounded(lambda: start_stream(self._stream, name), OPEN_WITHIN, name)
        self._last_callback = self._now() + FIRST_WITHIN - LOST_AFTER
        self._keeper.start()

    def blocks(self, timeout: float) -> list[AudioBlock]:
        """All blocks that wait, oldest first; waits up to `timeout` seconds for the first; [] where none came.

        Raises:
            NoAnswer: the sound system hangs, and would for as long as this process lives.
        """
        if self._read == self._written:
            self._ready.wait(timeout)
            if self._hung:
                raise NoAnswer(self._hung)
        self._ready.clear()
        written = self._written
        if written - self._read > self._slots - 4:
            # The writer is about to lap us: leave it room, keep the newest.
            self._skipped += written - self._slots // 2 - self._read
            self._read = written - self._slots // 2
        blocks = []
        for count in range(self._read, written):
            slot = count % self._slots
            samples = bounded_samples(self._ring[slot].copy())  # [block_frames, channels]
            blocks.append(AudioBlock(samples, int(self._rates[slot]), float(self._times[slot])))
        self._read = written
        return blocks

    def _keep(self) -> None:
        """Reopen the device whenever its callbacks stay away."""
        while not self._closing.wait(0.1):
            if self._now() - self._last_callback < LOST_AFTER:
                continue
            LOG.warning("sound input %r is lost: looking for it", self.label)
            while not self._closing.is_set() and not self._hung and not self._reopen():
                self._closing.wait(RETRY_EVERY)
            if self._hung:
                return

    def _reopen(self) -> bool:
        """One attempt; True where sound comes again."""
        name = f"sound input {self.label!r}"

        def again() -> None:
            refresh()
            self._stream = self._open(find_input(self._name))
            start_stream(self._stream, name)

        try:
            if self._stream is not None:
                stream, self._stream = self._stream, None
                bounded(lambda: close_stream(stream), CLOSE_WITHIN, name)
            bounded(again, REOPEN_WITHIN, name)
        except NoAnswer as error:  # a server that goes while a stream connects leaves the plugin waiting for ever
            self._hung = str(error)
            return False
        except LivevizError as error:
            LOG.debug("%s", error)
            return False
        before, deadline = self._written, self._now() + FIRST_WITHIN
        while self._written == before and self._now() < deadline:
            if self._closing.wait(0.02):
                return True
        if self._written == before:
            return False
        self.reconnects += 1
        LOG.warning("sound input %r is back", self.label)
        return True

    def close(self) -> None:
        """Stop; bounded even where PortAudio hangs."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._generation += 1

        def shut() -> None:
            if self._keeper.is_alive():
                self._keeper.join()
            if self._stream is not None:
                close_stream(self._stream)
                self._stream = None

        try:
            bounded(shut, CLOSE_WITHIN, f"sound input {self.label!r}")
        except LivevizError as error:
            LOG.warning("%s: left behind", error)
