"""The quality controller of a live show: rate first. From what every frame costs it chooses how much is drawn, so that
pictures keep coming at the show's rate: it gives up what is seen least first, within a second of being late, and takes it
back after a quiet while. It has no clock, no device and no thread: frames in, a step out, so that it can be tried on a
simulated machine. What hands and kicks do is never delayed by it.

Steps, each with all that the steps before it gave up, but for the rate of pictures:

- `high`: every frame has a picture of the generator, of the full size.
- `in-between`: four frames of five have; the others show a mixture of the newest two (not where the processor draws
  everything: there the next step helps sooner).
- `light`: the lighter generator that this one has taught (`lighter` on its card) draws, for every frame.
- `small-effects`: effects work on half as many pixels (where the processor draws; a GPU has no use for that).
- `small`: the generator's last level is left out: a picture of half the size (networks that add up their picture level by
  level can).
- `slow`: every other frame has a picture of its own.
- `slowest`: every fourth.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

LONG_S = 4.0
# (seconds of frames, share of a step's pictures that may be missing in them, share of them that may be late)
MISSED = ((0.35, 1.0, 0.7), (0.7, 0.3, 0.3), (LONG_S, 0.06, 0.04))
LOOK_S = 0.1
SETTLE_S = 0.4  # after a change, before frames count again: what was being drawn is of the step before
ROOM_QUIET_S = 1.5  # without trouble before a step is taken back for which the processor is seen to have room
HELD_S = 5.0  # the same, and a step has shown that it can be held
KNOWN_QUIET_S = 12.0  # the same where that is not known: of a step that was measured, and would now be possible
QUIET_S, MOST_QUIET_S = 60.0, 600.0  # the same where nobody knows, or a trial was in vain; longer after every other
TRIAL_S = 20.0  # a step that is left again so soon was taken back in vain
SPARE = 1.25  # times the pictures that a step needs must be possible before it is taken back
FULL = 0.62  # of the processor's time: above it, frames are late (measured: 1 % at 0.55, 3 % at 0.67, 15 % at 0.77)
EASES = 0.03  # of it: a step that saves less makes no late frame fewer
RESERVE = 0.02  # of it, at the start, when all is a guess
SLOWED = 1.6  # times as long a picture takes in a show as alone: effects and sound push the network out of the caches
DARK = 1.15  # times as long drawing takes with pictures as with the dark before them
LISTENING_S = 0.003  # of the whole processor, for every frame: sound and controllers
DRAWS_S = 0.010  # of the whole processor, for a frame of 1280x720: effects and window, on two cores
EFFECTS_PART = 0.7  # of the side: half of the pixels
PIXELS_PART = 0.7  # of the drawing's cost, what goes with the pixels that the effects work on


@dataclass(frozen=True, slots=True)
class Step:
    """How much is drawn.

    pictures: of the show's frames, the share that is to have a picture of its own, 0 to 1.
    light, small: the lighter generator draws; its last level is left out.
    effects: of the side of the effects' grid, the share that is worked on.
    cost: of the engine for one picture, compared with `high`.
    """

    name: str
    pictures: float = 1.0
    light: bool = False
    small: bool = False
    effects: float = 1.0
    cost: float = 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One presented frame.

    time: seconds. late: it was shown after the next one was due. new: it has a picture of its own.
    engine_s: seconds that the engine took for its newest picture; 0 where that is not known.
    idle: of the processor's time of late, the share that nobody used; None where that is not known, or says nothing
        because a GPU draws. draws_s: seconds that the stage kept the whole processor busy for one frame.
    """

    time: float
    late: bool
    new: bool
    engine_s: float = 0.0
    idle: float | None = None
    draws_s: float = 0.0


NAMES = ("high", "in-between", "light", "small-effects", "small", "slow", "slowest")


def ladder(light: float | None, small: float | None, effects: bool) -> tuple[Step, ...]:
    """The steps that a show has, best first.

    Args:
        light, small: what a picture costs with the lighter generator, and without the last level, compared with `high`
            (products of the networks); None where there is no such thing.
        effects: whether the processor draws the effects.
    """
    steps = [Step("high")]
    if light is None or not effects:  # where the processor draws all, four frames of five are late as often as five
        steps.append(Step("in-between", pictures=0.8))
    now = Step("", 1.0)

    def down(name: str, **changes: float | bool) -> None:
        nonlocal now
        known = {
            "pictures": now.pictures,
            "light": now.light,
            "small": now.small,
            "effects": now.effects,
            "cost": now.cost,
        }
        now = Step(name, **{**known, **changes})  # type: ignore[arg-type]
        steps.append(now)

    if light is not None:
        down("light", light=True, cost=light)
    if effects:
        down("small-effects", effects=EFFECTS_PART)
    if small is not None:
        down("small", small=True, cost=now.cost * small)
    down("slow", pictures=0.5)
    down("slowest", pictures=0.25)
    return tuple(steps)


def nearest(steps: tuple[Step, ...], name: str) -> Step:
    """The step of that name, or, where this generator or this machine has none, the last one before it."""
    return [step for step in steps if NAMES.index(step.name) <= NAMES.index(name)][-1]


def load(step: Step, alone_s: float, draws_s: float, fps: float, others_s: float = LISTENING_S) -> float:
    """Of the processor's time, the share that a show at `step` uses in a frame with a picture of its own.

    Args:
        alone_s: seconds that a picture of `high` takes while nothing else runs. draws_s: seconds that all effects and the
            window keep the whole processor busy for one frame. others_s: the same, of all else.
    """
    pictures = 1.0 if step.pictures > 0.5 else step.pictures
    drawing = 1.0 - PIXELS_PART * (1.0 - step.effects**2)
    return fps * (SLOWED * alone_s * step.cost * pictures + draws_s * drawing + others_s)


def in_show(rate: float) -> float:
    """How many of the `rate` pictures a second that come alone come in a show of 1280x720 whose effects the processor draws."""
    return FULL / (SLOWED / rate + DRAWS_S + LISTENING_S)


def begin(steps: tuple[Step, ...], alone_s: float, draws_s: float, fps: float, others_s: float = LISTENING_S) -> int:
    """The number of the step to begin with: the first that leaves the processor some rest. Args: as for `load`."""
    fits = (n for n, step in enumerate(steps) if load(step, alone_s, DARK * draws_s, fps, others_s) <= FULL - RESERVE)
    return next(fits, len(steps) - 1)


class Quality:
    """Chooses a step, frame by frame.

    Args:
        steps: from `ladder`. fps: frames per second of the show. first: number of the step to begin with.
        fixed: stay there. late_counts: whether drawing less makes late frames fewer: where the processor draws the effects.
        alone_s: as for `load`; 0 where it is not known, then it is what pictures take in the show.
    State: the present step; the frames of LONG_S; when trouble was last seen; what a picture took in each step, and at the
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
        self._frames: deque[Seen] = deque()
        self._since = self._trouble = self._rose = self._looked = -math.inf
        self._vain = [1.0] * len(steps)  # by step: times as long a wait, after trials of it in vain
        self._took: dict[int, float] = {}  # seconds a picture, by step
        self._idle_in: dict[int, float] = {}  # what was idle in a step that held
        self._left_late: set[int] = set()  # steps that were left for late frames, not for missing pictures
        self._raised = -1  # the step that was taken back last, `_rose` when
        self._at_first = 0.0  # the same, of the present step, when it began
        self.changes = 0
        self.reason = "asked for" if fixed else "measured at the start" if first else ""

    @property
    def step(self) -> Step:
        """What to draw now."""
        return self._steps[self._at]

    def see(self, frame: Seen) -> bool:
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
            if frame.time - self._since < 2.0 * SETTLE_S + 0.7:
                self._at_first = self._took[self._at]
        if frame.time - self._looked < LOOK_S:
            return False
        self._looked = frame.time
        return self._down(frame.time) or self._up(frame.time)

    def _down(self, time: float) -> bool:
        for seconds, missing, most_late in MISSED:
            frames = [f for f in self._frames if time - f.time <= seconds]
            if time - frames[0].time < 0.8 * seconds:
                continue
            new, late = (sum(flags) / len(frames) for flags in zip(*((f.new, f.late) for f in frames), strict=True))
            if new < (1.0 - missing) * self.step.pictures:
                words = f"{new * self._fps:.0f} of {self.step.pictures * self._fps:.0f} pictures a second"
                most = self._load(self.step) * new / self.step.pictures
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
            self._vain[self._at] = min(8.0 * self._vain[self._at], MOST_QUIET_S / ROOM_QUIET_S) if in_vain else 1.0
        self._go(down, time, reason)
        return True

    def _relief(self) -> Callable[[Step], bool]:
        """Whether a step leaves the stage more of the processor: the engine or the effects do less, or the engine rests.
        Where it is known how much is missing, the step makes up for it, as far as there is one that does."""
        idle, draws_s = self._recent()

        def eases(step: Step) -> bool:
            if idle is not None and draws_s:
                return self._more(step, draws_s) <= -EASES
            less = (step.cost, step.effects) != (self.step.cost, self.step.effects)
            return less or step.pictures < min(self.step.pictures, 0.8)

        def enough(step: Step) -> bool:
            return eases(step) and idle is not None and idle - self._more(step, draws_s) >= 1.0 - FULL

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
        return step.cost * step.pictures

    def _up(self, time: float) -> bool:
        quiet = time - max(self._trouble, self._since)
        if quiet > HELD_S and (idle := self._recent()[0]) is not None:
            self._idle_in[self._at] = idle
        if self._at == 0 or quiet < ROOM_QUIET_S:
            return False
        target = next((n for n in range(self._at) if self._possible(n) and quiet >= self._wait(n)), self._at)
        if target == self._at:
            return False
        self._rose, self._raised = time, target
        self._go(target, time, f"quiet for {quiet:.0f} s")
        return True

    def _wait(self, number: int) -> float:
        """Seconds of quiet before a better step is tried."""
        idle, draws_s = self._recent()
        vain = max(self._vain[number:])  # what failed at a step will not go well at a better one
        if idle is not None:
            least = min(1.0 - FULL, self._idle_in.get(number, 1.0) - EASES)
            room = idle - self._more(self._steps[number], draws_s) >= least
            return vain * (ROOM_QUIET_S if room else QUIET_S)
        known = number in self._took and number not in self._left_late
        return min(vain * (KNOWN_QUIET_S if known else QUIET_S), MOST_QUIET_S)

    def _possible(self, number: int) -> bool:
        """Whether the engine would keep up at a better step: by what a picture took there, as far as the present step has
        become faster since, or else by what the networks cost."""
        now = self._took.get(self._at, 0.0)
        if number in self._took and self._at_first > 0.0:
            took = self._took[number] * now / self._at_first
        else:
            took = now * self._steps[number].cost / self.step.cost
        return took * self._steps[number].pictures * self._fps * SPARE <= 1.0

    def _go(self, target: int, time: float, reason: str) -> None:
        self._at, self._since = target, time
        self._frames.clear()
        self.changes += 1
        self.reason = reason


class InBetween:
    """How far the newest picture is shown, and how far still the one before it, where fewer pictures come than frames.

    A picture begins to be seen in the first frame after it came, and is seen whole in the last one before the next, so
    that motion is even and nothing waits for the picture after it.
    State: frames per picture, averaged; frames since the newest one.
    """

    def __init__(self) -> None:
        self._every, self._since = 1.0, 0

    def step(self, new: bool) -> float:
        """The share of the newest picture in the next frame, above 0, up to 1; `new`: it has just come."""
        self._since += 1
        if new:
            self._every += 0.2 * (min(self._since, 8) - self._every)
            self._since = 0
        return 1.0 if self._every < 1.1 else min(1.0, (self._since + 1) / self._every)
