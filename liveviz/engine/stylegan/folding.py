"""How bending meets a network: what it must know of each layer, and how gains and rewritten filters become factors of
the packed style vector, so that they cost nothing."""

import numpy as np

from liveviz import bending
from liveviz.engine.stylegan.rewrite import Array, Rewrite
from liveviz.models import GeneratorConfig
from liveviz.models.stylegan import layers2, layers3


def layers_of(config: GeneratorConfig) -> dict[int, bending.Layer]:
    """Every layer that a bend can reach, by its name in mapping files."""
    filters: dict[int, tuple[int, ...]] = {}
    if config.is_stylegan3:
        for layer in layers3.layers(config)[:-1]:
            filters[layer.rate] = (*filters.get(layer.rate, ()), layer.outputs)
    else:
        filters = {b.resolution: (b.outputs,) * len(b.convs) for b in layers2.blocks(config)}
    bare = config.architecture == "stylegan2-resnet"  # a residual block's way around has no styles
    last = max(filters)
    return {n: bending.Layer(*sizes, filters[n], not bare or n == last) for n, sizes in config.layers.items()}


def factors(rewrite: Rewrite, moved: bending.Moved) -> Array | None:
    """What the packed style vector is multiplied by, float32 `[style_size]`; None where that changes nothing."""
    if not moved.gains and not moved.filters:
        return None
    made = np.ones(rewrite.style_size, np.float32)
    for layer, gains in moved.gains.items():
        for part in rewrite.readers[layer]:
            made[part] *= gains
    for layer, filters in moved.filters.items():
        for part, factor in zip(rewrite.writers[layer], filters, strict=True):
            made[part] *= factor
    return made
