"""Noise warp: a layer is stirred by a slow smooth noise, as a reflection in water. It drifts with noise_speed."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._channels import draw
from liveviz.bending._ops import Moment
from liveviz.bending._piece import Piece

PARAMETER = Piece(0.0, 0.35, 0.0, "heights", "Stir a layer with drifting noise, this far, in image heights")
KNOBS = {"waves": Piece(0.5, 8.0, 2.0, "", "How fine the noise of noise_warp is: waves per image height")}

WAVE_COUNT = 8  # plane waves in each direction: from eight on their sum looks like noise


def drift(x: NDArray[np.float32], y: NDArray[np.float32], amount: float, moment: Moment) -> tuple[NDArray, NDArray]:
    """Both coordinates move by a sum of plane waves of many directions and lengths, each running at its own pace: unit
    variance times 2 * amount / 3, so that few points go farther than `amount`."""
    moved = []
    for axis, place in enumerate((x, y)):
        total = np.zeros_like(x)
        for angle, length, start, speed in _waves(moment.seed, axis):
            pitch = math.pi * moment["waves"] * length
            turn = 2.0 * math.pi * math.fmod(start + speed * moment.phase, 1.0)
            along = np.float32(pitch * math.cos(angle)) * x + np.float32(pitch * math.sin(angle)) * y
            total += np.sin(along + np.float32(turn))
        moved.append(place + total * np.float32(2.0 * amount / 3.0 * math.sqrt(2.0 / WAVE_COUNT)))
    return moved[0], moved[1]


@lru_cache(maxsize=8)
def _waves(seed: int, axis: int) -> list[tuple[float, float, float, float]]:
    """(direction, length 0.5 to 1, start in turns, turns per phase) of each wave."""
    numbers = draw(4 * WAVE_COUNT, seed, axis).reshape(WAVE_COUNT, 4)
    return [(2.0 * math.pi * a, 0.5 + 0.5 * b, c, 0.4 * (d - 0.5)) for a, b, c, d in numbers.tolist()]
