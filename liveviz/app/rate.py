"""Keeps the rate of a live show: tells the quality controller what every frame was like, and the engine and the effects what
to give up."""

import json
import logging
from typing import Any

from liveviz.app import quality_start
from liveviz.app.links import Links
from liveviz.app.options import ShowOptions
from liveviz.app.quality import InBetween, Quality, Seen, Step, nearest
from liveviz.clock import WallClock
from liveviz.post import Chain

_LOOK_EVERY = 0.25  # seconds, at what the engine says of itself
_SETTLED_S = 20.0  # a step that held so long is the one to begin with the next time
_BEGIN_S = 1.2  # after the first picture, drivers and caches still warm up
_AWAY_S = 1.0  # no picture for so long: the engine is not slow, it is not there

_log = logging.getLogger("liveviz.app")


class Rate:
    """One show's quality.

    Args:
        software: the processor draws the effects.
    State: the controller, made when the engine has said what its generator costs, and anew for another generator; what was
    mixed of late; when a picture last came.
    """

    def __init__(self, options: ShowOptions, links: Links, chain: Chain, software: bool) -> None:
        self._options, self._links, self._chain, self._software = options, links, chain, software
        self._control: Quality | None = None
        self._start: quality_start.Start | None = None
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
        """How much of the newest picture is seen in the next frame; `new`: it has just come."""
        return self._between.step(new)

    @property
    def pictures(self) -> float:
        """Of the frames, the share that is to have a picture of its own."""
        return self._control.step.pictures if self._control is not None else 1.0

    def see(self, presented: float, clock: WallClock, new: bool, engine_s: float) -> None:
        """One presented frame."""
        if presented - self._looked > _LOOK_EVERY:
            self._looked = presented
            self._look(presented)
        self._first = self._first or presented
        if new:
            self._newest = presented
        if self._control is None or self._changing or presented - self._first < _BEGIN_S:
            return
        if presented - self._newest > _AWAY_S:
            return
        late = presented > clock.due + clock.interval
        if self._control.see(Seen(presented, late, new, engine_s)):
            self._changes += 1
            _log.info("quality: %s (%s)", self._control.step.name, self._control.reason)
            self._apply(self._control.step, presented)
        elif presented - self._since > _SETTLED_S and self._kept != self._control.step.name:
            self._kept = self._control.step.name
            if self._start is not None and self._options.quality == "auto":
                quality_start.keep(self._start, self._kept)

    def _look(self, time: float) -> None:
        """What the engine says: its generator, what it costs, whether it is between two."""
        engine = self._links.status["engine"].read()
        told = engine.get("start")
        self._changing = bool(engine.get("changing")) or engine.get("state") != "ready"
        if not isinstance(told, dict) or told["model"] == self._model:
            return
        self._model = told["model"]
        self._start = quality_start.Start(**{key: value for key, value in told.items() if key != "model"})
        steps = self._start.steps(self._software)
        asked = self._options.quality
        first = steps.index(nearest(steps, self._start.first if asked == "auto" else asked))
        self._control = Quality(steps, self._options.fps, first, asked != "auto", self._software)
        if first:
            _log.info("quality: %s (%s)", steps[first].name, self._control.reason)
        self._apply(self._control.step, time)

    def _apply(self, step: Step, time: float) -> None:
        self._since = time
        self._links.quality.write(json.dumps({"light": step.light, "small": step.small}).encode())
        self._chain.rescale(step.effects)

    @property
    def name(self) -> str:
        """Of the present step; empty before there is one."""
        return self._control.step.name if self._control is not None else ""

    def report(self) -> dict[str, Any]:
        """The part of `--stats`: {"step", "changes", "reason"}."""
        if self._control is None:
            return {"step": "", "changes": 0, "reason": ""}
        return {"step": self.name, "changes": self._changes, "reason": self._control.reason}
