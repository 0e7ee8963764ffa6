"""Which channels of a layer a bend takes: worked out here, in numpy, so that no index that a musician wrote ever
reaches a device."""

import logging
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import Channels

REACH_RATIO = 0.75  # of a layer's channels
OVERLAP_RATIO = 0.25  # of the way: how long one channel takes

_log = logging.getLogger("liveviz.bending")


def draw(count: int, *key: int) -> NDArray[np.float64]:
    """`[count]` numbers in [0, 1) that only the whole numbers of `key` decide, for ever (raw bits, which NumPy promises
    never to change)."""
    source = np.random.SFC64(np.random.SeedSequence([k & 0xFFFFFFFF for k in key]))
    return np.asarray((source.random_raw(count) >> np.uint64(11)) * 2.0**-53, np.float64)


@lru_cache(maxsize=256)
def turns(channels: Channels, layer: int, count: int) -> NDArray[np.float64]:
    """When each channel that is meant has its turn, for ops that take them one after the other: float64 `[n]`, 0 to
    below 1 for chosen channels and small shares. Where more than REACH_RATIO of the layer is meant they go on above 1:
    a whole layer is never lost, and the image does not go out."""
    taken = mask(channels, layer, count)
    order = np.argsort(np.argsort(draw(count, channels.seed, layer, 1)[taken], kind="stable"), kind="stable")
    return order / max(len(order), 1) * max(1.0, len(order) / (REACH_RATIO * count))


def done(amount: float, turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each channel is, 0 to 1, when an op has gone `amount` (0 to 1) of its way through the channels."""
    x = np.clip((amount * (1.0 + OVERLAP_RATIO) - turn) / OVERLAP_RATIO, 0.0, 1.0)
    return np.where(turn < 1.0, x, 0.0)


@lru_cache(maxsize=256)
def mask(channels: Channels, layer: int, count: int) -> NDArray[np.bool_]:
    """Which of `count` channels of a layer are meant: bool `[count]`, not writable.

    A random share takes at least one channel; a larger share of the same seed holds the smaller one. Chosen channels
    that the layer has not are left out, and named in the log once.
    """
    taken = np.zeros(count, bool)
    if channels.chosen:
        known = [c for c in channels.chosen if 0 <= c < count]
        if len(known) < len(channels.chosen):
            missing = next(c for c in channels.chosen if not 0 <= c < count)
            _log.warning("bend: layer %d has channels 0 to %d; %d is left out", layer, count - 1, missing)
        taken[known] = True
    else:
        share = min(max(channels.share, 0.0), 1.0)  # a number that is none takes all
        order = np.argsort(draw(count, channels.seed, layer), kind="stable")
        taken[order[: max(1, round(share * count)) if share == share else count]] = True
    taken.flags.writeable = False
    return taken
