"""Generators wider or taller than they were trained: the same weights on a larger canvas, so that a square generator fills
a wall. A StyleGAN2 grows from its learned constant: where that has more columns, every layer above has. A StyleGAN3 samples
a plane without end: its canvas simply shows more of it.

Mirroring keeps the size of things, and what grows in the added columns is new: the noise, the borders and the columns'
own places differ. (Repeating the constant without mirroring leaves seams; a mirrored *image* has one at either side.)
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from liveviz.models.generator import Generator
from liveviz.models.stylegan.config import MAX_PIXELS, as_stylegan

# Longer than this in relation to its other side no image becomes: the rest is the stage's business
MOST_ASPECT_RATIO = 4.0

Array = NDArray[np.float32]


def widen(generator: Generator, size: tuple[int, int], how: str) -> Generator:
    """The generator with an image of nearly the shape of `size` (width, height), its shorter side as it was.

    Args:
        how: mirror adds mirrored copies of the learned constant at both sides (or above and below); extend draws the
            constant out, and with it everything in the image; a shape that is near enough already leaves the
            generator as it is. A StyleGAN3 shows more of its plane, mirror or extend.
    """
    config = as_stylegan(generator.config)
    height, width = config.const_height, config.const_width
    ratio = min(max(size[0] / size[1], 1.0 / MOST_ASPECT_RATIO), MOST_ASPECT_RATIO) * height / width
    if ratio > 1.0:
        width = min(round(width * ratio), 64, 16 * MAX_PIXELS // (config.resolution**2 * height))
    else:
        height = min(round(height / ratio), 64, 16 * MAX_PIXELS // (config.resolution**2 * width))
    if (height, width) == (config.const_height, config.const_width):
        return generator
    larger = replace(config, const_height=height, const_width=width)
    weights = dict(generator.weights)
    for name, shape in larger.shapes().items():
        if name.endswith(".const") or name.endswith(".noise_const"):
            grow = _drawn_out if how == "extend" and name.endswith(".const") else _mirrored
            weights[name] = grow(grow(weights[name], shape[-1], -1), shape[-2], -2)
    return replace(generator, config=larger, weights=weights)


def _mirrored(value: Array, size: int, axis: int) -> Array:
    """`value` in the middle, mirrored copies around it."""
    old = value.shape[axis]
    place = (np.arange(size) - (size - old) // 2) % (2 * old)
    return np.ascontiguousarray(np.take(value, np.minimum(place, 2 * old - 1 - place), axis))


def _drawn_out(value: Array, size: int, axis: int) -> Array:
    """`value` stretched from edge to edge: between two columns, a mixture of both that varies as much as either."""
    if size == value.shape[axis]:
        return value
    places = np.linspace(0, value.shape[axis] - 1, size)
    left = np.minimum(places.astype(int), max(value.shape[axis] - 2, 0))
    share = np.moveaxis((places - left).astype(np.float32).reshape(-1, *[1] * (value.ndim - 1)), 0, axis)
    right = np.minimum(left + 1, value.shape[axis] - 1)
    mixed = (1.0 - share) * np.take(value, left, axis) + share * np.take(value, right, axis)
    return np.ascontiguousarray(mixed / np.sqrt((1.0 - share) ** 2 + share**2), np.float32)
