"""models holds generators: files of weights that hold no code, read with every name, shape and value checked, and the
networks that they are weights of.

A generator file is a `.safetensors` with the tensor names of stylegan2-ada and its `GeneratorConfig` as metadata; a
bundle is a folder `engines/<name>/` with `generator.safetensors`, `directions.safetensors` (PCA) and `card.toml`.
`open_model` finds either and returns a `Generator`: plain numpy arrays. The mapping network runs in numpy
(`MappingNetwork`), since a show needs it on every frame; the whole network as the papers have it is
`models.reference` (torch, imported by name only), which every faster engine is compared with. To add an architecture:
a name in `config.ARCHITECTURES`, its shapes in `GeneratorConfig.shapes`, its reference network.

Sources: Karras et al. 2019 (1812.04948), 2020 (1912.04958), 2020 (2006.06676).
"""

from liveviz.models.bundle import Card, list_models, open_model, write_bundle
from liveviz.models.config import GeneratorConfig
from liveviz.models.directions import Directions, pca, read_directions, write_directions
from liveviz.models.files import read, write
from liveviz.models.generator import Generator
from liveviz.models.init import new, small_config
from liveviz.models.mapping_network import MappingNetwork, latent

__all__ = [
    "Card",
    "Directions",
    "Generator",
    "GeneratorConfig",
    "MappingNetwork",
    "latent",
    "list_models",
    "new",
    "open_model",
    "pca",
    "read",
    "read_directions",
    "small_config",
    "write",
    "write_bundle",
    "write_directions",
]
