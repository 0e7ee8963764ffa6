"""The quality controller of a live show: rate first. From what every frame costs it chooses how much is drawn, so that
pictures keep coming at the show's rate: it gives up what is seen least first, within a second of being late, and takes it
back after a quiet while. It has no clock, no device and no thread: frames in, a step out, so that it can be tried on a
simulated machine. What hands and kicks do is never delayed by it.

Steps, each with all that the steps before it gave up, but for the rate of pictures:

- `high`: every frame has a picture of the generator, of the full size.
- `in-between`: four frames of five have; the others show a mixture of the newest two.
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

SHORT_S, LONG_S = 0.7, 4.0  # of frames that decide: much trouble in the short one, or some all through the long one
MISSED_SHORT, MISSED_LONG = 0.3, 0.06  # of a step's pictures that may be missing, and of its frames that may be late
LOOK_S = 0.1
SETTLE_S = 0.4  # after a change, before frames count again: what was being drawn is of the step before
KNOWN_QUIET_S = 12.0  # without trouble before a step is taken back that was measured, and would now be possible
QUIET_S, MOST_QUIET_S = 60.0, 600.0  # the same where nobody knows and a trial was in vain; longer after every other
TRIAL_S = 20.0  # a step that is left again so soon was taken back in vain
SPARE = 1.25  # times the pictures that a step needs must be possible before it is taken back
BESIDE = 2.4  # times as long a picture and all that follows it take in a show (20 ms alone were 48 with GL and sound)
EFFECTS_PART = 0.7  # of the side: half of the pixels


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
    """

    time: float
    late: bool
    new: bool
    engine_s: float = 0.0


NAMES = ("high", "in-between", "light", "small-effects", "small", "slow", "slowest")


def ladder(light: float | None, small: float | None, effects: bool) -> tuple[Step, ...]:
    """The steps that a show has, best first.

    Args:
        light, small: what a picture costs with the lighter generator, and without the last level, compared with `high`
            (products of the networks); None where there is no such thing.
        effects: whether the processor draws the effects.
    """
    steps = [Step("high"), Step("in-between", pictures=0.8)]
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


def begin(steps: tuple[Step, ...], alone_s: float, fps: float) -> int:
    """The step to begin with, by the seconds that a picture of `high` takes while nothing else runs (0: not known)."""
    for number, step in enumerate(steps):
        if BESIDE * alone_s * step.cost * step.pictures * fps <= 1.0:
            return number
    return len(steps) - 1


class Quality:
    """Chooses a step, frame by frame.

    Args:
        steps: from `ladder`. fps: frames per second of the show. first: number of the step to begin with.
        fixed: stay there. late_counts: whether drawing less makes late frames fewer: where the processor draws the effects.
    State: the present step; the frames of LONG_S; when trouble was last seen; what a picture took in each step, and at the
    beginning of the present one; `changes`, how many there were; `reason`, of the last one, in words.
    """

    def __init__(
        self, steps: tuple[Step, ...], fps: float, first: int = 0, fixed: bool = False, late_counts: bool = True
    ) -> None:
        self._steps, self._fps, self._fixed, self._late_counts = steps, fps, fixed, late_counts
        self._at = first
        self._frames: deque[Seen] = deque()
        self._since = self._trouble = self._rose = self._looked = -math.inf
        self._quiet = KNOWN_QUIET_S
        self._took: dict[int, float] = {}  # seconds a picture, by step
        self._left_late: set[int] = set()  # steps that were left for late frames, not for missing pictures
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
            if frame.time - self._since < 2.0 * SETTLE_S + SHORT_S:
                self._at_first = self._took[self._at]
        if frame.time - self._looked < LOOK_S:
            return False
        self._looked = frame.time
        return self._down(frame.time) or self._up(frame.time)

    def _down(self, time: float) -> bool:
        for seconds, missed in ((SHORT_S, MISSED_SHORT), (LONG_S, MISSED_LONG)):
            frames = [f for f in self._frames if time - f.time <= seconds]
            if time - frames[0].time < 0.8 * seconds:
                continue
            new, late = (sum(flags) / len(frames) for flags in zip(*((f.new, f.late) for f in frames), strict=True))
            if new < (1.0 - missed) * self.step.pictures:
                words = f"{new * self._fps:.0f} of {self.step.pictures * self._fps:.0f} pictures a second"
                most = self._load(self.step) * new / self.step.pictures
                return self._give_up(time, words, lambda step, most=most: self._load(step) <= most)  # type: ignore[misc]
            if self._late_counts and late > missed:
                self._left_late.add(self._at)
                words = f"{100 * late:.0f} % of the frames were late"
                return self._give_up(time, words, self._eases)
        return False

    def _give_up(self, time: float, reason: str, enough: Callable[[Step], bool]) -> bool:
        """Down to the first step that is `enough`; False at the last one."""
        self._trouble = time
        last = len(self._steps) - 1
        if self._at == last:
            return False
        if time - self._rose < TRIAL_S:
            self._quiet = min(max(4.0 * self._quiet, QUIET_S), MOST_QUIET_S)
        self._go(next((n for n in range(self._at + 1, last) if enough(self._steps[n])), last), time, reason)
        return True

    def _eases(self, step: Step) -> bool:
        """Whether a step leaves the stage more of the processor: the engine or the effects do less, or the engine rests."""
        less = (step.cost, step.effects) != (self.step.cost, self.step.effects)
        return less or step.pictures < min(self.step.pictures, 0.8)

    @staticmethod
    def _load(step: Step) -> float:
        """Of the engine, compared with `high`."""
        return step.cost * step.pictures

    def _up(self, time: float) -> bool:
        quiet = time - max(self._trouble, self._since)
        if self._at == 0 or quiet < KNOWN_QUIET_S:
            return False
        tried = {n for n in range(self._at) if n in self._took}
        possible = [n for n in range(self._at) if self._possible(n)]
        known = [n for n in possible if n in tried - self._left_late]
        guessed = [n for n in possible if n not in tried or n in self._left_late]
        target = min(known + (guessed if quiet >= self._quiet else []), default=self._at)
        if target == self._at:
            return False
        self._rose = time
        self._go(target, time, f"quiet for {quiet:.0f} s")
        return True

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
