"""What formulas and modulators read: one number from 0 to 1 for every name, anew in every frame. Signals come as routes hear
them, an event is 1 in its frame, a control keeps its last value, and modulators are moved here, in the order of the file."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from liveviz.mapping.modulators import Modulator, Moment, kinds
from liveviz.mapping.modulators._modulator import random_number
from liveviz.mapping.program import NamedModulator, Program
from liveviz.spec import ControlMessage, Output
from liveviz.spec.addresses import without_channel

_SEEDS = 2**32


class HeardSources:
    """The names that a program's formulas and modulators read.

    Args:
        program: whose.
        outputs: every signal, in the order of SignalFrame.values.
        seed: of the show.
    State: the values, the modulators.
    """

    def __init__(self, program: Program, outputs: Sequence[Output], seed: int) -> None:
        read = [name for route in program.routes if route.formula for name in route.formula.names]
        read += [name for modulator in program.modulators for name in modulator.settings.inputs]
        index = {output.name: i for i, output in enumerate(outputs)}
        modulators = {modulator.source: modulator for modulator in program.modulators}
        self._names = {name: i for i, name in enumerate(dict.fromkeys([*read, *modulators]))}
        self.values = [0.0] * len(self._names)
        signals = {name: i for name, i in self._names.items() if name in index}
        self._events = {name: i for name, i in signals.items() if outputs[index[name]].kind == "event"}
        self._levels = [(i, index[name]) for name, i in signals.items() if name not in self._events]
        self.controls: Collection[str] = frozenset(
            name for name in self._names if name not in index and name not in modulators
        )
        self._modulators: list[tuple[str, NamedModulator, int, tuple[int, ...], Modulator]] = []
        for number, (source, modulator) in enumerate(modulators.items()):
            places = tuple(self._names[name] for name in modulator.settings.inputs)
            own = int(random_number(seed, number) * _SEEDS)
            moving: Modulator = kinds()[modulator.kind].start(modulator.settings, own)
            self._modulators.append((source, modulator, self._names[source], places, moving))

    def resume(self, other: "HeardSources") -> None:
        """Go on from where `other` is: controls keep their values, and modulators that did not change go on."""
        for name in self.controls:
            if name in other.controls:
                self.values[self._names[name]] = other.values[other._names[name]]
        before = {source: (modulator, moving) for source, modulator, _, _, moving in other._modulators}
        for n, (source, modulator, at, places, _) in enumerate(self._modulators):
            if source in before and before[source][0] == modulator:
                self._modulators[n] = (source, modulator, at, places, before[source][1])

    def places(self, names: Sequence[str]) -> tuple[int, ...]:
        """Where in `values` the numbers of some names are."""
        return tuple(self._names[name] for name in names)

    def control(self, message: ControlMessage) -> bool:
        """A control moved; whether anything reads it, with its MIDI channel or without."""
        address, value = message.address, message.value
        if not self.controls or not isinstance(address, str):
            return False
        any_channel = without_channel(address)
        read = [name for name in dict.fromkeys((address, any_channel)) if name in self.controls]
        if not isinstance(value, float | int) or not -1e9 < value < 1e9:
            return False
        for name in read:
            self.values[self._names[name]] = min(max(float(value), 0.0), 1.0)
        return bool(read)

    def step(self, levels: NDArray[np.float64] | None, struck: Collection[str], moment: Moment) -> None:
        """Hear one frame.

        Args:
            levels: every signal, 0 to 1 of its range; None in silence. struck: names of the events in this frame.
        """
        values = self.values
        for i, place in self._levels:
            values[i] = float(levels[place]) if levels is not None else 0.0
        for name, i in self._events.items():
            values[i] = float(name in struck)
        for _, _, at, places, moving in self._modulators:
            values[at] = min(max(moving.step(moment, [values[place] for place in places]), 0.0), 1.0)
