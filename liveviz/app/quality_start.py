"""How a show begins: the step of quality that this machine settled on before with this generator, or, the first time, what
a few pictures take while nothing else runs. Both take less than a second."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from liveviz.app import paths, quality
from liveviz.clock import now, worked
from liveviz.engine import live_frames
from liveviz.spec import ParameterFrame, keep_word, kept_word

_PICTURES, _MOST_S = 7, 0.7
_AT_LEAST = 0.4  # of the time on the clock, where the processor waits for a GPU
_WARM = 2  # pictures that do not count


@dataclass(frozen=True, slots=True)
class Start:
    """What the engine tells the stage of a generator.

    light, small, both: what a picture costs drawn so, compared with the whole; None where there is no such thing.
    first: name of the step to begin with. kept: name of the file in the cache folder where the stage keeps the step that it
    settled on.
    """

    light: float | None
    small: float | None
    both: float | None
    first: str
    kept: str

    def steps(self, effects: bool) -> tuple[quality.Step, ...]:
        """The ladder; `effects`: the processor draws them."""
        small = self.both / self.light if self.light and self.both is not None else self.small
        return quality.ladder(self.light, small, effects)

    def as_dict(self) -> dict[str, Any]:
        """For the status."""
        return asdict(self)


def kept_name(*facts: object) -> str:
    """The file for this machine and `facts`: whatever makes another step right."""
    return f"quality-{hashlib.sha256(repr((os.cpu_count(), *facts)).encode()).hexdigest()[:16]}.txt"


def choose(render: Callable[[ParameterFrame], object], facts: Start, fps: float) -> tuple[Start, float]:
    """`facts` with the step to begin with, and the seconds that a picture takes alone; `render` draws one."""
    folder = paths.cache()
    steps = facts.steps(effects=True)
    names = [step.name for step in steps]
    alone_s = _alone_s(render)
    first = kept_word(folder / facts.kept, names) if folder is not None else None
    return replace(facts, first=first or names[quality.begin(steps, alone_s, fps)]), alone_s


def keep(start: Start, step: str) -> None:
    """Begin with that step the next time."""
    if (folder := paths.cache()) is not None:
        keep_word(folder / start.kept, step)


def _alone_s(render: Callable[[ParameterFrame], object]) -> float:
    """Seconds of one picture while nothing else runs. The other processes of the show are starting at this moment, so the
    wall clock says too much; the processor's time, shared among the cores, does not."""
    took: list[float] = []
    began, cores = now(), os.cpu_count() or 1
    for frame in live_frames(_PICTURES, 0):
        start, before = now(), worked()
        render(frame)
        took.append(max((worked() - before) / cores, _AT_LEAST * (now() - start)))
        if now() - began > _MOST_S:
            break
    return min(took[_WARM:] or took)
