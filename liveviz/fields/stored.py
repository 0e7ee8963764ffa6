"""Images of fields as they travel, in 16 bits a number, and what they look like at any size."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveviz.fields import numbers
from liveviz.fields.channels import CHANNELS
from liveviz.fields.paint import paint

MOST = 65535
"""The largest number that a field is stored as: fine enough for a dark gradient on a wall of 2160 rows."""

Pixels = NDArray[Any]
"""uint16 `[H, W, channels]`."""
Palette = NDArray[np.float32]


def pack(drawn: NDArray[np.float32]) -> Pixels:
    """uint16 `[H, W, channels]` of what a generator draws, `[channels, H, W]`: -1 is 0, 1 is 65535."""
    with np.errstate(over="ignore", invalid="ignore"):  # a generator may draw what is no number
        levels = np.clip(np.floor(drawn * np.float32(0.5 * MOST) + np.float32(0.5 * MOST + 0.5)), 0, MOST)
    return np.ascontiguousarray(np.nan_to_num(levels).astype(np.uint16).transpose(1, 2, 0))


def enlarge(pixels: Pixels, size: tuple[int, int]) -> dict[str, NDArray[np.float32]]:
    """Every field in its own unit, float32 `[h, w]` by name, at `size` (width, height).

    By a cubic B-spline, which has no overshoot and so draws no ring along an edge; what a generator draws are its
    coefficients. Beyond the border the outermost pixels go on.
    """
    rows, columns = (_weights(old, new) for old, new in zip(pixels.shape[:2], (size[1], size[0]), strict=True))
    found = {}
    for n, channel in enumerate(CHANNELS):
        plane = pixels[..., n].astype(np.float32) / np.float32(MOST)
        plane = plane if pixels.shape[:2] == (size[1], size[0]) else rows @ plane @ columns.T
        found[channel.name] = np.float32(channel.low) + plane * np.float32(channel.high - channel.low)
    return found


def _weights(old: int, new: int) -> NDArray[np.float32]:
    """What every one of `new` samples takes of `old` ones, `[new, old]`."""
    at = (np.arange(new) + 0.5) / new * old - 0.5
    first = np.floor(at)
    f = at - first
    taps = ((1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3)
    made = np.zeros((new, old))
    for k, tap in enumerate(taps, -1):
        np.add.at(made, (np.arange(new), np.clip(first.astype(int) + k, 0, old - 1)), tap / 6.0)
    return made.astype(np.float32)


def colours(pixels: Pixels, palette: Palette, size: tuple[int, int]) -> NDArray[np.float32]:
    """Colours float32 `[3, h, w]`, 0 to 1, at `size` (width, height), of an image of fields and its palette `[5, 3]`."""
    planes = enlarge(pixels, size)
    return np.stack(paint(numbers, planes, list(palette), np.float32(2.0 / size[1]))).astype(np.float32)
