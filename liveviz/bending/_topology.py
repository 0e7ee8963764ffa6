"""What bends need of a compiled network. Moves and ops with nodes of their own need a place in the graph, a *stage*; a
*topology* is the set of stages that a network was built with. Amounts, channels and everything else are inputs. Gains
and rewritten filters need no stage: they are multiplied into the styles.

At one layer, the ops with nodes come first (in alphabetical order), then the moves (those on all channels, then those on
some), and gains last: one fixed order, so that the same bends need the same network however they came about.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from liveviz.bending._ops import BendOperations, kind, ops
from liveviz.spec import BendSetting, Channels

ALL_CHANNELS = Channels()
GAIN_STAGE, MOVE_STAGE = "*gain", "*move"  # no file can have these names


class LayerShape(NamedTuple):
    """What bending must know of one layer.

    channels, height, width: of its activations. convolutions: how many filters each of its convolutions has.
    folds: whether gains can be multiplied into the styles of everything that reads the layer; where not (a resnet's
        skip has no styles), gains need a stage.
    """

    channels: int
    height: int
    width: int
    convolutions: tuple[int, ...] = ()
    folds: bool = True


class BendSlot(NamedTuple):
    """One place in the graph: `name` at `layer`. An op's name; `*move` (all channels); `*move.1` and on (some channels,
    numbered as they are mentioned); or `*gain`."""

    layer: int
    name: str


Topology = frozenset[BendSlot]


def groups(settings: Sequence[BendSetting], layer: int) -> dict[str, list[BendSetting]]:
    """The moves of one layer by the stage that does them: bends of the same channels move together."""
    by_channels: dict[Channels, list[BendSetting]] = {}
    for setting in settings:
        if setting.layer == layer and kind(setting.op) in ("warp", "drift"):
            by_channels.setdefault(setting.channels, []).append(setting)
    named = {MOVE_STAGE: by_channels.pop(ALL_CHANNELS)} if ALL_CHANNELS in by_channels else {}
    return named | {f"{MOVE_STAGE}.{n}": moves for n, moves in enumerate(by_channels.values(), 1)}


def stages(settings: Sequence[BendSetting], layers: Mapping[int, LayerShape]) -> Topology:
    """The stages that `settings` need in a network of these layers; amounts do not matter. Bends on other layers, and
    unknown ones, need none."""
    found = set()
    for layer in {s.layer for s in settings} & layers.keys():
        found |= {BendSlot(layer, name) for name in groups(settings, layer)}
        for setting in settings:
            if setting.layer == layer and kind(setting.op) == "nodes":
                found.add(BendSlot(layer, setting.op))
            elif setting.layer == layer and kind(setting.op) == "gain" and not layers[layer].folds:
                found.add(BendSlot(layer, GAIN_STAGE))
    return frozenset(found)


def possible(topology: Collection[BendSlot], layers: Mapping[int, LayerShape]) -> Topology:
    """Those stages of `topology` that a network of these layers can have."""

    def known(name: str) -> bool:
        stem, _, number = name.partition(".")
        if stem == MOVE_STAGE:
            return not number or (number.isdecimal() and 1 <= int(number) <= 16)
        return name == GAIN_STAGE or (name in ops() and kind(name) == "nodes")

    return frozenset(BendSlot(*s) for s in topology if s[0] in layers and known(s[1]))


def at(topology: Iterable[BendSlot], layer: int) -> list[BendSlot]:
    """The stages of one layer, in the order in which they are done."""

    def order(stage: BendSlot) -> tuple[int, str, int]:
        stem, _, number = stage.name.partition(".")
        return (1 if stem == MOVE_STAGE else 2 if stem == GAIN_STAGE else 0, stem, int(number or 0))

    return sorted((s for s in topology if s.layer == layer), key=order)


def needs_mask(stage: BendSlot, layer: LayerShape) -> bool:
    """Whether a move is done on chosen channels only. It also is, with every channel or none chosen, where float32 does
    not hold the pixel centres: at rest nothing is chosen then, and the layer stays exactly as it is."""
    return stage.name != MOVE_STAGE or bool(layer.height & (layer.height - 1) or layer.width & (layer.width - 1))


def inputs(topology: Collection[BendSlot], layers: Mapping[int, LayerShape]) -> dict[str, tuple[int, ...]]:
    """Name and shape of every input that a network of this topology has for its bends, in a fixed order; all float32."""
    shapes: dict[str, tuple[int, ...]] = {}
    for number in sorted({s.layer for s in topology}):
        layer = layers[number]
        for stage in at(topology, number):
            name = f"bend.{number}.{stage.name}"
            if stage.name.startswith(MOVE_STAGE):
                shapes[name] = (1, layer.height, layer.width, 2)
                if needs_mask(stage, layer):
                    shapes[f"{name}.mask"] = (1, layer.channels, 1, 1)
            else:
                shapes[name] = (1, layer.channels, 1, 1)
    return shapes


def build(o: BendOperations, x: Any, number: int, topology: Collection[BendSlot], inputs: Mapping[str, Any]) -> Any:
    """The bent activations of layer `number`.

    Args:
        o: the engine's operations. x: its activations `[n, C, h, w]`.
        inputs: by the names of `inputs()`.
    """
    for stage in at(topology, number):
        name = f"bend.{number}.{stage.name}"
        if stage.name == GAIN_STAGE:
            x = o.multiply(x, inputs[name])
        elif stage.name.startswith(MOVE_STAGE):
            moved, mask = o.sample(x, inputs[name]), inputs.get(f"{name}.mask")
            x = moved if mask is None else o.choose(mask, moved, x)
        else:
            x = ops()[stage.name].nodes(o, x, inputs[name])
    return x
