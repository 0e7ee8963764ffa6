"""images are what the default generator learns from: programs, one class a file, so that nobody's rights are touched.

Each file here is a class, named by its file, with one function `draw(plane, coarse, middle) -> Scene`: a smooth function
of four coarse numbers (composition: what a VJ's coarse layers move) and two middle numbers, whose meaning is the same in
all classes (how much detail, how wide the light). A scene says where things are and where on a colour ramp they stand;
`_palettes` gives the colours, and `liveviz.fields` lays both together at any size. z is four coarse, two middle and ten
palette numbers. To add a class: one file; the trainer counts them.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from liveviz.fields import CHANNELS, COUNT, NAMES
from liveviz.fields import paint as paint_fields
from liveviz.learning.levels import to_bytes
from liveviz.learning.pictures import _torch_ops
from liveviz.learning.pictures._palettes import PALETTE_NUMBERS, PALETTES, palette, resting
from liveviz.learning.pictures._shared import Numbers, Plane, Scene, fields, plane
from liveviz.system import discover

COARSE_NUMBERS, MIDDLE_NUMBERS = 4, 2
"""Numbers of a class that say its composition, and its detail and light."""
Z_DIM = COARSE_NUMBERS + MIDDLE_NUMBERS + PALETTE_NUMBERS
"""Numbers of z: composition, detail and light, palette."""

Program = Callable[[Plane, Numbers, Numbers], Scene]


@lru_cache(maxsize=1)
def programs() -> dict[str, Program]:
    """Every class of images by name, sorted: the files of this folder."""
    return {name: discover.load(__name__, name).draw for name in discover.names(__name__)}


def normalise(z: Tensor) -> Tensor:
    """z `[n, z_dim]` scaled to a second moment of 1, as every mapping network does first."""
    return z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


def spread(z: Tensor) -> Tensor:
    """Normal numbers spread evenly over ±1, so that no setting of a shape is rare."""
    return torch.erf(z / math.sqrt(2.0))


def numbers_of(z: Tensor) -> Tensor:
    """Shape numbers `[n, 6]` in ±1 of normalised z `[n, z_dim]`: four coarse, two middle."""
    return spread(z[:, : COARSE_NUMBERS + MIDDLE_NUMBERS])


def draw_fields(names: list[str], numbers: Tensor, classes: Tensor, size: int, width: int = 0) -> Tensor:
    """Draw the fields of a batch.

    Args:
        names: the classes, in order.
        numbers: `[n, 6]` in ±1.
        classes: index into names, `[n]`.
        size: pixels of the height; width: pixels, 0 for a square.
    Returns: float32 `[n, channels, size, width]`, as `fields.CHANNELS` has them.
    """
    found = programs()
    width = width or size
    ground = plane(size, width, numbers.device)
    out = torch.empty(len(numbers), COUNT, size, width, device=numbers.device)
    for index in classes.unique().tolist():
        rows = (classes == index).nonzero()[:, 0]
        values = tuple(v[:, None, None] for v in numbers[rows].unbind(1))  # each [m, 1, 1]
        scene = found[names[index]](ground, values[:COARSE_NUMBERS], values[COARSE_NUMBERS:])
        out[rows] = fields(scene, out[rows, 0])
    return out


def values(drawn: Tensor) -> Tensor:
    """Fields in their own units of fields as a generator draws them, both `[n, channels, h, w]`."""
    low, high = (
        torch.tensor([getattr(c, end) for c in CHANNELS], device=drawn.device)[:, None, None] for end in ("low", "high")
    )
    return low + (drawn.clamp(-1.0, 1.0) + 1.0) * (0.5 * (high - low))


def paint(planes: Tensor, colours: Tensor) -> Tensor:
    """The images `[n, 3, h, w]` in ±1 of fields `[n, channels, h, w]` and colours `[n, 5, 3]`."""
    named = dict(zip(NAMES, planes.unbind(1), strict=True))
    table = [[colours[:, k, c, None, None] for c in range(3)] for k in range(colours.shape[1])]
    pixel = torch.tensor(2.0 / planes.shape[2], device=planes.device)
    return torch.stack(paint_fields(_torch_ops, named, table, pixel), dim=1) * 2.0 - 1.0


def draw(names: list[str], z: Tensor, classes: Tensor, size: int, width: int = 0) -> Tensor:
    """Images `[n, 3, size, width]` in ±1 of any z `[n, z_dim]`, as the perfect generator would draw them."""
    z = normalise(z)
    return paint(
        draw_fields(names, numbers_of(z), classes, size, width), palette(z[:, COARSE_NUMBERS + MIDDLE_NUMBERS :])
    )


def pixels(name: str, z: NDArray[np.float32], size: int) -> NDArray[np.uint8]:
    """One image uint8 `[size, size, 3]` of a class by name, of z `[z_dim]`, as an image file holds it."""
    latent = torch.from_numpy(z)[None]  # [1, z_dim]
    image = draw([name], latent, torch.zeros(1, dtype=torch.long), size)[0]  # [3, size, size]
    return to_bytes(image).transpose(1, 2, 0)


__all__ = [
    "COARSE_NUMBERS",
    "MIDDLE_NUMBERS",
    "PALETTES",
    "PALETTE_NUMBERS",
    "Z_DIM",
    "Numbers",
    "Plane",
    "Scene",
    "draw",
    "draw_fields",
    "normalise",
    "numbers_of",
    "paint",
    "palette",
    "pixels",
    "programs",
    "resting",
    "spread",
    "values",
]
