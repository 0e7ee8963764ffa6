"""A file or the demo as a live source. One thread reads ahead, so that a slow disk or the rendering of a bar stays out of
the way; then either the sound output's callback sets the pace and the room hears it, or the clock does. A block is handed
out when it is heard, not when it was read, so that the image belongs to the sound in the room. The song begins when the
output runs steadily: a sleeping sink takes its first buffer long before it plays it. Where the output breaks during the
show, the clock takes over at the same place in the song; where it comes to itself again, so does the sound. A loop never
ends: where its file cannot be read any more, silence takes its place until the file is back."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from liveviz.inputs.audio.output import OutputFeed, open_output
from liveviz.inputs.audio.portaudio import BlockTimes, bounded, close_stream, find_output, start_stream
from liveviz.spec import AudioBlock, LivevizError
from liveviz.system.threads import stand_back

if TYPE_CHECKING:
    from liveviz.inputs.audio.contract import Reader

LOG = logging.getLogger("liveviz.inputs")
AHEAD_SECONDS = 3.0
OPEN_WITHIN = 2.0
CLOSE_WITHIN = 1.0
STALLED_AFTER = 0.4  # seconds without a callback of the output
STEADY_WITHIN = 3.0  # a sleeping PulseAudio sink takes up to 2 s to wake
WAIT_SECONDS = 0.015
LATE_SECONDS = 0.5  # the clock's schedule moves on after a consumer was away for longer
BLOCKS_A_CALLBACK = 4
RETRY_SECONDS = 1.0
SHORT_BY = 1.0  # seconds that an mp3 may be shorter than it says


class PlayedSource:
    """Plays a `Reader` in real time.

    Args:
        reader: what to play; this source closes it.
        now: the show's clock.
        loop: begin again at the end, without a gap.
        play: to a sound output where there is one, else by the clock.
        output: name of it, as in `find_output`; None for the default.
        block_frames: frames of one block; the last one of a song may be shorter.
    State: what was read ahead (AHEAD_SECONDS), what was given to the output and is not heard yet.
    """

    reconnects = 0

    def __init__(
        self,
        reader: "Reader",
        now: Callable[[], float],
        *,
        loop: bool,
        play: bool = True,
        block_frames: int = 256,
        output: str | None = None,
    ) -> None:
        self.label, self.sample_rate, self.channels = reader.label, reader.sample_rate, reader.channels
        self.speakers = reader.speakers
        self.duration = None if loop else reader.duration
        self.notice: str | None = None
        self.dropped = 0
        self._reader, self._now, self._loop, self._play, self._block = reader, now, loop, play, block_frames
        self._ahead: deque[NDArray[np.float32]] = deque()
        self._ahead_most = max(8, int(AHEAD_SECONDS * self.sample_rate / block_frames))
        self._sounding: deque[tuple[NDArray[np.float32], float]] = deque()
        self._lock = threading.Lock()  # the output's callback moves the same blocks as the consumer
        self._wake, self._closing = threading.Event(), threading.Event()
        self._all_read = False
        self._lost = False  # the file of a loop cannot be read
        self._try_at = float("-inf")
        self._stream: Any = None
        self._output = output
        self._feed_output: OutputFeed
        self._last_callback = float("-inf")
        self._stalled = False
        self._silence = self._until_steady = 0.0  # seconds of silence that the output still gets before the song
        self._due = float("-inf")
        self._feeder = threading.Thread(target=self._feed, name="liveviz-audio-feeder", daemon=True)

    @property
    def heard(self) -> bool:
        """It is being played to a sound output."""
        return self._stream is not None and not self._stalled

    @property
    def finished(self) -> bool:
        """The last block was handed out."""
        with self._lock:
            return self._all_read and not self._ahead and not self._sounding

    @property
    def ahead(self) -> int:
        """How many blocks are read and wait for their turn."""
        return len(self._ahead)

    @property
    def all_read(self) -> bool:
        """The last block was read; never of a loop."""
        return self._all_read

    def start(self) -> None:
        """Begin to play; LivevizError where no output has the name that was asked for."""
        if self._play and self._output is not None:
            find_output(self._output)
        self._feeder.start()
        if self._play:
            try:
                bounded(self._open_output, OPEN_WITHIN, "the sound output")
            except LivevizError as error:
                LOG.info("%s: playing without being heard", error)
        self._due = self._now()

    def blocks(self, timeout: float) -> list[AudioBlock]:
        """All blocks that have sounded, oldest first; waits up to `timeout` seconds for the first; [] where none came."""
        deadline = self._now() + timeout
        while True:
            t = self._now()
            with self._lock:
                if self.heard and t - self._last_callback > STALLED_AFTER:
                    self._go_on_silently(t)
                blocks, next_due = self._sounded(t)
            if blocks or t >= deadline or self.finished or self._closing.is_set():
                return blocks
            self._wake.clear()
            self._wake.wait(max(min(next_due, deadline) - self._now(), 0.0005))

    def _sounded(self, t: float) -> tuple[list[AudioBlock], float]:
        """Blocks that were heard by `t`, and when the next one will be (at most 0.05 s on, where that is not known)."""
        blocks = []
        while self._sounding and self._sounding[0][1] <= t:
            samples, end = self._sounding.popleft()
            blocks.append(AudioBlock(samples, self.sample_rate, end))
        if self._sounding or self.heard:
            return blocks, self._sounding[0][1] if self._sounding else t + 0.05
        if t - self._due > LATE_SECONDS:
            self._due = t
        while self._ahead:
            end = self._due + len(self._ahead[0]) / self.sample_rate
            if end > t:
                return blocks, end
            blocks.append(AudioBlock(self._ahead.popleft(), self.sample_rate, end))
            self._due = end
        self._due = max(self._due, t)  # what is not read yet cannot sound before now
        return blocks, t + 0.05

    # The thread that reads ahead.

    def rest(self) -> None:
        """For a reader that works hard: sleep, where there is enough ahead, so that its work is spread thinly."""
        if len(self._ahead) > self._ahead_most // 4:
            self._closing.wait(WAIT_SECONDS)

    def _feed(self) -> None:
        stand_back()  # it may render the demo, a bar ahead
        seconds = 0.0
        try:
            while not self._closing.is_set():
                # Little silence ahead, so that the song is heard soon after it is back.
                if len(self._ahead) >= (self._ahead_most // 4 if self._lost else self._ahead_most):
                    self._closing.wait(0.05)
                    continue
                block = self._next_block()
                if len(block):
                    self._ahead.append(block)
                seconds += len(block) / self.sample_rate
                if len(block) < self._block:
                    if self.duration is not None and seconds < self.duration - SHORT_BY:
                        LOG.warning("%s breaks off after %.1f of %.1f s", self.label, seconds, self.duration)
                    break
                if len(self._ahead) == 1:
                    self._wake.set()
        finally:
            self._all_read = True
            self._wake.set()
            self._reader.close()

    def _next_block(self) -> NDArray[np.float32]:
        """The next samples `[n, channels]`; n < block_frames only at the end of what does not loop."""
        block = self._reader.read(self._block)
        while self._loop and len(block) < self._block:
            block = np.concatenate([block, self._begin_again(self._block - len(block))])
        return block

    def _begin_again(self, most: int) -> NDArray[np.float32]:
        """The first samples of another round, `[<= most, channels]`; silence where the file cannot be read."""
        if self._now() >= self._try_at:
            self._reader.rewind()
            block = self._reader.read(most)
            if len(block):
                if self._lost:
                    LOG.info("%s can be read again: it plays on", self.label)
                self._lost = False
                return block
            if not self._lost:
                LOG.warning(
                    "%s cannot be read any more: the show goes on without its sound; trying again every second",
                    self.label,
                )
            self._lost, self._try_at = True, self._now() + RETRY_SECONDS
        return np.zeros((most, self.channels), np.float32)

    # The sound output.

    def _open_output(self) -> None:
        times: BlockTimes | None = None

        def callback(out: Any, frames: int, info: Any, status: Any) -> None:
            self._fill(out, info.outputBufferDacTime - info.currentTime, times)

        stream, feed = open_output(self._output, self._reader, self._block * BLOCKS_A_CALLBACK, callback)
        times = BlockTimes(self._now, 0.0, 0.5, stream.latency)
        with self._lock:
            abandoned = self._closing.is_set() or self._due > float("-inf")
            if not abandoned:
                self._last_callback = self._now() + STEADY_WITHIN - STALLED_AFTER
                self._until_steady = stream.latency + 2 * BLOCKS_A_CALLBACK * self._block / feed.rate
                self._silence = self._until_steady
                self._feed_output, self._stream = feed, stream
        if abandoned:
            close_stream(stream)
            return
        try:
            start_stream(stream, "the sound output")
        except LivevizError:
            self._stream = None
            close_stream(stream)
            raise

    def _fill(self, out: NDArray[np.float32], offset: float, times: BlockTimes | None) -> None:
        """PortAudio's callback: what comes next into `out` `[frames, channels]`, and when each block will have been heard."""
        with self._lock:
            if times is None or self._stream is None:
                out.fill(0.0)
                return
            feed = self._feed_output
            if self._silence > 0.0:
                out.fill(0.0)
                self._silence -= len(out) / feed.rate
                return
            self._stalled = False
            self._last_callback = self._now()
            filled = feed.take(out)
            while filled < len(out):
                if not self._ahead:
                    out[filled:] = 0.0
                    self.dropped += not self._all_read
                    break
                samples = self._ahead.popleft()
                seconds = len(samples) / self.sample_rate
                end = times.step(offset + filled / feed.rate + seconds, seconds)
                self._sounding.append((samples, end))
                if len(self._sounding) > self._ahead_most:
                    self._sounding.popleft()
                    self.dropped += 1
                feed.put(samples)
                filled += feed.take(out[filled:])
        self._wake.set()

    def _go_on_silently(self, t: float) -> None:
        """The output has stalled: the clock takes over after the last block that it was given."""
        LOG.warning("the sound output stopped: the show goes on without being heard")
        self._stalled = True
        self._silence = self._until_steady
        self._due = max(self._sounding[-1][1], t) if self._sounding else t

    def close(self) -> None:
        """Stop; bounded even where PortAudio hangs."""
        self._closing.set()
        self._wake.set()
        with self._lock:
            stream, self._stream = self._stream, None
        if stream is not None:
            try:
                bounded(lambda: close_stream(stream), CLOSE_WITHIN, "the sound output")
            except LivevizError as error:
                LOG.warning("%s: left behind", error)
        if self._feeder.is_alive():
            self._feeder.join(CLOSE_WITHIN)
        elif self._feeder.ident is None:
            self._reader.close()
