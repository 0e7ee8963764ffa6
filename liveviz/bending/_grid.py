"""All moves on one layer as one sampling grid, so that a layer is resampled once however many ops move it."""

from collections.abc import Callable, Iterable
from functools import lru_cache

import numpy as np

from liveviz.bending._ops import Array, Moment, kind, ops
from liveviz.spec import BendSetting


def _resting(op: str) -> Moment:
    return Moment()


def grid(height: int, width: int, settings: Iterable[BendSetting], moment: Callable[[str], Moment] = _resting) -> Array:
    """The sampling grid of one layer: where each of its points is taken from.

    Args:
        height, width: pixels of the layer.
        settings: the bends of that layer; the first is done first. Those that are no moves are passed over; amounts
            are clamped to the op's range.
        moment: what an op may know of the frame, by name.
    Returns:
        float32 `[h, w, 2]` of (x, y), -1 to 1 from edge to edge. Where height and width are powers of two float32 holds
        the pixel centres, (2i + 1) / r - 1, exactly, so that the identity copies every pixel exactly.
    """
    x, y = _centres(height, width)
    for setting in reversed(tuple(settings)):
        how = kind(setting.op)
        if how not in ("warp", "drift"):
            continue
        op = ops()[setting.op]
        amount = op.PARAMETER.clamp(setting.amount)
        if amount == op.PARAMETER.identity:
            continue
        x, y = op.warp(x, y, amount) if how == "warp" else op.drift(x, y, amount, moment(setting.op))
    return np.stack([x * np.float32(height / width), y], axis=-1)  # [h, w, 2]


@lru_cache(maxsize=32)
def _centres(height: int, width: int) -> tuple[Array, Array]:
    """Where the pixels stand: y from -1 to 1, x from -width / height to width / height, so that a circle is round."""

    def line(count: int) -> Array:
        return (2.0 * np.arange(count, dtype=np.float32) + 1.0) / np.float32(count) - np.float32(1.0)

    x, y = np.meshgrid(line(width) * np.float32(width / height), line(height))
    x.flags.writeable = y.flags.writeable = False
    return x, y  # [h, w] each
