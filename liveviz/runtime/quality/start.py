"""How a show begins: the step of quality that this machine settled on before with this generator, or, the first time, what
pictures and effects take, measured before the first picture is seen."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from liveviz.engine import live_frames
from liveviz.runtime import paths
from liveviz.runtime.quality import steps as quality_steps
from liveviz.spec import ParameterFrame
from liveviz.system.cache import Cache
from liveviz.system.clock import now, worked
from liveviz.system.files import keep_word, kept_word

_PICTURES, _MOST_S = 6, 0.7
_DISTURBED = 1.6  # times the processor's time that a picture takes on the clock where others want the processor as well
_AT_LEAST = 0.4  # of the time on the clock, where the processor waits for a GPU
_WARM = 2  # pictures that do not count


@dataclass(frozen=True, slots=True)
class Start:
    """What the engine tells the stage of a generator.

    light, small, both: what a picture costs drawn so, compared with the whole; None where there is no such thing.
    alone_s: seconds that a whole picture takes while nothing else runs; 0 where that was not measured.
    """

    light: float | None
    small: float | None
    both: float | None
    alone_s: float = 0.0

    def steps(self, effects: bool) -> tuple[quality_steps.Step, ...]:
        """The ladder; `effects`: the processor draws them."""
        small = self.both / self.light if self.light and self.both is not None else self.small
        return quality_steps.ladder(self.light, small, effects)

    def as_dict(self) -> dict[str, Any]:
        """For the status."""
        return asdict(self)


class Kept:
    """The step that a show settled on, kept in the cache folder for the next one.

    Args:
        facts: whatever makes another step right.
    """

    def __init__(self, *facts: object) -> None:
        folder = paths.cache()
        name = hashlib.sha256(repr((os.cpu_count(), *facts)).encode()).hexdigest()[:16]
        self._path = folder / f"quality-{name}.txt" if folder is not None else None

    def read(self) -> str:
        """Its name; empty where none is kept."""
        return (kept_word(self._path, quality_steps.NAMES) or "") if self._path is not None else ""

    def write(self, step: str) -> None:
        """Begin with that step the next time."""
        if self._path is not None:
            keep_word(self._path, step)


class Costs:
    """What pictures of a generator were measured to take on this machine, kept in the cache folder: measuring takes a quarter
    of a second of every start.

    Args:
        facts: whatever makes other times right.
    """

    def __init__(self, *facts: object) -> None:
        self._cache = Cache(paths.cache(), "costs", kept=64)
        self._facts = {"facts": [os.cpu_count(), *map(str, facts)], "cap": os.environ.get("ONEDNN_MAX_CPU_ISA", "")}

    def read(self) -> Start | None:
        """As they were; None where they were not measured."""
        found = self._cache.load(self._facts)
        try:
            return Start(**json.loads(found)) if found is not None else None
        except (ValueError, TypeError):  # of another version
            return None

    def write(self, start: Start) -> None:
        """Keep them."""
        self._cache.store(self._facts, json.dumps(start.as_dict()).encode())


@dataclass(frozen=True, slots=True)
class Alone:
    """seconds: of one picture while nothing else runs. undisturbed: nobody else wanted the processor meanwhile."""

    seconds: float
    undisturbed: bool


def alone(render: Callable[[ParameterFrame], object]) -> Alone:
    """What one picture takes while nothing else runs. The other processes of the show are starting at this moment, so the
    wall clock says too much; the processor's time, shared among the cores, does not."""
    took: list[float] = []
    clock_s: list[float] = []
    began, cores = now(), os.cpu_count() or 1
    for frame in live_frames(_PICTURES, 0):
        start, before = now(), worked()
        render(frame)
        clock_s.append(now() - start)
        took.append(max((worked() - before) / cores, _AT_LEAST * clock_s[-1]))
        if now() - began > _MOST_S:
            break
    best = min(took[_WARM:] or took)
    return Alone(best, len(took) == _PICTURES and min(clock_s) < _DISTURBED * best)
