"""The figures of the stage: how many frames, how many late, how long between them, how old the sound in them is."""

from collections import deque

from liveviz.runtime.options import ShowOptions
from liveviz.runtime.stats import percentiles
from liveviz.runtime.tick import TickFrame
from liveviz.system.clock import WallClock

_KEPT_FRAMES = 36000  # 20 minutes at 30 fps; percentiles are over the newest of them


class Figures:
    """Counts since the first image of the generator.

    A frame is *late* when its buffer swap returned after the next frame was due, or when no new image came for it though the
    present quality has one for every frame. `audio_to_frame` is taken for every hop: from its last sample to the return of the
    buffer swap of the first frame that used it or a newer one.
    """

    def __init__(self, options: ShowOptions) -> None:
        self._started = options.started
        self._first: float | None = None
        self._last = 0.0
        self._newest_image = -1
        self._newest_hop: tuple[int, float] | None = None
        self.rendered = self.presented = self.late = 0
        self.intervals: deque[float] = deque(maxlen=_KEPT_FRAMES)
        self.waits: deque[float] = deque(maxlen=4 * _KEPT_FRAMES)

    def frame(self, frame: TickFrame, presented: float, clock: WallClock, stale: bool) -> None:
        """Count one presented frame."""
        if self._first is None:
            self._first = presented
        else:
            self.intervals.append(presented - self._last)
        self._last = presented
        self.presented += 1
        image = frame.image
        if image.parameters != self._newest_image:
            self._newest_image = image.parameters
            self.rendered += 1
        if presented > clock.due + clock.interval or stale:
            self.late += 1
        self._hops(image.signal_sequence, image.signal_time, presented)

    def _hops(self, sequence: int, time: float, presented: float) -> None:
        if sequence < 0:
            return
        if self._newest_hop is None or sequence < self._newest_hop[0]:  # the first, or the audio process began again
            self._newest_hop = sequence, time
            return
        before, before_time = self._newest_hop
        hops = sequence - before
        if hops == 0:
            return
        step = (time - before_time) / hops
        self.waits.extend(presented - (time - step * k) for k in range(hops))
        self._newest_hop = sequence, time

    def time_is_up(self, seconds: float | None) -> bool:
        """`seconds` have passed since the first image."""
        return seconds is not None and self._first is not None and self._last - self._first >= seconds

    @property
    def fps(self) -> float:
        """Recent frames per second."""
        recent = list(self.intervals)[-60:]
        return len(recent) / sum(recent) if recent else 0.0

    def report(self) -> dict:
        """The parts of `--stats` that the stage knows."""
        span = self._last - self._first if self._first is not None else 0.0
        return {
            "frames": {
                "rendered": self.rendered,
                "presented": self.presented,
                "late": self.late,
                "fps": round((self.presented - 1) / span, 3) if span > 0 else 0.0,
                "interval_ms": percentiles([1000 * t for t in self.intervals]),
            },
            "audio_to_frame": percentiles([1000 * t for t in self.waits]),
            "first_frame_s": round(self._first - self._started, 3) if self._first is not None else 0.0,
        }
