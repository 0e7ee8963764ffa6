"""Random generators: what `model new` writes, and what every test and benchmark runs on. Drawn by numpy, so that a seed
gives the same weights on every machine, with or without torch."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from liveviz.models.config import GeneratorConfig
from liveviz.models.generator import Generator
from liveviz.models.mapping_network import MappingNetwork

NOISE_STRENGTH = 0.05
AVERAGED = 4096
CLAMP = 2.0
SMOOTHNESS = 0.6  # more draws sharper shapes, and lets the rounding of half precision show
RGB_GAIN = 0.2
RGB_SHARED = 0.6  # how much the three colours of a channel have in common: fewer, deeper colours
RGB_BIAS = -0.45
BUMP = np.outer([1, 2, 1], [1, 2, 1]) / 4.0  # [3, 3]


def small_config(
    resolution: int = 256, channel_base: int = 4096, channel_max: int = 128, classes: int = 0
) -> GeneratorConfig:
    """Sizes of a generator that a CPU plays live: a small mapping network, and a clamp that gives random weights shape."""
    return GeneratorConfig(
        resolution=resolution,
        channel_base=channel_base,
        channel_max=channel_max,
        z_dim=64,
        w_dim=128,
        classes=classes,
        mapping_layers=4,
        conv_clamp=CLAMP,
    )


def new(config: GeneratorConfig, seed: int = 0) -> Generator:
    """A generator with random weights, the same for the same seed.

    Weights and biases start as StyleGAN2's do (unit normal; style biases 1; the rest 0), and w_avg is the mean of w over
    4096 random z. So that an untrained picture is worth looking at, kernels have mean 0 over their inputs (else every
    picture is one flat colour), noise_strength is visible, and toRGB is dark, scaled down, and shares part of its
    weights between colours. With a clamp, kernels are partly smooth: they amplify what is smooth until the clamp
    catches it, which draws shapes with edges; without one the values would grow without end, so there they are rough.

    Args:
        seed: 0 to 2**32 - 1.
    Source: Karras et al. 2020 (1912.04958), appendix B, for the start.
    """
    random = np.random.RandomState(seed)
    weights: dict[str, NDArray[np.float32]] = {}
    for name, shape in config.shapes().items():
        if name.endswith("noise_strength"):
            value: NDArray = np.full(shape, NOISE_STRENGTH)
        elif name.endswith(("bias", "w_avg")):
            value = np.full(shape, 1.0 if ".affine." in name else 0.0)
        elif ".fc" in name:
            value = random.standard_normal(shape) / config.mapping_lr
        elif name.endswith("torgb.weight"):
            value = _rgb(random, shape) * (RGB_GAIN * CLAMP / (config.conv_clamp or CLAMP))
        elif name.endswith(("conv0.weight", "conv1.weight")):
            value = _kernels(random, shape, smooth=config.conv_clamp is not None)
        else:
            value = random.standard_normal(shape)
        weights[name] = value.astype(np.float32)
    weights["synthesis.b4.torgb.bias"] += np.float32(RGB_BIAS)
    generator = Generator(config, weights, f"random-{seed}")
    mapping = MappingNetwork(generator)
    z = random.standard_normal((AVERAGED, config.z_dim)).astype(np.float32)
    c = mapping.one_hot(random.randint(max(config.classes, 1), size=AVERAGED))
    w_avg = mapping(z, c).mean(axis=0, dtype=np.float64).astype(np.float32)
    return replace(generator, weights={**weights, "mapping.w_avg": w_avg})


def _kernels(random: np.random.RandomState, shape: tuple[int, ...], smooth: bool) -> NDArray:
    """Kernels `[O, I, 3, 3]`: nine independent taps, with a smooth bump over them where asked; mean 0 over I."""
    value = random.standard_normal(shape)
    if smooth:
        value = (1.0 - SMOOTHNESS) * value + SMOOTHNESS * random.standard_normal((*shape[:2], 1, 1)) * BUMP
    return value - value.mean(axis=1, keepdims=True) if shape[1] > 1 else value


def _rgb(random: np.random.RandomState, shape: tuple[int, ...]) -> NDArray:
    """toRGB `[C, I, 1, 1]` of unit variance, its rows correlated, mean 0 over I."""
    shared = random.standard_normal((1, *shape[1:]))
    value = np.sqrt(1.0 - RGB_SHARED**2) * random.standard_normal(shape) + RGB_SHARED * shared
    return value - value.mean(axis=1, keepdims=True) if shape[1] > 1 else value
