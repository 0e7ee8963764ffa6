"""The engine's half of a family to copy: the network of `models/_template/family.py` as constants, a style vector and the steps
that every backend brings."""

from typing import Any

import numpy as np

from liveviz import bending
from liveviz.engine.family import LISTENED_PARAMETERS, Array, Family, Network, Part
from liveviz.engine.operations import Conv, NetworkOperations
from liveviz.models import Config, Generator

LEAKY_SLOPE = 0.2  # of the leaky ReLU


class Checkers(Network):
    """The style vector is what multiplies the inputs of the two convolutions, `[C]` each, one after the other."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        weights, self.config = generator.weights, generator.config
        channels, size, _ = weights["const"].shape
        self.noises, self.style_size = [], 2 * channels
        self._styles = [np.ascontiguousarray(weights[f"{name}.style"].T) for name in ("mix", "draw")]  # [w_dim, C] each
        self._const = weights["const"][None]
        mix, draw = self._slices = [slice(0, channels), slice(channels, 2 * channels)]
        self._mix = Conv("mix", size, weights["mix.weight"], weights["mix.bias"], padding=1, s=mix, slope=LEAKY_SLOPE)
        self._draw = Conv("draw", size, weights["draw.weight"], weights["draw.bias"], s=draw, rgb=True)
        self._layer = size
        self.readers, self.writers = {size: [draw]}, {}

    def parts(self) -> list[Part]:
        return [(part, (1, part.stop - part.start, 1, 1)) for part in self._slices]

    def styles(self, ws: Array, view: Array | None = None) -> Array:
        made = [1.0 + ws[:, row] @ matrix for row, matrix in enumerate(self._styles)]
        return np.asarray(np.concatenate(made, axis=1), np.float32)

    def build(self, o: NetworkOperations, colours: int) -> Any:
        x = o.conv(o.constant(self._const), self._mix)
        return o.conv(o.bend(x, self._layer), self.coloured(self._draw, colours))


class Checker(Family):
    """It has no noise and no plane."""

    def network(self, generator: Generator) -> Checkers:
        return Checkers(generator)

    def layers(self, config: Config) -> dict[int, bending.LayerShape]:
        return {layer: bending.LayerShape(*sizes) for layer, sizes in config.layers.items()}

    def listens(self, config: Config) -> frozenset[str]:
        deaf = {"noise", "view"} | (set() if config.classes else {"classes"})
        return frozenset(LISTENED_PARAMETERS) - deaf


FAMILY = Checker()
