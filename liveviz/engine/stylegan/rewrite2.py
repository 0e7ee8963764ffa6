"""The static-weight rewrite of a StyleGAN2, and its synthesis network, written once for every backend."""

from typing import Any

import numpy as np

from liveviz.engine.operations import Conv, NetworkOperations, Noise
from liveviz.engine.stylegan.constants import LEAKY_SLOPE, SQRT2, Rewrite
from liveviz.models import Generator
from liveviz.models.stylegan import layers2

_HALF_POWER = np.float32(np.sqrt(0.5))  # of each of two signals that are added


class Rewrite2(Rewrite):
    """Constants of a StyleGAN2.

    const: `[1, C, h, w]`, what it starts from.
    blocks: of every resolution, its name for bends, its convolutions, its toRGB and its skip where it has them.
    """

    def __init__(self, generator: Generator) -> None:
        super().__init__(generator)
        places = layers2.blocks(self.config)
        self.const = generator.weights[f"{places[0].name}.const"][None]
        self.blocks = [self._block(place) for place in places]
        folds = self.config.architecture != "stylegan2-resnet"
        for number, (layer, _, rgb, _) in enumerate(self.blocks):
            above = self.blocks[number + 1][1][0] if number + 1 < len(self.blocks) else None
            parts = [conv.s for conv in (above, rgb) if conv is not None and conv.s is not None]
            self.readers[layer] = parts if folds or above is None else []

    def _block(self, place: layers2.Block) -> tuple[int, list[Conv], Conv | None, Conv | None]:
        convs = []
        for row, name in enumerate(place.convs, place.row):
            gain = SQRT2 * _HALF_POWER if place.skip and name == "conv1" else SQRT2
            convs.append(self._conv(place, name, row, gain))
        self.writers[place.resolution] = [conv.d for conv in convs if conv.d is not None]
        row = place.row + len(convs)
        rgb = self._rgb(f"{place.name}.torgb", place.resolution, row) if place.torgb else None
        return place.resolution, convs, rgb, self._skip(place) if place.skip else None

    def _conv(self, place: layers2.Block, part: str, row: int, gain: np.float32) -> Conv:
        name, clamp = f"{place.name}.{part}", self.config.conv_clamp
        scale = float(self._weights[f"{name}.noise_strength"] * gain)
        self.noises.append(Noise(name, place.resolution, place.height, place.width, scale))
        return self._modulated(
            name,
            place.resolution,
            row,
            gain,
            gain,
            padding=1,
            up=part == "conv0",
            noise=len(self.noises) - 1,
            slope=LEAKY_SLOPE,
            clamp=None if clamp is None else clamp * float(gain / SQRT2),
        )

    def _skip(self, place: layers2.Block) -> Conv:
        name = f"{place.name}.skip"
        weight = self._weights[f"{name}.weight"] * (_HALF_POWER / np.sqrt(np.float32(place.inputs)))
        conv = Conv(name, place.resolution, weight, np.zeros(place.outputs, np.float32))
        self._drawing.append(conv)
        return conv

    def build(self, o: NetworkOperations, colours: int) -> Any:
        x, img = o.constant(self.const), None
        for layer, convs, rgb, skip in self.blocks:
            around = None if skip is None else o.upsample(o.conv(x, skip))
            for conv in convs:
                x = o.conv(x, conv)
            if around is not None:
                x = o.add(x, around)
            x = o.bend(x, layer)
            if rgb is not None:
                img = o.paint(img, x, self.coloured(rgb, colours), layer == self.blocks[-1][0])
        return img
