"""The quality controller of a live show: rate first. From what every frame costs it chooses how much is drawn, so that
images keep coming at the show's rate: it gives up what is seen least first, within a second of being late, and takes it
back after a quiet while. It has no clock, no device and no thread: frames in, a step out, so that it can be tried on a
simulated machine. What hands and kicks do is never delayed by it."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from liveviz.runtime.quality.steps import FULL_LOAD, MIN_EASED_LOAD, PIXELS_PART, Step, load

SHORT_S, LONG_S = 0.7, 4.0
# (seconds of frames, share of a step's images that may be missing in them, share of them that may be late)
LATE_LIMITS = ((0.35, 1.0, 0.7), (SHORT_S, 0.3, 0.3), (LONG_S, 0.06, 0.04))
LOOK_S = 0.1
SETTLE_S = 0.4  # after a change, before frames count again: what was being drawn is of the step before
ROOM_QUIET_S = 1.5  # without trouble before a step is taken back for which the processor is seen to have room
HELD_S = 5.0  # the same, and a step has shown that it can be held
KNOWN_QUIET_S = 12.0  # the same where that is not known: of a step that was measured, and would now be possible
QUIET_S, MOST_QUIET_S = 60.0, 600.0  # the same where nobody knows, or a trial was in vain; longer after every other
VAIN_FACTOR = 40.0  # so much longer a wait after a trial in vain: a minute, where room was seen and there was none
TRIAL_S = 20.0  # a step that is left again so soon was taken back in vain
SPARE_RATIO = 1.25  # times the images that a step needs must be possible before it is taken back


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """One presented frame.

    time: seconds. late: it was shown after the next one was due. new: it has an image of its own.
    engine_s: seconds that the engine took for its newest image; 0 where that is not known.
    idle: of the processor's recent time, the share that nobody used; None where that is not known, or says nothing
        because a GPU draws. draws_s: seconds that the stage kept the whole processor busy for one frame.
    """

    time: float
    late: bool
    new: bool
    engine_s: float = 0.0
    idle: float | None = None
    draws_s: float = 0.0


class Quality:
    """Chooses a step, frame by frame.

    Args:
        steps: from `ladder`. fps: frames per second of the show. first: number of the step to begin with.
        fixed: stay there. late_counts: whether drawing less makes late frames fewer: where the processor draws the effects.
        alone_s: as for `load`; 0 where it is not known, then it is what images take in the show.
    State: the present step; the frames of LONG_S; when trouble was last seen; what an image took in each step, and at the
    beginning of the present one; `changes`, how many there were; `reason`, of the last one, in words.
    """

    def __init__(
        self,
        steps: tuple[Step, ...],
        fps: float,
        first: int = 0,
        fixed: bool = False,
        late_counts: bool = True,
        alone_s: float = 0.0,
    ) -> None:
        self._steps, self._fps, self._fixed, self._late_counts = steps, fps, fixed, late_counts
        self._alone_s = alone_s
        self._at = first
        self._frames: deque[SeenFrame] = deque()
        self._since = self._trouble = self._rose = self._looked = -math.inf
        self._vain = [1.0] * len(steps)  # by step: times as long a wait, after trials of it in vain
        self._took: dict[int, float] = {}  # seconds an image, by step
        self._idle_in: dict[int, float] = {}  # what was idle in a step that held
        self._left_late: set[int] = set()  # steps that were left for late frames, not for missing images
        self._raised = self._raised_from = -1  # the step that was taken back last, `_rose` when, and from which
        self._at_first = 0.0  # the same, of the present step, when it began
        self.changes = 0
        self.reason = "asked for" if fixed else "measured at the start" if first else ""

    @property
    def step(self) -> Step:
        """What to draw now."""
        return self._steps[self._at]

    def see(self, frame: SeenFrame) -> bool:
        """Take one presented frame in; True where the step changes."""
        if self._since == -math.inf:
            self._since = self._trouble = frame.time
        if self._fixed or frame.time - self._since < SETTLE_S:
            return False
        self._frames.append(frame)
        while frame.time - self._frames[0].time > LONG_S:
            self._frames.popleft()
        if frame.engine_s > 0.0:
            before = self._took.get(self._at, frame.engine_s)
            self._took[self._at] = before + 0.1 * (frame.engine_s - before)
            if frame.time - self._since < 2.0 * SETTLE_S + SHORT_S:
                self._at_first = self._took[self._at]
        if frame.time - self._looked < LOOK_S:
            return False
        self._looked = frame.time
        return self._down(frame.time) or self._up(frame.time)

    def _down(self, time: float) -> bool:
        for seconds, missing, most_late in LATE_LIMITS:
            frames = [f for f in self._frames if time - f.time <= seconds]
            if time - frames[0].time < 0.8 * seconds:
                continue
            new, late = (sum(flags) / len(frames) for flags in zip(*((f.new, f.late) for f in frames), strict=True))
            if new < (1.0 - missing) * self.step.images:
                words = f"{new * self._fps:.0f} of {self.step.images * self._fps:.0f} images a second"
                most = self._load(self.step) * new / self.step.images
                return self._give_up(time, words, lambda step, most=most: self._load(step) <= most)  # type: ignore[misc]
            if self._late_counts and late > most_late:
                self._left_late.add(self._at)
                words = f"{100 * late:.0f} % of the frames were late"
                return self._give_up(time, words, self._relief(), at_least=self._at)
        return False

    def _give_up(self, time: float, reason: str, enough: Callable[[Step], bool], at_least: int | None = None) -> bool:
        """Down to the first step that is `enough`, else to the last one, or to `at_least`; False where that changes nothing."""
        self._trouble = time
        last = len(self._steps) - 1
        down = next(
            (n for n in range(self._at + 1, last) if enough(self._steps[n])), last if at_least is None else at_least
        )
        if down == self._at:
            return False
        if self._at == self._raised:
            in_vain = time - self._rose < TRIAL_S
            down = (
                max(down, self._raised_from) if in_vain else down
            )  # what it came from can be held, what lies between may not
            self._vain[self._at] = (
                min(VAIN_FACTOR * self._vain[self._at], MOST_QUIET_S / ROOM_QUIET_S) if in_vain else 1.0
            )
        self._go(down, time, reason)
        return True

    def _relief(self) -> Callable[[Step], bool]:
        """Whether a step leaves the stage more of the processor: the engine or the effects do less, or the engine rests.
        Where it is known how much is missing, the step makes up for it, as far as there is one that does."""
        idle, draws_s = self._recent()

        def eases(step: Step) -> bool:
            if idle is not None and draws_s:
                return self._more(step, draws_s) <= -MIN_EASED_LOAD
            less = (step.cost, step.effects) != (self.step.cost, self.step.effects)
            return less or step.images < min(self.step.images, 0.8)

        def enough(step: Step) -> bool:
            return eases(step) and idle is not None and idle - self._more(step, draws_s) >= 1.0 - FULL_LOAD

        return enough if any(enough(step) for step in self._steps[self._at + 1 : -1]) else eases

    def _recent(self) -> tuple[float | None, float]:
        """The newest frame's `idle` and `draws_s`."""
        newest = self._frames[-1]
        return newest.idle, newest.draws_s / (1.0 - PIXELS_PART * (1.0 - self.step.effects**2))

    def _more(self, step: Step, draws_s: float) -> float:
        """Of the processor's time, the share that `step` uses more than the present one."""
        alone_s = self._alone_s or self._took.get(self._at, 0.0) / self.step.cost
        return load(step, alone_s, draws_s, self._fps) - load(self.step, alone_s, draws_s, self._fps)

    @staticmethod
    def _load(step: Step) -> float:
        """Of the engine, compared with `high`."""
        return step.cost * step.images

    def _up(self, time: float) -> bool:
        quiet = time - max(self._trouble, self._since)
        if quiet > HELD_S and (idle := self._recent()[0]) is not None:
            self._idle_in[self._at] = idle
        if self._at == 0 or quiet < ROOM_QUIET_S:
            return False
        target = next((n for n in range(self._at) if self._possible(n) and quiet >= self._wait(n)), self._at)
        if target == self._at:
            return False
        self._rose, self._raised, self._raised_from = time, target, self._at
        self._go(target, time, f"quiet for {quiet:.0f} s")
        return True

    def _wait(self, number: int) -> float:
        """Seconds of quiet before a better step is tried."""
        idle, draws_s = self._recent()
        vain = max(self._vain[number:])  # what failed at a step will not go well at a better one
        if idle is not None:
            least = min(1.0 - FULL_LOAD, self._idle_in.get(number, 1.0) - MIN_EASED_LOAD)
            room = idle - self._more(self._steps[number], draws_s) >= least
            return vain * (ROOM_QUIET_S if room else QUIET_S)
        known = number in self._took and number not in self._left_late
        return min(vain * (KNOWN_QUIET_S if known else QUIET_S), MOST_QUIET_S)

    def _possible(self, number: int) -> bool:
        """Whether the engine would keep up at a better step: by what an image took there, as far as the present step has
        become faster since, or else by what the networks cost."""
        now = self._took.get(self._at, 0.0)
        if number in self._took and self._at_first > 0.0:
            took = self._took[number] * now / self._at_first
        else:
            took = now * self._steps[number].cost / self.step.cost
        return took * self._steps[number].images * self._fps * SPARE_RATIO <= 1.0

    def _go(self, target: int, time: float, reason: str) -> None:
        self._at, self._since = target, time
        self._frames.clear()
        self.changes += 1
        self.reason = reason
