"""The palette of a generator that draws fields: five colours, read from the fine rows of ws by one linear layer, so that the
rows which decide colour in any StyleGAN decide it here."""

import numpy as np
from numpy.typing import NDArray

from liveviz.fields import COLOURS
from liveviz.models.generator import Generator
from liveviz.models.sizes import Config
from liveviz.spec.layers import LAYER_RANGES, layer_range

WEIGHT, BIAS = "palette.weight", "palette.bias"


def palette_rows(config: Config) -> list[int]:
    """The rows of ws that the palette is read from: the fine ones, or the last where there are none."""
    fine = [n for n, r in enumerate(config.ws_resolutions) if LAYER_RANGES[layer_range(r)] == "fine"]
    return fine or [config.num_ws - 1]


class Palette:
    """The way from ws to colours; of a generator whose config draws fields. Thread-safe."""

    def __init__(self, generator: Generator) -> None:
        self._rows = palette_rows(generator.config)
        self._weight, self._bias = generator.weights[WEIGHT], generator.weights[BIAS]

    def __call__(self, ws: NDArray[np.float32]) -> NDArray[np.float32]:
        """Colours float32 `[n, 5, 3]`, about 0 to 1, of ws `[n, num_ws, w_dim]`: dark, middle, bright, white, accent."""
        flat = ws[:, self._rows].mean(axis=1) @ self._weight.T + self._bias
        return flat.astype(np.float32).reshape(-1, COLOURS, 3)
