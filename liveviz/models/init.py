"""Random generators: what `model new` writes, and what every test and benchmark runs on. Drawn by numpy, so that a seed
gives the same weights on every machine, with or without torch."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from liveviz.models.config import GeneratorConfig
from liveviz.models.generator import Generator
from liveviz.models.mapping_network import MappingNetwork

NOISE_STRENGTH = 0.1
RGB_GAIN = 0.35
AVERAGED = 4096


def new(config: GeneratorConfig, seed: int = 0) -> Generator:
    """A generator with random weights, the same for the same seed.

    Weights and biases start as StyleGAN2's do (unit normal; style biases 1; the rest 0). Two things differ, so that an
    untrained picture is worth looking at: noise_strength is visible (StyleGAN2 starts at 0), and toRGB is scaled down
    so that a picture spans about ±1. w_avg is the mean of w over 4096 random z.

    Args:
        seed: 0 to 2**32 - 1.
    Source: Karras et al. 2020 (1912.04958), appendix B.
    """
    random = np.random.RandomState(seed)
    weights: dict[str, NDArray[np.float32]] = {}
    for name, shape in config.shapes().items():
        kind = name.rsplit(".", 1)[-1]
        if kind == "noise_strength":
            weights[name] = np.full(shape, NOISE_STRENGTH, np.float32)
        elif kind in ("bias", "w_avg"):
            weights[name] = np.full(shape, 1.0 if ".affine." in name else 0.0, np.float32)
        else:
            scale = 1.0 / config.mapping_lr if ".fc" in name else RGB_GAIN if name.endswith("torgb.weight") else 1.0
            weights[name] = (random.standard_normal(shape) * scale).astype(np.float32)
    generator = Generator(config, weights, f"random-{seed}")
    mapping = MappingNetwork(generator)
    z = random.standard_normal((AVERAGED, config.z_dim)).astype(np.float32)
    c = mapping.one_hot(random.randint(max(config.classes, 1), size=AVERAGED))
    w_avg = mapping(z, c).mean(axis=0, dtype=np.float64).astype(np.float32)
    return replace(generator, weights={**weights, "mapping.w_avg": w_avg})
