"""The built-in demo song, so that the first thing a new user types moves. The program composes and synthesises it itself,
bar by bar as it plays: no sound file ships. 104 seconds at 125 BPM: intro, groove, build, drop, break, build, drop, outro;
it loops without a seam. The score is also the truth that tests hold the analyser against."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveviz.inputs.demo import score as score

__all__ = ["DemoReader", "truth"]


class DemoReader:
    """Pulls the demo song: 48 kHz, stereo; the same samples on every pass from the start.

    Args:
        rest: called after every few milliseconds of rendering; a live show sleeps there, so that no image is late.
    State: position in the song, the band. A `rewind` at the very end goes on playing, so that echoes ring over into the
    first bar; a `rewind` before that starts in silence.
    """

    label = "demo"
    sample_rate = score.SAMPLE_RATE
    channels = 2
    speakers: tuple[str, ...] = ("FL", "FR")

    def __init__(self, rest: Callable[[], None] = lambda: None) -> None:
        from liveviz.inputs.demo.mix import Band

        self.rest = rest
        self._new_band = lambda: Band(lambda: self.rest())
        self._band = self._new_band()
        self.duration: float | None = score.SONG_SAMPLES / score.SAMPLE_RATE
        self._bar = np.zeros((0, 2), np.float32)
        self._left = score.SONG_SAMPLES

    def read(self, frames: int) -> NDArray[np.float32]:
        """The next samples, float32 `[n, 2]`, within ±1; n < frames only at the end."""
        n = min(frames, self._left)
        self._left -= n
        parts = []
        while n > 0:
            if not len(self._bar):
                self._bar = self._band.play()
            parts.append(self._bar[:n])
            self._bar = self._bar[n:]
            n -= len(parts[-1])
        return np.concatenate(parts) if parts else np.zeros((0, 2), np.float32)

    def rewind(self) -> None:
        """Go on at the first sample."""
        if self._left:
            self._band = self._new_band()
            self._bar = self._bar[:0]
        self._left = score.SONG_SAMPLES

    def close(self) -> None:
        """Forget the rest."""
        self._left = 0
        self._bar = self._bar[:0]


def truth() -> dict[str, Any]:
    """What is in the song, in seconds from its start.

    Returns:
        bpm (float), beats, downbeats, kick, snare (lists of times, rising; snare holds claps and rolls),
        sections ([(start, end, label)]).
    """
    beat = score.BEAT_SAMPLES / score.SAMPLE_RATE
    bar = 4 * beat
    sections, start = [], 0
    for label, bars in score.SECTIONS:
        sections.append((start * bar, (start + bars) * bar, label))
        start += bars

    def times(part: Any) -> list[float]:
        return [b * bar + s * beat / 4 for b in range(score.BAR_COUNT) for s, _ in part(b)]

    return {
        "bpm": float(score.TEMPO_BPM),
        "beats": [i * beat for i in range(score.BAR_COUNT * 4)],
        "downbeats": [i * bar for i in range(score.BAR_COUNT)],
        "kick": times(score.kicks),
        "snare": sorted(times(score.snares)),
        "sections": sections,
    }
