"""StyleGAN2 and StyleGAN3 as a family: where what this folder holds meets the rest of the program."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from liveviz.fields import COUNT as FIELDS
from liveviz.models.family import Family, Read, Reference
from liveviz.models.generator import Generator
from liveviz.models.importing.opened import Opened
from liveviz.models.importing.state import State
from liveviz.models.palette import WEIGHT, palette_rows
from liveviz.models.stylegan import init, layers2, layers3, readers, reduce, wide
from liveviz.models.stylegan.config import ARCHITECTURES, GeneratorConfig, as_stylegan
from liveviz.models.stylegan.mapping_network import MappingNetwork

HALF_RESOLUTIONS = 4  # the finest of a StyleGAN2-ADA that run in half precision, by its own default
HALF_CLAMP = 256.0  # of activations, with that

Array = NDArray[np.float32]


class StyleGan(Family):
    """StyleGAN2 (skip, orig, resnet) and StyleGAN3 (T, R)."""

    networks = ("a StyleGAN2", "a StyleGAN3")
    playable = readers.PLAYABLE
    anchors = readers.ANCHOR_TENSORS

    def config(self, values: Mapping[str, object]) -> GeneratorConfig:
        return GeneratorConfig.from_dict(values)

    def examples(self) -> tuple[GeneratorConfig, ...]:
        plain = [init.small_config(32, 256, 16, architecture=name) for name in ARCHITECTURES]
        classes = init.small_config(32, 256, 16, classes=3, const=(6, 4))
        fields = replace(classes, img_channels=FIELDS, conv_clamp=None)
        return *plain, classes, fields, replace(classes, classes=0, img_channels=1, conv_clamp=None)

    def new(self, config: GeneratorConfig, seed: int = 0) -> Generator:
        return init.new(config, seed)

    def mapping(self, generator: Generator) -> MappingNetwork:
        return MappingNetwork(generator)

    def reference(self, generator: Generator, precision: str = "f32") -> Reference:
        from liveviz.models.stylegan.reference import network  # torch, which a show does without

        return network(generator, fp16=precision == "f16")

    def precisions(self, config: GeneratorConfig) -> tuple[str, ...]:
        return ("f16", "f32") if config.num_fp16_res and not config.is_stylegan3 else ("f32",)

    def as_trained(self, generator: Generator) -> Generator:
        config = as_stylegan(generator.config)
        if config.is_stylegan3:
            return generator
        clamp = HALF_CLAMP if config.conv_clamp is None else config.conv_clamp
        return replace(generator, config=replace(config, num_fp16_res=HALF_RESOLUTIONS, conv_clamp=clamp))

    def stored_noise(self, generator: Generator) -> list[Array]:
        return [generator.weights[f"{place.name}.noise_const"] for place in generator.config.noises]

    def style_matrices(self, generator: Generator) -> list[tuple[int, Array]]:
        found = [
            (row, generator.weights[f"{name}.affine.weight"])
            for name, row in affine_rows(as_stylegan(generator.config))
        ]
        if generator.config.draws_fields:  # colour is read by the palette
            found += [(row, generator.weights[WEIGHT]) for row in palette_rows(generator.config)]
        return found

    def decides_directions(self, weight: str) -> bool:
        return weight.startswith(("mapping.", "palette.")) or ".affine." in weight

    def widen(self, generator: Generator, size: tuple[int, int], how: str) -> Generator:
        return wide.widen(generator, size, how)

    def without_last_level(self, generator: Generator) -> Generator | None:
        return reduce.without_last_level(generator)

    def read_pickle(self, opened: Opened) -> Read | None:
        return readers.read_pickle(opened)

    def read_state(self, opened: Opened, state: State) -> Read:
        return readers.read_state(opened, state)


def affine_rows(config: GeneratorConfig) -> list[tuple[str, int]]:
    """(name of the layer, row of ws that it reads) of every affine layer."""
    if config.is_stylegan3:
        return [("synthesis.input", 0), *((layer.name, layer.number + 1) for layer in layers3.layers(config))]
    found = []
    for block in layers2.blocks(config):
        names = [*block.convs, *(["torgb"] if block.torgb else [])]
        found += [(f"{block.name}.{name}", block.row + n) for n, name in enumerate(names)]
    return found


FAMILY = StyleGan()
