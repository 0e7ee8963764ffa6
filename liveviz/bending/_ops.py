"""Which ops there are, and what a file must have to be one."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._piece import Piece
from liveviz.spec import Parameter
from liveviz.system import discover

Array = NDArray[np.float32]

BEND_FUNCTIONS = ("warp", "drift", "nodes", "gain", "filters")

_log = logging.getLogger("liveviz.bending")


@dataclass(frozen=True, slots=True)
class Moment:
    """What an op may know of the frame beside its amount.

    phase: how many noise fields have gone by. seed: of the noise. knobs: the op's own KNOBS, in range.
    """

    phase: float = 0.0
    seed: int = 0
    knobs: tuple[tuple[str, float], ...] = ()

    def __getitem__(self, knob: str) -> float:
        """The value of one of the op's knobs."""
        return dict(self.knobs)[knob]


class BendOperations(Protocol):
    """What an engine offers to ops that need nodes in its graph. `x` is `[n, C, h, w]`; where an argument may be a
    plain number it says so. One small class per engine; nothing in it may depend on an amount."""

    def add(self, a: Any, b: Any) -> Any:
        """a + b; b may be a number."""

    def subtract(self, a: Any, b: Any) -> Any:
        """a - b; b may be a number."""

    def multiply(self, a: Any, b: Any) -> Any:
        """a * b; b may be a number."""

    def clamp(self, x: Any, low: float, high: float) -> Any:
        """x inside low to high."""

    def above(self, x: Any, level: float) -> Any:
        """1 where x is above `level`, else 0."""

    def mean(self, x: Any, size: int) -> Any:
        """Mean over size x size pixels about each (size is odd); outside the layer is nothing."""

    def largest(self, x: Any, size: int) -> Any:
        """Largest of size x size pixels about each (size is odd)."""

    def middle(self, x: Any) -> Any:
        """Mean of every channel over the whole layer: `[n, C, 1, 1]`."""

    def sample(self, x: Any, grid: Any) -> Any:
        """x at `grid` `[1, h, w, 2]` of (x, y), -1 to 1 from edge to edge: bilinear, reflecting outside."""

    def choose(self, mask: Any, a: Any, b: Any) -> Any:
        """a where `mask` `[1, C, 1, 1]` is above 0.5, else b."""


@cache
def ops() -> dict[str, Any]:
    """Every op by name, sorted: the files of this room without an underscore in front. One that is no op is left out,
    which the log says: a broken file must not keep the others from the stage."""
    found = {}
    for name in discover.names("liveviz.bending"):
        try:
            found[name] = _checked(discover.load("liveviz.bending", name))
        except Exception as error:  # noqa: BLE001 - a file under construction may raise anything
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
            _log.warning("bend left out: bending/%s.py%s: %s: %s", name, line, type(error).__name__, error)
    return found


def _checked(op: Any) -> Any:
    """The op; ValueError where its file lacks something that every op has."""
    pieces = [getattr(op, "PARAMETER", None), *getattr(op, "KNOBS", {}).values()]
    for piece in pieces:
        if not isinstance(piece, Piece):
            raise ValueError("PARAMETER, and everything in KNOBS, must be a Piece")
        Parameter("bend", piece.low, piece.high, piece.identity, piece.help, piece.unit, piece.curve)  # its own checks
    if not any(callable(getattr(op, kind, None)) for kind in BEND_FUNCTIONS):
        raise ValueError(f"has none of the functions {', '.join(BEND_FUNCTIONS)}")
    return op


@cache
def kind(name: str) -> str:
    """Which of BEND_FUNCTIONS an op is: the function that its file has; "" where there is no such op, which the log
    says once."""
    op = ops().get(name)
    if op is None:
        _log.warning("bend %.40r is unknown and left out; known are %s", name, ", ".join(ops()))
        return ""
    return next(kind for kind in BEND_FUNCTIONS if callable(getattr(op, kind, None)))


def knobs(name: str) -> Mapping[str, Piece]:
    """The further knobs of an op, by name."""
    found: Mapping[str, Piece] = getattr(ops()[name], "KNOBS", {})
    return found


def parameters() -> list[Parameter]:
    """The registry entries of every op: `bend.<op>`, which acts at a layer, and `bend.<op>_<knob>` for its knobs."""
    entries = []
    for name, op in ops().items():
        pieces = {f"bend.{name}": op.PARAMETER} | {knob_name(name, knob): p for knob, p in knobs(name).items()}
        for full, p in pieces.items():
            layered = p is op.PARAMETER
            entries.append(Parameter(full, p.low, p.high, p.identity, p.help, p.unit, p.curve, layered=layered))
    return entries


def knob_name(op: str, knob: str) -> str:
    """The registry's name of one of an op's further knobs."""
    return f"bend.{op}_{knob}"
