"""What is seen of an image when a direction moves it: how much of it changes, at several scales, and whether it still
is one. No network judges here, so that it works for any generator: colours and contrasts of cells, and what is
ordinary is asked of the generator's own images."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GRID_CELLS = (32, 16, 8)  # cells along the shorter side of an image, at each scale
VISIBLE_CHANGE = 0.12  # of ±1: a cell that changes by as much is seen to change
LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)

CLIPPED_SHARE = 0.12  # more of an image's values at an end of the scale than ordinary: blown out, or drowned
LEVEL_DEVIATION = 0.35  # of ±1, beyond what is ordinary: white or black all over
FLAT_RATIO = 1.6  # times less contrast of the whole than is ordinary
BLURRED_RATIO, ROUGH_RATIO = 1.25, 1.8  # times less, and more, contrast of the parts than the image at rest has

Array = NDArray[np.float32]
Synthesize = Callable[[Array], Array]


@dataclass(frozen=True)
class Views:
    """What is seen of n images.

    cells: float32 `[n, C, h, w]`, mean colours of the finest cells. features: float32 `[n, f]`, colours and contrasts of
    the cells of all scales, such that the Euclidean distance of two is a root mean square, about in the unit of ±1.
    clipped, level, contrast, detail: float32 `[n]`, share of values outside ±1, mean brightness, its spread from cell
    to cell, and its spread within cells.
    """

    cells: Array
    features: Array
    clipped: Array
    level: Array
    contrast: Array
    detail: Array

    def part(self, chosen: slice | NDArray[np.int64]) -> "Views":
        """Those images alone."""
        return Views(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def look(raw: Array) -> Views:
    """Look at raw images `[n, C, H, W]` about ±1, of any size; what is no number counts as black."""
    clear = np.nan_to_num(raw, nan=-1.0, posinf=1e3, neginf=-1e3)
    clipped = (np.abs(clear) > 1.0).mean(axis=(1, 2, 3), dtype=np.float32)  # [n]
    shown = np.clip(clear, -1.0, 1.0)
    weights = LUMA_WEIGHTS if shown.shape[1] == 3 else np.full(shown.shape[1], 1.0 / shown.shape[1], np.float32)
    luma = np.tensordot(shown, weights, axes=(1, 0))[:, None]  # [n, 1, H, W]
    parts, finest = [], None
    for grid in GRID_CELLS:
        cells, spread = _cells(shown, grid), _spread(luma, grid)
        finest = (cells, spread) if finest is None else finest
        for values in (cells, spread):
            parts.append(values.reshape(len(raw), -1) / np.sqrt(values[0].size * len(GRID_CELLS)))
    cells, spread = finest if finest is not None else (shown, luma)
    return Views(
        cells,
        np.concatenate(parts, axis=1).astype(np.float32),
        clipped,
        luma.mean(axis=(1, 2, 3)),
        _cells(luma, GRID_CELLS[0]).std(axis=(1, 2, 3)),
        spread.mean(axis=(1, 2, 3)),
    )


def _cells(images: Array, grid: int) -> Array:
    """Means `[n, C, h, w]` of square cells, `grid` of them along the shorter side or as many as it has pixels."""
    n, channels, height, width = images.shape
    side = max(1, min(height, width) // grid)
    h, w = height // side, width // side
    cut = images[:, :, : h * side, : w * side].reshape(n, channels, h, side, w, side)
    return np.asarray(cut.mean(axis=(3, 5)), np.float32)


def _spread(luma: Array, grid: int) -> Array:
    """Standard deviations `[n, 1, h, w]` within the same cells."""
    mean = _cells(luma, grid)
    return np.sqrt(np.maximum(_cells(np.square(luma), grid) - np.square(mean), 0.0))


def distance(a: Views, b: Views) -> Array:
    """How far image k of `a` is from image k of `b` (or from the only one), float32 `[n]`."""
    return np.asarray(np.linalg.norm(a.features - b.features, axis=1))


def changed(a: Views, b: Views) -> Array:
    """Share of the image, 0 to 1, in which one sees a difference, float32 `[n]`."""
    return np.asarray((np.abs(a.cells - b.cells).max(axis=1) > VISIBLE_CHANGE).mean(axis=(1, 2)), np.float32)


@dataclass(frozen=True)
class Ordinary:
    """What a generator's own images are like: the ends that all but a few of them keep within."""

    clipped: float
    levels: tuple[float, float]
    contrast: float

    @classmethod
    def of(cls, views: Views) -> "Ordinary":
        """From some images."""
        low, high = np.quantile(views.level, [0.05, 0.95])
        return cls(
            float(np.quantile(views.clipped, 0.95)), (float(low), float(high)), float(np.quantile(views.contrast, 0.05))
        )

    def strain(self, moved: Views, rest: Views) -> Array:
        """How near each moved image is to breaking, float32 `[n]`: 0 as at rest, 1 or more broken.

        An image that is extreme at rest may stay as it is: what counts is what the direction adds.
        """
        tiny = np.float32(1e-6)
        return np.max(
            [
                (moved.clipped - np.maximum(rest.clipped, self.clipped)) / CLIPPED_SHARE,
                (moved.level - np.maximum(rest.level, self.levels[1])) / LEVEL_DEVIATION,
                (np.minimum(rest.level, self.levels[0]) - moved.level) / LEVEL_DEVIATION,
                np.log((np.minimum(rest.contrast, self.contrast) + tiny) / (moved.contrast + tiny))
                / np.log(FLAT_RATIO),
                np.log((rest.detail + tiny) / (moved.detail + tiny)) / np.log(BLURRED_RATIO),
                np.log((moved.detail + tiny) / (rest.detail + tiny)) / np.log(ROUGH_RATIO),
            ],
            axis=0,
        ).astype(np.float32)
