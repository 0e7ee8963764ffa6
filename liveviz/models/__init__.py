"""models holds generators: files of weights that hold no code, read with every name, shape and value checked, and the
networks that they are weights of.

A generator file is a `.safetensors` with the weights by name and the generator's `Config` as metadata; a bundle is a folder
`engines/<name>/` with `generator.safetensors`, `directions.safetensors` (PCA) and `card.toml`. `open_model` finds either and
returns a `Generator`: plain numpy arrays; files of other programs are read by `importing`, which runs nothing that is in them.

What networks there are is a matter of *families*: a folder here with a `family.py` says what a config answers, which files it
reads, how z becomes rows of style in numpy (`mapping_of`: a show needs it on every frame), what its reference network is
(torch, which every faster engine is compared with), and how a new one begins (`new`). `stylegan/` is StyleGAN2 and 3;
`family` is the contract, and `_template/`, with its other half in `engine`, a family to copy.

`find_directions` finds what the knobs push along, and how far each may go. `widen` gives a square generator an image of a
wall's shape; `lighter` and `without_last_level` one that costs less.

Sources: Karras et al. 2019 (1812.04948), 2020 (1912.04958), 2020 (2006.06676), 2021 (2106.12423).
"""

from liveviz.models.bundle import direction_names, import_model, list_models, open_model, write_bundle
from liveviz.models.card import Card, read_card, write_card
from liveviz.models.directions.file import FINDING_METHODS, Directions, read_directions, row_kinds, write_directions
from liveviz.models.directions.find import pca
from liveviz.models.directions.measure import find_directions
from liveviz.models.families import mapping_of, new
from liveviz.models.files import read, write, written_by
from liveviz.models.generator import Generator
from liveviz.models.latents import LatentMapping, latent
from liveviz.models.lighter import lighter, without_last_level
from liveviz.models.sizes import Config, NoisePlace
from liveviz.models.stylegan.config import ARCHITECTURES, GeneratorConfig
from liveviz.models.stylegan.init import small_config
from liveviz.models.stylegan.mapping_network import MappingNetwork
from liveviz.models.wide import WIDE_MODES, widen

__all__ = [
    "ARCHITECTURES",
    "FINDING_METHODS",
    "WIDE_MODES",
    "Card",
    "Config",
    "Directions",
    "Generator",
    "GeneratorConfig",
    "LatentMapping",
    "MappingNetwork",
    "NoisePlace",
    "direction_names",
    "find_directions",
    "import_model",
    "latent",
    "lighter",
    "list_models",
    "mapping_of",
    "new",
    "open_model",
    "pca",
    "read",
    "read_card",
    "read_directions",
    "row_kinds",
    "small_config",
    "widen",
    "without_last_level",
    "write",
    "write_bundle",
    "write_card",
    "write_directions",
    "written_by",
]
