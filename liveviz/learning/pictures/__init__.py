"""pictures are what the default generator learns from: programs, one class a file, so that nobody's rights are touched.

Each file here is a class, named by its file, with one function `draw(plane, coarse, middle) -> Layers`: a smooth
function of four coarse numbers (composition: what a VJ's coarse layers move) and two middle numbers, whose meaning is
the same in all classes (how much detail, how wide the light). `_palettes` turns the five maps of it into colours, as
the fine layers do. z is four coarse, two middle
and ten palette numbers. To add a class: one file; the trainer counts them.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from liveviz.learning.levels import to_bytes
from liveviz.learning.pictures._palettes import PALETTE_NUMBERS, PALETTES, paint, palette, resting
from liveviz.learning.pictures._shared import MAPS, Layers, Numbers, Plane, maps, plane
from liveviz.system import discover

COARSE, MIDDLE = 4, 2
FILE_SAMPLES = 2  # sub-pixels a side of what goes into a file
Z_DIM = COARSE + MIDDLE + PALETTE_NUMBERS

Program = Callable[[Plane, Numbers, Numbers], Layers]


@lru_cache(maxsize=1)
def programs() -> dict[str, Program]:
    """Every class of pictures by name, sorted: the files of this folder."""
    return {name: discover.load(__name__, name).draw for name in discover.names(__name__)}


def normalise(z: Tensor) -> Tensor:
    """z `[n, z_dim]` scaled to a second moment of 1, as every mapping network does first."""
    return z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


def spread(z: Tensor) -> Tensor:
    """Normal numbers spread evenly over ±1, so that no setting of a shape is rare."""
    return torch.erf(z / math.sqrt(2.0))


def numbers_of(z: Tensor) -> Tensor:
    """Shape numbers `[n, 6]` in ±1 of normalised z `[n, z_dim]`: four coarse, two middle."""
    return spread(z[:, : COARSE + MIDDLE])


def draw_numbers(
    names: list[str], numbers: Tensor, classes: Tensor, size: int, samples: int = 1, width: int = 0
) -> Tensor:
    """Draw the five maps of a batch.

    Args:
        names: the classes, in order.
        numbers: `[n, 6]` in ±1.
        classes: index into names, `[n]`.
        size: pixels of the height; width: pixels, 0 for a square.
        samples: how many sub-pixels a side are averaged to one pixel.
    Returns: float32 `[n, 5, size, width]`, ≥ 0.
    """
    found = programs()
    width = width or size
    field = plane(size * samples, width * samples, numbers.device)
    out = torch.empty(len(numbers), MAPS, size, width, device=numbers.device)
    for index in classes.unique().tolist():
        rows = (classes == index).nonzero()[:, 0]
        values = tuple(v[:, None, None] for v in numbers[rows].unbind(1))  # each [m, 1, 1]
        drawn = maps(found[names[index]](field, values[:COARSE], values[COARSE:]))
        out[rows] = F.avg_pool2d(drawn, samples) if samples > 1 else drawn
    return out


def draw(names: list[str], z: Tensor, classes: Tensor, size: int, samples: int = 1, width: int = 0) -> Tensor:
    """Pictures `[n, 3, size, width]` in ±1 of any z `[n, z_dim]`, as the perfect generator would draw them."""
    z = normalise(z)
    return paint(draw_numbers(names, numbers_of(z), classes, size, samples, width), palette(z[:, COARSE + MIDDLE :]))


def pixels(name: str, z: NDArray[np.float32], size: int) -> NDArray[np.uint8]:
    """One picture uint8 `[size, size, 3]` of a class by name, of z `[z_dim]`, as a picture file holds it."""
    latent = torch.from_numpy(z)[None]  # [1, z_dim]
    picture = draw([name], latent, torch.zeros(1, dtype=torch.long), size, FILE_SAMPLES)[0]  # [3, size, size]
    return to_bytes(picture).transpose(1, 2, 0)


__all__ = [
    "COARSE",
    "MAPS",
    "MIDDLE",
    "PALETTES",
    "PALETTE_NUMBERS",
    "Z_DIM",
    "Layers",
    "Numbers",
    "Plane",
    "draw",
    "draw_numbers",
    "normalise",
    "numbers_of",
    "paint",
    "palette",
    "pixels",
    "programs",
    "resting",
    "spread",
]
