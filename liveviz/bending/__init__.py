"""bending moves the activations of one layer of the generator about, before the layers above paint over them: network
bending. One file per op; the file's name is the op's name in mapping files and its parameter is `bend.<name>`.

An op declares `PARAMETER` (range, identity, unit, help) and `warp(x, y, amount)`, which says where in the layer each
point of the result is taken from. All ops on one layer become one sampling grid (`grid`), so a layer is resampled once
however many ops bend it, and the amounts are free at run time. To add an op: one file with those two names; nothing
else. The torch picture of what a grid does is `models.reference.bend`; engines do the same: bilinear, reflecting
outside.

Source: Broad et al. 2021 (Network Bending, 2005.12420).
"""

import importlib
import logging
import pkgutil
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from liveviz.bending.piece import Piece
from liveviz.spec import BendSetting, Parameter

__all__ = ["Op", "Piece", "grid", "ops", "parameters"]

_log = logging.getLogger("liveviz.bending")
_NOT_OPS = ("piece",)

Array = NDArray[np.float32]


class Op(Protocol):
    """What a file of this room has."""

    PARAMETER: Piece

    def warp(self, x: Array, y: Array, amount: float) -> tuple[Array, Array]:
        """Where each point is taken from.

        Args:
            x, y: float32 `[r, r]`, -1 (left, top edge) to 1 (right, bottom edge), and beyond after other ops.
            amount: in the op's range; its identity must give x and y back exactly.
        """


@cache
def ops() -> dict[str, Op]:
    """Every op by name, sorted."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _NOT_OPS)
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}


def parameters() -> list[Parameter]:
    """The registry entry `bend.<op>` of every op."""
    return [
        Parameter(
            f"bend.{name}",
            op.PARAMETER.low,
            op.PARAMETER.high,
            op.PARAMETER.identity,
            op.PARAMETER.help,
            op.PARAMETER.unit,
        )
        for name, op in ops().items()
    ]


def grid(resolution: int, settings: Iterable[BendSetting]) -> Array:
    """The sampling grid of one layer: where each of its points is taken from.

    Args:
        resolution: pixels of the layer, a power of two.
        settings: the bends of that layer; the first is done first. Unknown ops are left out and named in the log
            once; amounts are clamped to the op's range.
    Returns:
        float32 `[r, r, 2]` of (x, y); pixel centres stand at (2i + 1) / r - 1, which float32 holds exactly, so that
        the identity copies every pixel exactly.
    """
    x, y = _centres(resolution)
    for setting in reversed(tuple(settings)):
        op = ops().get(setting.op)
        if op is None:
            _unknown(setting.op)
            continue
        amount = op.PARAMETER.clamp(setting.amount)
        if amount != op.PARAMETER.identity:
            x, y = op.warp(x, y, amount)
    return np.stack([x, y], axis=-1)  # [r, r, 2]


@lru_cache(maxsize=16)
def _centres(resolution: int) -> tuple[Array, Array]:
    line = (2.0 * np.arange(resolution, dtype=np.float32) + 1.0) / np.float32(resolution) - np.float32(1.0)
    x, y = np.meshgrid(line, line)
    x.flags.writeable = y.flags.writeable = False
    return x, y  # [r, r] each


@cache
def _unknown(name: str) -> None:
    _log.warning("bend %.40r is unknown and left out; known are %s", name, ", ".join(ops()))
