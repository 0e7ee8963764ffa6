"""From the tensors of a file to the weights of a generator: every tensor that the config demands is found under the name that
the file has for it, in the shape that it must have there, and turned into ours; one too many is refused."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liveviz.models.importing.arrays import Arrays
from liveviz.models.importing.source import Source, shown
from liveviz.models.sizes import Config

Array = NDArray[np.float32]
Weights = dict[str, Array]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where one weight is in a file.

    name, shape: of the tensor there. turn: from that to the weight; None leaves it.
    default: the weight's value where the file has no such tensor; None demands it.
    """

    name: str
    shape: tuple[int, ...]
    turn: Callable[[Array], Array] | None = None
    default: float | None = None


def take(
    source: Source,
    arrays: Arrays,
    nodes: Mapping[str, object],
    config: Config,
    wanted: Mapping[str, Wanted],
    ignored: Collection[str] = (),
) -> Weights:
    """Every weight of `config`, float32 `config.shapes()`.

    Args:
        nodes: the file's tensors by name.
        wanted: by weight; a weight that is not in it has the same name and shape in the file.
        ignored: tensors of the file that are no weights.
    Raises: LivevizError in one line that names the tensor; no number is read before all names and shapes are right.
    """
    shapes = config.shapes()
    places = {weight: wanted.get(weight, Wanted(weight, shape)) for weight, shape in shapes.items()}
    for place in places.values():
        if place.name not in nodes:
            if place.default is None:
                raise source.fail(f"tensor {place.name} is missing")
        elif (shape := arrays.shape(place.name, nodes[place.name])) != place.shape:
            raise source.fail(f"tensor {place.name}: shape {list(shape)}, expected {list(place.shape)}")
    known = {place.name for place in places.values()} | set(ignored)
    if unknown := sorted(set(nodes) - known):
        raise source.fail(
            f"tensor {shown(unknown[0])} does not belong to a {config.architecture}: another kind of network"
        )
    weights: Weights = {}
    for weight, place in places.items():
        if place.name in nodes:
            found = arrays.array(place.name, nodes[place.name])
        else:
            found = np.full(place.shape, place.default, np.float32)
        with np.errstate(all="ignore"):  # what does not fit float32 is found here
            turned = found if place.turn is None else place.turn(found)
        if not np.isfinite(turned).all():
            raise source.fail(f"tensor {place.name}: holds values that are too large")
        weights[weight] = np.ascontiguousarray(turned, np.float32).reshape(shapes[weight])
    return weights


def sizes(source: Source, arrays: Arrays, nodes: Mapping[str, object], name: str, rank: int) -> tuple[int, ...]:
    """The shape of a tensor that must be there, with `rank` sizes."""
    if name not in nodes:
        raise source.fail(f"tensor {name} is missing")
    shape = arrays.shape(name, nodes[name])
    if len(shape) != rank:
        raise source.fail(f"tensor {name}: shape {list(shape)}, expected {rank} sizes")
    return shape
