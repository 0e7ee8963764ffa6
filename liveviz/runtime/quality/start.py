"""How a show begins: the step of quality that this machine settled on before with this generator, or, the first time, what
images and effects take, measured before the first image is seen."""

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

_TIMED_FRAMES, _MOST_S = 6, 0.7
_MEASURED_STARTS = 3  # starts that measure
_AT_LEAST = 0.4  # of the time on the clock, where the processor waits for a GPU
_WARMUP_FRAMES = 2  # images that do not count


@dataclass(frozen=True, slots=True)
class Start:
    """What the engine tells the stage of a generator.

    light, small, both: what an image costs drawn so, compared with the whole; None where there is no such thing.
    alone_s: seconds that a whole image takes while nothing else runs; 0 where that was not measured.
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
        return (kept_word(self._path, quality_steps.STEP_NAMES) or "") if self._path is not None else ""

    def write(self, step: str) -> None:
        """Begin with that step the next time."""
        if self._path is not None:
            keep_word(self._path, step)


class Costs:
    """What images of a generator were measured to take on this machine, kept in the cache folder: measuring takes a quarter
    of a second of every start.

    Args:
        facts: whatever makes other times right.
    """

    def __init__(self, *facts: object) -> None:
        self._cache = Cache(paths.cache(), "costs", kept=64)
        self._facts = {"facts": [os.cpu_count(), *map(str, facts)], "cap": os.environ.get("ONEDNN_MAX_CPU_ISA", "")}

    def read(self) -> Start | None:
        """The least that each was seen to take; None where they were measured fewer than three times: at the start of a show
        the other processes start as well, and one measurement alone may be far off."""
        start, times = self._load()
        return start if times >= _MEASURED_STARTS else None

    def write(self, start: Start) -> None:
        """Keep what was measured this time, where it is less than before."""
        before, times = self._load()
        if before is not None:
            least = {
                name: min(value, old) if value is not None and old is not None else value
                for (name, value), old in zip(start.as_dict().items(), before.as_dict().values(), strict=True)
            }
            start = Start(**least)
        content = {"start": start.as_dict(), "times": min(times + 1, _MEASURED_STARTS)}
        self._cache.store(self._facts, json.dumps(content).encode())

    def _load(self) -> tuple[Start | None, int]:
        found = self._cache.load(self._facts)
        try:
            content = json.loads(found) if found is not None else {}
            return Start(**content["start"]), int(content["times"])
        except (ValueError, TypeError, KeyError):  # nothing yet, or of another version
            return None, 0


def alone_s(render: Callable[[ParameterFrame], object]) -> float:
    """Seconds of one image while nothing else runs. The other processes of the show are starting at this moment, so the
    wall clock says too much; the processor's time, shared among the cores, does not."""
    took: list[float] = []
    began, cores = now(), os.cpu_count() or 1
    for frame in live_frames(_TIMED_FRAMES, 0):
        start, before = now(), worked()
        render(frame)
        took.append(max((worked() - before) / cores, _AT_LEAST * (now() - start)))
        if now() - began > _MOST_S:
            break
    return min(took[_WARMUP_FRAMES:] or took)
