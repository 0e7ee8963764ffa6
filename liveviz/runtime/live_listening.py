"""Listening to a source that is open, live: the one loop from its blocks to SignalFrames, for a show and for `liveviz
listen` alike."""

import logging
from collections.abc import Iterator

from liveviz.inputs.audio.sources import Source
from liveviz.runtime import settings
from liveviz.signals import Listener
from liveviz.spec import AudioBlock, SignalFrame, SoundChannels, Stems

_log = logging.getLogger("liveviz.runtime")


class LiveListening:
    """A listener on a source, a new one where the device comes back at another sample rate.

    Args:
        source: open, not started yet; what it has to say is logged. Whoever opened it closes it.
        channels, stems: as for `Listener`.
        offset: seconds by which the sound was heard before it was captured. None takes what was calibrated for this
            device, and 0 for a file, which is stamped when it is heard.
    Raises:
        ValueError: sample rate or offset out of range.
    State: the listener.
    """

    def __init__(
        self, source: Source, channels: SoundChannels = (), stems: Stems = (), offset: float | None = None
    ) -> None:
        if source.notice:
            _log.info("%s", source.notice)
        if offset is None:
            offset = settings.latency_offset(source.label) if source.duration is None else 0.0
        self._source, self._channels, self._stems, self._offset = source, channels, stems, offset
        self._listener = self._at(source.sample_rate)

    def hear(self, timeout: float) -> Iterator[tuple[AudioBlock, list[SignalFrame]]]:
        """Every block that there is by now, in order, with the frames that it completes; waits up to `timeout` seconds
        for the first one."""
        for block in self._source.blocks(timeout):
            if block.sample_rate != self._listener.sample_rate:  # the device came back at another rate
                self._listener = self._at(block.sample_rate)
            yield block, self._listener.step(block)

    def _at(self, sample_rate: int) -> Listener:
        return Listener(sample_rate, self._channels, self._stems, self._offset)
