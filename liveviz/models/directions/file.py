"""Directions in w that a musician puts on a knob, and their file. A direction is a vector of w, how far it may go
before the image breaks, and the rows of ws that it moves; a knob's ends are the ends of that range, so that the same
turn is worth as much on any generator.

Source: Härkönen et al. 2020 (2004.02546), section 2.2, for directions with a start and an end layer.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveviz.models.sizes import Config
from liveviz.models.tensors import Container, save
from liveviz.spec import layer_range

DIRECTION_KINDS = ("structure", "detail", "colour")  # what coarse, middle and fine layers decide
MAX_COMPONENTS = 512
MAX_ROWS = 64  # more than any generator's ws has: a direction of the rows 0 to MAX_ROWS moves all of them
MAX_SIGMA = 16.0
USUAL_SIGMA = 3.0  # how far one goes that was not measured
UNMEASURED_RANGE = -1.0
FINDING_METHODS = ("pca", "sefa", "effect")
METADATA_KEY = "liveviz.directions"
_TENSOR_NAMES = ("components", "std", "range", "layers", "share")

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Directions:
    """Directions of one generator, the most useful first.

    components: float32 `[k, w_dim]`, rows of length 1, orthogonal.
    std: float32 `[k]`, standard deviation of w along each: one sigma.
    range: float32 `[k, 2]`, sigmas that are safe downwards (below 0) and upwards (above 0).
    layers: int `[k, 2]`, first row of ws that it moves and the one behind the last.
    share: float32 `[k]`, how much of the image changes between the ends, 0 to 1, or UNMEASURED_RANGE.
    method: one of FINDING_METHODS.
    fingerprint: of the generator that they were found in.
    """

    components: Array
    std: Array
    range: Array
    layers: NDArray[np.int64]
    share: Array
    method: str = "pca"
    fingerprint: str = ""

    @classmethod
    def unmeasured(cls, components: Array, std: Array, method: str = "pca", fingerprint: str = "") -> "Directions":
        """Directions of which nothing more is known: ±USUAL_SIGMA, on all rows."""
        count = len(std)
        return cls(
            components,
            std,
            np.tile(np.array([-USUAL_SIGMA, USUAL_SIGMA], np.float32), (count, 1)),
            np.tile(np.array([0, MAX_ROWS]), (count, 1)),
            np.full(count, UNMEASURED_RANGE, np.float32),
            method,
            fingerprint,
        )

    def rows(self, num_ws: int) -> Array:
        """Float32 `[k, num_ws]`: 1 where a direction moves a row of ws, else 0."""
        row = np.arange(num_ws)
        start, end = self.layers[:, :1], self.layers[:, 1:]
        return ((row >= start) & (row < end)).astype(np.float32)

    def kinds(self, config: Config) -> list[str]:
        """What each moves, by its layers: some of DIRECTION_KINDS, joined by `+`."""
        ranges = np.array(row_kinds(config))
        rows = self.rows(config.num_ws) > 0.0
        return ["+".join(DIRECTION_KINDS[kind] for kind in np.unique(ranges[moved])) for moved in rows]


def row_kinds(config: Config) -> list[int]:
    """Index into DIRECTION_KINDS (and into spec.LAYER_RANGES) of every row of ws."""
    return [layer_range(resolution) for resolution in config.ws_resolutions]


def read_directions(path: str | Path, w_dim: int) -> Directions:
    """Read a directions file made for a generator with that w_dim; LivevizError in one line for anything else.

    A file of components and std alone, as the first ones were, is one of unmeasured directions.
    """
    container = Container(Path(path))
    shape = container.shapes.get("components", ())
    if len(shape) != 2 or not 1 <= shape[0] <= MAX_COMPONENTS:
        raise container.fail(f"components: shape {list(shape)}, expected [1 to {MAX_COMPONENTS}, {w_dim}]")
    count = shape[0]
    expected: dict[str, tuple[int, ...]] = {"components": (count, w_dim), "std": (count,)}
    measured = "range" in container.shapes
    if measured:
        expected |= {"range": (count, 2), "layers": (count, 2), "share": (count,)}
    tensors = container.load(expected)
    if (tensors["std"] < 0).any():
        raise container.fail("std: a standard deviation is below 0")
    about = _about(container)
    plain = Directions.unmeasured(tensors["components"], tensors["std"], *about)
    if not measured:
        return plain
    low, high = tensors["range"].T
    if not ((low >= -MAX_SIGMA) & (low < 0) & (high > 0) & (high <= MAX_SIGMA)).all():
        raise container.fail(f"range: not every one goes from -{MAX_SIGMA:g}..0 to 0..{MAX_SIGMA:g} sigma")
    start, end = tensors["layers"].T
    if not ((start >= 0) & (start < end) & (end <= MAX_ROWS) & (start % 1 == 0) & (end % 1 == 0)).all():
        raise container.fail(f"layers: not every one is a span of whole rows within 0 to {MAX_ROWS}")
    share = tensors["share"]
    if not ((share == UNMEASURED_RANGE) | ((share >= 0) & (share <= 1))).all():
        raise container.fail("share: not every one is 0 to 1")
    return Directions(plain.components, plain.std, tensors["range"], tensors["layers"].astype(np.int64), share, *about)


def _about(container: Container) -> tuple[str, str]:
    """Method and fingerprint from the metadata; pca and nothing where there are none."""
    raw = container.metadata.get(METADATA_KEY)
    if raw is None:
        return "pca", ""
    try:
        table = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise container.fail(f"its metadata {METADATA_KEY!r} is not JSON") from error
    method, fingerprint = (table.get(key) for key in ("method", "fingerprint")) if isinstance(table, dict) else (0, 0)
    if method not in list(FINDING_METHODS):
        raise container.fail(f"method: {method!r:.40} is none of {', '.join(FINDING_METHODS)}")
    if not isinstance(fingerprint, str) or len(fingerprint) > 64:
        raise container.fail("fingerprint: is not the text of a generator's fingerprint")
    return method, fingerprint


def write_directions(path: str | Path, directions: Directions) -> None:
    """Write a directions file at once or not at all."""
    tensors = {name: np.asarray(getattr(directions, name), np.float32) for name in _TENSOR_NAMES}
    about = {"method": directions.method, "fingerprint": directions.fingerprint}
    save(Path(path), tensors, {METADATA_KEY: json.dumps(about)})
