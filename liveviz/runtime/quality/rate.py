"""Keeps the rate of a live show: tells the quality controller what every frame was like, and the engine and the effects what
to give up."""

import json
import logging
from collections import deque
from itertools import pairwise
from typing import Any

from liveviz.post import Chain
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.ipc.status import Phase
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.quality import start as quality_start
from liveviz.runtime.quality.controller import Quality, SeenFrame
from liveviz.runtime.quality.in_between import InBetween
from liveviz.runtime.quality.steps import LISTENING_S, Step, begin, nearest
from liveviz.system.clock import WallClock, now
from liveviz.system.processor import Processor

_LOOK_EVERY = 0.25  # seconds, at what the engine says of itself
_SETTLED_S = 20.0  # a step that held so long is the one to begin with the next time
_BEGIN_S = 1.2  # after the first image, caches and the sound's reading ahead still settle
_AWAY_S = 1.0  # no image for so long: the engine is not slow, it is not there
# Frames that say what drawing costs, and how many of them are enough to begin with
_COUNTED_FRAMES, _MIN_FRAMES = 16, 6
_NOT_COUNTED = 3  # drivers compile in the first ones
_FILM_S = 11e-9  # of one core, for every pixel of a film: enlarging, encoding (measured on a Xeon, x264 `ultrafast`)

_log = logging.getLogger("liveviz.runtime")


class Rate:
    """One show's quality.

    Args:
        software: the processor draws the effects. records: a film is made.
    State: the controller, made when the engine has said what its generator costs and the first dark frames what drawing
    does, and again for another generator; what was mixed recently; when an image last came.
    """

    def __init__(self, options: ShowOptions, links: Links, chain: Chain, software: bool, records: bool) -> None:
        self._options, self._links, self._chain, self._software = options, links, chain, software
        self._records = records
        self._processor = Processor()
        self._worked: deque[float] = deque(
            maxlen=_COUNTED_FRAMES + 1
        )  # all that this process has worked, frame by frame
        self._frames = 0
        self._control: Quality | None = None
        self._kept_by: quality_start.Kept | None = None
        self._model = ""
        self._between = InBetween()
        self._looked = self._newest = self._since = self._first = 0.0
        self._kept = ""
        self._changing = False
        self._changes = 0

    def draw_with(self, chain: Chain, software: bool) -> None:
        """Go on with another chain, at the same step."""
        self._chain, self._software = chain, software
        if self._control is not None:
            self._chain.rescale(self._control.step.effects)

    def share(self, new: bool) -> float:
        """How much of the newest image is seen in the next frame; `new`: it has just come."""
        return self._between.step(new)

    @property
    def images(self) -> float:
        """Of the frames, the share that is to have an image of its own."""
        return self._control.step.images if self._control is not None else 1.0

    def worked(self, seconds: float) -> None:
        """After every frame, also those before the first image: what this process has kept processors busy in all."""
        self._frames += 1
        if self._frames > _NOT_COUNTED:
            self._worked.append(seconds)
        if self._control is None:
            self._look(now(), seen=False)

    @property
    def _draws_s(self) -> float:
        """Seconds that one frame keeps the whole processor busy."""
        took = sorted(after - before for before, after in pairwise(self._worked))
        return took[len(took) // 2] / self._processor.cores() if took else 0.0

    def see(self, presented: float, clock: WallClock, new: bool, engine_s: float) -> None:
        """One presented frame."""
        if presented - self._looked > _LOOK_EVERY:
            self._look(presented, seen=True)
        self._first = self._first or presented
        if new:
            self._newest = presented
        idle = self._processor.idle() if self._software else None
        if self._control is None or self._changing or presented - self._first < _BEGIN_S:
            return
        if presented - self._newest > _AWAY_S:
            return
        late = presented > clock.due + clock.interval
        if self._control.see(SeenFrame(presented, late, new, engine_s, idle, self._draws_s)):
            self._changes += 1
            _log.info("quality: %s (%s)", self._control.step.name, self._control.reason)
            self._apply(self._control.step, presented)
        elif presented - self._since > _SETTLED_S and self._kept != self._control.step.name:
            self._kept = self._control.step.name
            if self._kept_by is not None and self._options.quality == "auto":
                self._kept_by.write(self._kept)

    def _look(self, time: float, seen: bool) -> None:
        """What the engine says: its generator, what it costs, whether it is between two."""
        self._looked = time
        engine = self._links.engine_status.read()
        told = engine.start
        self._changing = engine.changing or engine.phase is not Phase.READY
        if not told or told["model"] == self._model:
            return
        if not seen and self._software and len(self._worked) <= _MIN_FRAMES:
            return  # what drawing costs is not known yet, and nobody waits
        self._model = told["model"]
        start = quality_start.Start(**{key: value for key, value in told.items() if key != "model"})
        o = self._options
        what = (engine.device, engine.precision, self._model)
        self._kept_by = quality_start.Kept(*what, o.size, o.fps, self._software, self._records)
        steps = start.steps(self._software)
        first = steps.index(
            nearest(steps, o.quality if o.quality != "auto" else self._kept_by.read() or self._begin(start))
        )
        self._control = Quality(steps, o.fps, first, o.quality != "auto", self._software, start.alone_s)
        if first:
            _log.info("quality: %s (%s)", steps[first].name, self._control.reason)
        _log.debug("quality: %s, drawing %.1f ms", start, 1000 * self._draws_s)
        self._apply(self._control.step, time, at_once=not seen)

    def _begin(self, start: quality_start.Start) -> str:
        """Name of the step that leaves the processor some rest."""
        width, height = self._options.size
        others_s = LISTENING_S + self._records * _FILM_S * width * height / self._processor.cores()
        steps = start.steps(self._software)
        return steps[begin(steps, start.alone_s, self._draws_s, self._options.fps, others_s)].name

    def _apply(self, step: Step, time: float, at_once: bool = False) -> None:
        self._since = time
        self._links.quality.write(json.dumps({"light": step.light, "small": step.small}).encode())
        self._chain.rescale(step.effects, at_once)

    @property
    def name(self) -> str:
        """Of the present step; empty before there is one."""
        return self._control.step.name if self._control is not None else ""

    def report(self) -> dict[str, Any]:
        """The part of `--stats`: {"step", "changes", "reason"}."""
        if self._control is None:
            return {"step": "", "changes": 0, "reason": ""}
        return {"step": self.name, "changes": self._changes, "reason": self._control.reason}
