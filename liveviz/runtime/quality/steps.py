"""How much of a show is drawn: the steps of quality, and what each costs the processor.

Steps, each with all that the steps before it gave up, but for the rate of images:

- `high`: every frame has an image of the generator, of the full size.
- `in-between`: four frames of five have; the others show a mixture of the newest two (not where the processor draws
  everything: there the next step helps sooner).
- `light`: the lighter generator that this one has taught (`lighter` on its card) draws, for every frame.
- `small-effects`: effects work on half as many pixels (where the processor draws; a GPU has no use for that).
- `small`: the generator's last level is left out: an image of half the size (networks that add up their image level by
  level can).
- `slow`: every other frame has an image of its own.
- `slowest`: every fourth.
"""

from dataclasses import dataclass

# Of the processor's time: above it, frames are late (measured: 1 % at 0.55, 3 % at 0.67, 15 % at 0.77)
FULL_LOAD = 0.62
MIN_EASED_LOAD = 0.03  # of it: a step that saves less makes no late frame fewer
START_RESERVE_LOAD = 0.02  # of it, at the start, when all is a guess
# Times as long an image takes in a show as alone: effects and sound push the network out of the caches
SHOW_SLOWDOWN_RATIO = 1.6
IMAGE_SLOWDOWN_RATIO = 1.15  # times as long drawing takes with images as with the dark before them
LISTENING_S = 0.003  # of the whole processor, for every frame: sound and controllers
DRAWS_S = 0.010  # of the whole processor, for a frame of 1280x720: effects and window, on two cores
EFFECTS_PART = 0.7  # of the side: half of the pixels
PIXELS_PART = 0.7  # of the drawing's cost, what goes with the pixels that the effects work on


@dataclass(frozen=True, slots=True)
class Step:
    """How much is drawn.

    images: of the show's frames, the share that is to have an image of its own, 0 to 1.
    light, small: the lighter generator draws; its last level is left out.
    effects: of the side of the effects' grid, the share that is worked on.
    cost: of the engine for one image, compared with `high`.
    """

    name: str
    images: float = 1.0
    light: bool = False
    small: bool = False
    effects: float = 1.0
    cost: float = 1.0


STEP_NAMES = ("high", "in-between", "light", "small-effects", "small", "slow", "slowest")


def ladder(light: float | None, small: float | None, effects: bool) -> tuple[Step, ...]:
    """The steps that a show has, best first.

    Args:
        light, small: what an image costs with the lighter generator, and without the last level, compared with `high`
            (products of the networks); None where there is no such thing.
        effects: whether the processor draws the effects.
    """
    steps = [Step("high")]
    if light is None or not effects:  # where the processor draws all, four frames of five are late as often as five
        steps.append(Step("in-between", images=0.8))
    now = Step("", 1.0)

    def down(name: str, **changes: float | bool) -> None:
        nonlocal now
        known = {
            "images": now.images,
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
    down("slow", images=0.5)
    down("slowest", images=0.25)
    return tuple(steps)


def nearest(steps: tuple[Step, ...], name: str) -> Step:
    """The step of that name, or, where this generator or this machine has none, the last one before it."""
    return [step for step in steps if STEP_NAMES.index(step.name) <= STEP_NAMES.index(name)][-1]


def load(step: Step, alone_s: float, draws_s: float, fps: float, others_s: float = LISTENING_S) -> float:
    """Of the processor's time, the share that a show at `step` uses in a frame with an image of its own.

    Args:
        alone_s: seconds that an image of `high` takes while nothing else runs. draws_s: seconds that all effects and the
            window keep the whole processor busy for one frame. others_s: the same, of all else.
    """
    images = 1.0 if step.images > 0.5 else step.images
    drawing = 1.0 - PIXELS_PART * (1.0 - step.effects**2)
    return fps * (SHOW_SLOWDOWN_RATIO * alone_s * step.cost * images + draws_s * drawing + others_s)


def in_show(rate: float) -> float:
    """How many of the `rate` images a second that come alone come in a show of 1280x720 whose effects the processor draws."""
    return FULL_LOAD / (SHOW_SLOWDOWN_RATIO / rate + DRAWS_S + LISTENING_S)


def begin(steps: tuple[Step, ...], alone_s: float, draws_s: float, fps: float, others_s: float = LISTENING_S) -> int:
    """The number of the step to begin with: the first that leaves the processor some rest. Args: as for `load`."""
    fits = (
        n
        for n, step in enumerate(steps)
        if load(step, alone_s, IMAGE_SLOWDOWN_RATIO * draws_s, fps, others_s) <= FULL_LOAD - START_RESERVE_LOAD
    )
    return next(fits, len(steps) - 1)
