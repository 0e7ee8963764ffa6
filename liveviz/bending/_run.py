"""Bends at run time: from the settings of a frame to what a network takes in."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._channels import draw, mask, turns
from liveviz.bending._grid import grid
from liveviz.bending._ops import Array, Moment, kind, knob_name, knobs, ops
from liveviz.bending._topology import GAIN_STAGE, MOVE_STAGE, BendSlot, LayerShape, Topology, groups, inputs, needs_mask
from liveviz.spec import BendSetting, ParameterFrame


@dataclass(frozen=True)
class Moved:
    """What a frame changes.

    inputs: those of the graph that are not what they were, by name.
    gains: by layer, factors `[C]` of its activations, for everything that reads them; only where they are not 1.
    filters: by layer, factors `[C]` of every convolution's filters; only where they are not 1.
    """

    inputs: Mapping[str, Array]
    gains: Mapping[int, Array] = field(default_factory=dict)
    filters: Mapping[int, tuple[Array, ...]] = field(default_factory=dict)


class Bends:
    """The bends of one network.

    Args:
        topology: the stages it has. layers: all of its layers.
    State: what each stage was last told.
    """

    def __init__(self, topology: Topology, layers: Mapping[int, LayerShape]) -> None:
        self.layers, self.topology = layers, topology
        self.shapes = inputs(topology, layers)
        self._told: dict[BendSlot, object] = {}

    def step(self, frame: ParameterFrame) -> Moved:
        """What `frame` changes; the first frame tells every input. Bends that the network has no stage for, or no
        layer, are left out."""
        changed: dict[str, Array] = {}
        for number in sorted({s.layer for s in self.topology}):
            here = [s for s in frame.bends if s.layer == number]
            moves = groups(here, number)
            for stage in (s for s in self.topology if s.layer == number):
                if stage.name.startswith(MOVE_STAGE):
                    self._move(stage, moves.get(stage.name, []), frame, changed)
                elif stage.name == GAIN_STAGE:
                    self._amounts(stage, [s for s in here if kind(s.op) == "gain"], changed)
                else:
                    self._amounts(stage, [s for s in here if s.op == stage.name], changed)
        folded = [s for s in frame.bends if s.layer in self.layers]
        return Moved(changed, self._gains(folded), self._filters(folded, frame))

    def _move(
        self, stage: BendSlot, moves: Sequence[BendSetting], frame: ParameterFrame, changed: dict[str, Array]
    ) -> None:
        layer, name = self.layers[stage.layer], f"bend.{stage.layer}.{stage.name}"
        active = tuple(s for s in moves if ops()[s.op].PARAMETER.clamp(s.amount) != ops()[s.op].PARAMETER.identity)
        moments = {s.op: _moment(s.op, frame) for s in active if kind(s.op) == "drift"}
        key = (active, moments)
        if self._told.get(stage) == key:
            return
        self._told[stage] = key
        changed[name] = grid(layer.height, layer.width, active, lambda op: moments[op])[None]  # [1, h, w, 2]
        if needs_mask(stage, layer):
            taken = mask(active[0].channels, stage.layer, layer.channels) if active else np.zeros(layer.channels)
            changed[f"{name}.mask"] = _column(taken)

    def _amounts(self, stage: BendSlot, settings: Sequence[BendSetting], changed: dict[str, Array]) -> None:
        """Per channel: the identity, and what each setting adds to it on its channels (or multiplies it by)."""
        key = tuple(settings)
        if self._told.get(stage) == key:
            return
        self._told[stage] = key
        layer = self.layers[stage.layer]
        if stage.name == GAIN_STAGE:
            amounts = _gain(settings, stage.layer, layer)
        else:
            piece = ops()[stage.name].PARAMETER
            amounts = np.full(layer.channels, piece.identity)
            for s in settings:
                amounts[mask(s.channels, s.layer, layer.channels)] += piece.clamp(s.amount) - piece.identity
            np.clip(amounts, piece.low, piece.high, out=amounts)
        changed[f"bend.{stage.layer}.{stage.name}"] = _column(amounts)

    def _gains(self, settings: Sequence[BendSetting]) -> dict[int, Array]:
        found = {}
        for number in {s.layer for s in settings if kind(s.op) == "gain"}:
            layer = self.layers[number]
            factors = _gain([s for s in settings if s.layer == number], number, layer)
            if layer.folds and (factors != 1.0).any():
                found[number] = factors
        return found

    def _filters(self, settings: Sequence[BendSetting], frame: ParameterFrame) -> dict[int, tuple[Array, ...]]:
        found: dict[int, tuple[Array, ...]] = {}
        for s in settings:
            if kind(s.op) != "filters":
                continue
            op, layer = ops()[s.op], self.layers[s.layer]
            amount = op.PARAMETER.clamp(s.amount)
            if amount == op.PARAMETER.identity:
                continue
            moment = _moment(s.op, frame)
            made: list[Array] = []
            for number, count in enumerate(layer.convolutions):
                taken, factors = mask(s.channels, s.layer, count), np.ones(count, np.float32)
                noise = partial(_noise, taken, s.layer, number)
                factors[taken] = op.filters(noise, amount, turns(s.channels, s.layer, count), moment)
                made.append(factors)
            before = found.get(s.layer)
            found[s.layer] = tuple(made if before is None else map(np.multiply, before, made))
        return found


def _moment(op: str, frame: ParameterFrame) -> Moment:
    values = ((knob, frame.values.get(knob_name(op, knob), piece.identity), piece) for knob, piece in knobs(op).items())
    return Moment(frame.noise_phase, frame.seed, tuple((knob, piece.clamp(value)) for knob, value, piece in values))


def _gain(settings: Sequence[BendSetting], number: int, layer: LayerShape) -> Array:
    factors = np.ones(layer.channels, np.float32)
    for s in settings:
        if kind(s.op) == "gain":
            op = ops()[s.op]
            amount, turn = op.PARAMETER.clamp(s.amount), turns(s.channels, number, layer.channels)
            factors[mask(s.channels, number, layer.channels)] *= np.asarray(op.gain(amount, turn), np.float32)
    return factors  # [C]


def _column(values: np.ndarray) -> Array:
    return np.asarray(values, np.float32).reshape(1, -1, 1, 1)


def _noise(taken: NDArray[np.bool_], *key: int) -> NDArray[np.float64]:
    return (math.sqrt(12.0) * (draw(len(taken), *key) - 0.5))[taken]  # [n], uniform, unit variance
