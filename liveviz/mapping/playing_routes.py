"""The routes of a program, played: what their sources say in this frame goes into them, and what they give onto the values
that the parameters rest at."""

from collections.abc import Callable, Sequence

import numpy as np

from liveviz.mapping.heard_sources import HeardSources
from liveviz.mapping.modulators import Moment
from liveviz.mapping.moving_routes import MovingRoutes
from liveviz.mapping.program import STROKE_PARAMETER, Program, Target
from liveviz.mapping.signal_values import Counter, OutputRanges, normalised
from liveviz.spec import Output, SignalFrame

_MIX_FUNCTIONS: dict[str, Callable[[float, float], float]] = {
    "set": lambda base, value: value,
    "add": lambda base, value: base + value,
    "multiply": lambda base, value: base * value,
    "max": max,
}


class PlayingRoutes:
    """All routes of a program but its knobs.

    Args:
        outputs: every signal, in the order of SignalFrame.values. seed: of the show.
        before: of the program before; routes, controls and modulators that are in both go on.
    State: `moving`, `reads`, the counts of events.
    """

    def __init__(
        self, program: Program, outputs: Sequence[Output], seed: int, before: "PlayingRoutes | None" = None
    ) -> None:
        self._index = {o.name: i for i, o in enumerate(outputs)}
        self._ranges = OutputRanges(outputs)
        self._counters: dict[str, Counter] = (
            before._counters if before is not None else {o.name: Counter() for o in outputs if o.kind == "event"}
        )
        # What sets comes before what does not, the highest priority last.
        routes = [route for route in program.routes if not route.is_knob]
        routes.sort(key=lambda route: (route.mix != "set", route.priority))
        self.moving, self.reads = MovingRoutes(routes), HeardSources(program, outputs, seed)
        if before is not None:
            self.moving.resume(before.moving)
            self.reads.resume(before.reads)
        self._targets = list(dict.fromkeys(route.target for route in routes))
        place = {target: i for i, target in enumerate(self._targets)}
        self._mixes = [(place[route.target], _MIX_FUNCTIONS[route.mix]) for route in routes]
        levels = [(i, self._index[r.source]) for i, r in enumerate(routes) if r.kind in ("level", "phase")]
        self._levels = np.array(levels, int).reshape(-1, 2).T  # [2, n]: which route, which signal
        self._events = [(i, r.source, r.to == STROKE_PARAMETER) for i, r in enumerate(routes) if r.kind == "event"]
        self._formulas = [
            (i, r.formula, self.reads.places(r.formula.names)) for i, r in enumerate(routes) if r.formula is not None
        ]

    def play(self, heard: SignalFrame | None, amounts: dict[Target, float], moment: Moment) -> bool:
        """Put the routes on top of `amounts`, which are the bases; whether an event asks for the next image.

        Args:
            heard: the newest frame, None in silence.
        """
        struck: set[str] = set()
        levels = None
        if heard is not None:
            counts = heard.values
            struck = {n for n, counter in self._counters.items() if counter.step(float(counts[self._index[n]]))}
            levels = normalised(np.asarray(counts, float), self._ranges)
        moving, asked = self.moving, False
        routes, signals = self._levels
        moving.inputs[routes] = levels[signals] if levels is not None else 0.0
        for i, source, asks in self._events:
            moving.struck[i] = source in struck
            asked = asked or (asks and source in struck)
        self.reads.step(levels, struck, moment)
        values = self.reads.values
        for i, formula, places in self._formulas:
            moving.inputs[i] = min(max(formula.value([values[place] for place in places]), 0.0), 1.0)
        mixed = [amounts[target] for target in self._targets]
        for (place, mix), moved in zip(self._mixes, moving.step(moment.dt).tolist(), strict=True):
            if moved == moved:  # NaN: it has nothing to say
                mixed[place] = mix(mixed[place], moved)
        amounts.update(zip(self._targets, mixed, strict=True))
        return asked
