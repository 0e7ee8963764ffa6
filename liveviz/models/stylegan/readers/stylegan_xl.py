"""StyleGAN-XL's way to its classes: each has a vector of a pretrained image classifier (`mapping.embed`), and a learned layer
turns it (`mapping.embed_proj`) before it goes into the mapping network beside z. One vector a class is what our mapping
network has too, so the layer is worked out once, here, and what is narrower than w is filled up with zeros.

The paper does not say all of it: whether the vector is normalised, and what comes first. So the file is asked: it holds the
mean of w of every class, and a mapping network that does not come out there is refused. The centre that truncation pulls
towards is the mean of all of them: at truncation_psi 1 the image is StyleGAN-XL's, below that it is ours.

Source: Sauer et al. 2022 (2202.00273), section 3.2; the tensors' names in the files.
"""

import math
from collections.abc import Collection

import numpy as np

from liveviz.models.generator import Generator
from liveviz.models.importing.weights import Array, Wanted, Weights, take
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.models.stylegan.mapping_network import MappingNetwork
from liveviz.models.stylegan.readers.nvidia import Pickle

PROBED_LATENTS, PROBED_CLASSES = 256, 8  # z a class, and classes, that are looked at
FAR_RATIO = 0.5  # of the distance between classes: further from where the file says is another arithmetic

_EMBED_TENSOR, _FIRST_TENSOR, _AVERAGE_TENSOR = "mapping.embed.weight", "mapping.fc0.weight", "mapping.w_avg"
_LAYER_PREFIX = "mapping.embed_proj"
CLASSES_NOTE = " with StyleGAN-XL's classes (truncation pulls towards the mean of all)"


def is_used(pickle: Pickle) -> bool:
    """Whether a pickle's generator has such classes."""
    return _LAYER_PREFIX in pickle.modules


def note(pickle: Pickle) -> str:
    """What to add to the kind of file it is."""
    return CLASSES_NOTE if is_used(pickle) else ""


def take_weights(
    pickle: Pickle, config: GeneratorConfig, wanted: dict[str, Wanted], ignored: Collection[str] = ()
) -> Weights:
    """Every weight of a pickle's generator, as `weights.take`, by way of such classes where it has them."""
    if not is_used(pickle):
        return take(pickle.source, pickle.arrays, pickle.nodes, config, wanted, ignored)
    if not config.classes:
        raise pickle.source.fail("c_dim: is 0, and yet it has an embedding of classes")
    means: list[Array] = []

    def middle(table: Array) -> Array:
        means.append(table)
        return np.asarray(table.mean(axis=0))

    theirs = _wanted(pickle, config) | {
        _AVERAGE_TENSOR: Wanted(_AVERAGE_TENSOR, (config.classes, config.w_dim), middle)
    }
    ignored = [*ignored, f"{_LAYER_PREFIX}.weight", f"{_LAYER_PREFIX}.bias"]
    weights = take(pickle.source, pickle.arrays, pickle.nodes, config, wanted | theirs, ignored)
    _check(pickle, config, weights, means[0])
    return weights


def _wanted(pickle: Pickle, config: GeneratorConfig) -> dict[str, Wanted]:
    """Where the weights of the mapping network are that such a file has otherwise."""
    features = pickle.shape(_EMBED_TENSOR, 2)[1]
    width = pickle.shape(f"{_LAYER_PREFIX}.weight", 2)[0]
    if not 1 <= width <= config.w_dim:
        raise pickle.source.fail(
            f"{_LAYER_PREFIX}: makes {width} numbers of a class; 1 to {config.w_dim} can be played"
        )
    if pickle.shape(f"{_LAYER_PREFIX}.weight", 2)[1] != features or pickle.shape(f"{_LAYER_PREFIX}.bias", 1) != (
        width,
    ):
        raise pickle.source.fail(f"{_LAYER_PREFIX}: does not go with the {features} features of a class")
    rate = pickle.rate(_LAYER_PREFIX, "linear")
    layer, bias = (
        pickle.arrays.array(name, pickle.nodes[name]) for name in (f"{_LAYER_PREFIX}.weight", f"{_LAYER_PREFIX}.bias")
    )

    def vectors(table: Array) -> Array:
        found = np.zeros((config.w_dim, config.classes), np.float32)
        found[:width] = (table @ layer.T * (rate / math.sqrt(features)) + bias * rate).T
        return found * np.float32(math.sqrt(config.classes))  # [w_dim, classes]

    def first(weight: Array) -> Array:
        """Its inputs are more, which scales it down, and zeros among them scale the vector up when it is normalised."""
        found = np.zeros((config.w_dim, config.z_dim + config.w_dim), np.float32)
        found[:, : config.z_dim] = weight[:, : config.z_dim]
        found[:, config.z_dim : config.z_dim + width] = weight[:, config.z_dim :] * math.sqrt(width / config.w_dim)
        return found * np.float32(math.sqrt(found.shape[1] / weight.shape[1]))

    return {
        _EMBED_TENSOR: Wanted(_EMBED_TENSOR, (config.classes, features), vectors),
        "mapping.embed.bias": Wanted("mapping.embed.bias", (config.w_dim,), default=0.0),
        _FIRST_TENSOR: Wanted(_FIRST_TENSOR, (config.w_dim, config.z_dim + width), first),
    }


def _check(pickle: Pickle, config: GeneratorConfig, weights: Weights, means: Array) -> None:
    """LivevizError unless the mean of w is, class by class, near `means` `[classes, w_dim]`."""
    some = np.unique(np.linspace(0, config.classes - 1, PROBED_CLASSES).astype(int))
    mapping = MappingNetwork(Generator(config, weights))
    z = np.random.RandomState(0).randn(PROBED_LATENTS, config.z_dim).astype(np.float32)
    with np.errstate(all="ignore"):  # numbers that are too large are far off too
        made = np.stack(
            [mapping(z, mapping.one_hot(np.full(PROBED_LATENTS, k))).mean(axis=0) for k in some]
        )  # [some, w_dim]
        apart = np.linalg.norm(means[some] - means[some].mean(axis=0), axis=1).mean()
        off = np.linalg.norm(made - means[some], axis=1).mean()
    if not off <= FAR_RATIO * apart:
        raise pickle.source.fail(
            "its classes go through a pretrained embedding in a way that the paper does not say: the mean w of a class is "
            f"{off / max(float(apart), 1e-9):.1f} times as far from where the file has it as classes are apart"
        )
