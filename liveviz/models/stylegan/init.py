"""Random generators: what `model new` writes, and what every test and benchmark runs on. Drawn by numpy, so that a seed
gives the same weights on every machine, with or without torch."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from liveviz.fields import COLOURS
from liveviz.models.generator import Generator
from liveviz.models.stylegan import layers3
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.models.stylegan.filters import low_pass
from liveviz.models.stylegan.mapping_network import MappingNetwork

NOISE_STRENGTH = 0.05
AVERAGED_LATENTS = 4096
LATENT_CLAMP = 2.0
SMOOTHED_SHARE = 0.6  # more draws sharper shapes, and lets the rounding of half precision show
RGB_GAIN = 0.2
RGB_SHARED = 0.6  # how much the three colours of a channel have in common: fewer, deeper colours
RGB_BIAS = -0.45
ONLY_TORGB_GAIN = 2.5  # how much more a toRGB draws that is the only one
ALIAS_FREE_GAIN = 6.0  # of a StyleGAN3's: its images are scaled down
ALIAS_FREE_EMA = 0.9  # of random layers' activations, about
COLOURFUL = 0.12  # standard deviation of a random palette's colours around grey
BUMP_KERNEL = np.outer([1, 2, 1], [1, 2, 1]) / 4.0  # [3, 3]


def small_config(
    resolution: int = 256,
    channel_base: int = 4096,
    channel_max: int = 128,
    classes: int = 0,
    architecture: str = "stylegan2-skip",
    const: tuple[int, int] = (4, 4),
) -> GeneratorConfig:
    """Sizes of a generator that a CPU plays live: a small mapping network, and a clamp that gives random weights shape.

    Args:
        const: (width, height) of the learned constant, or of a StyleGAN3's canvas in quarters of the resolution.
    """
    config = GeneratorConfig(
        resolution=resolution,
        channel_base=channel_base,
        channel_max=channel_max,
        z_dim=64,
        w_dim=128,
        classes=classes,
        mapping_layers=4,
        conv_clamp=LATENT_CLAMP,
        architecture=architecture,
        const_width=const[0],
        const_height=const[1],
    )
    if not config.is_stylegan3:
        return config
    layers = min(config.num_layers, 2 * config.resolution.bit_length() - 4)  # a small one needs fewer
    return replace(config, mapping_layers=2, conv_clamp=256.0, num_layers=layers)


def new(config: GeneratorConfig, seed: int = 0) -> Generator:
    """A generator with random weights, the same for the same seed.

    Weights and biases start as StyleGAN2's do (unit normal; style biases 1; the rest 0), and w_avg is the mean of w over
    4096 random z. So that an untrained image is worth looking at, kernels have mean 0 over their inputs (else every
    image is one flat colour), noise_strength is visible, and toRGB is dark, scaled down, and shares part of its
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
        elif name == "palette.bias":  # from dark to light
            value = np.repeat(np.linspace(0.05, 1.0, COLOURS), 3)
        elif name == "palette.weight":
            value = random.standard_normal(shape) * (COLOURFUL / math.sqrt(config.w_dim))
        elif name.endswith(("bias", "w_avg")):
            value = np.full(shape, 1.0 if ".affine." in name else 0.0)
        elif ".fc" in name:
            value = random.standard_normal(shape) / config.mapping_lr
        elif name.endswith("torgb.weight"):
            value = _rgb(random, shape) * (RGB_GAIN * LATENT_CLAMP / (config.conv_clamp or LATENT_CLAMP))
            if config.architecture != "stylegan2-skip":
                value = value * ONLY_TORGB_GAIN
        elif name.endswith(("conv0.weight", "conv1.weight")):
            value = _kernels(random, shape, smooth=config.conv_clamp is not None)
        else:
            value = random.standard_normal(shape)
        weights[name] = value.astype(np.float32)
    if config.is_stylegan3:
        weights |= _stylegan3(config, random)
    else:
        first = "b4" if config.architecture == "stylegan2-skip" else f"b{config.resolution}"
        weights[f"synthesis.{first}.torgb.bias"] += np.float32(RGB_BIAS)
    generator = Generator(config, weights, f"random-{seed}")
    mapping = MappingNetwork(generator)
    z = random.standard_normal((AVERAGED_LATENTS, config.z_dim)).astype(np.float32)
    c = mapping.one_hot(random.randint(max(config.classes, 1), size=AVERAGED_LATENTS))
    w_avg = mapping(z, c).mean(axis=0, dtype=np.float64).astype(np.float32)
    return replace(generator, weights={**weights, "mapping.w_avg": w_avg})


def _stylegan3(config: GeneratorConfig, random: np.random.RandomState) -> dict[str, NDArray[np.float32]]:
    """What a StyleGAN3 does not draw from a normal distribution: frequencies within its first band, filters, gains."""
    width = layers3.input_channels(config)
    freqs = random.standard_normal((width, 2))
    radius = np.linalg.norm(freqs, axis=1, keepdims=True)
    # The square of a normal radius is distributed exponentially: this spreads the frequencies over the disc.
    freqs *= layers3.FIRST_CUTOFF * np.sqrt(-np.expm1(-(radius**2) / 2.0)) / radius
    found: dict[str, NDArray] = {
        "synthesis.input.transform": np.eye(3),
        "synthesis.input.freqs": freqs,
        "synthesis.input.phases": random.uniform(-0.5, 0.5, width),
        "synthesis.input.affine.weight": np.zeros((4, config.w_dim)),
        "synthesis.input.affine.bias": np.array([1.0, 0.0, 0.0, 0.0]),
    }
    for layer in layers3.layers(config):
        found[f"{layer.name}.magnitude_ema"] = np.full((), ALIAS_FREE_EMA)
        shape = (layer.outputs, layer.inputs, layer.kernel, layer.kernel)
        if layer.torgb:
            found[f"{layer.name}.weight"] = _rgb(random, shape) * ALIAS_FREE_GAIN
            found[f"{layer.name}.bias"] = np.full(layer.outputs, RGB_BIAS / layers3.OUTPUT_SCALE)
            continue
        found[f"{layer.name}.weight"] = _kernels(random, shape, smooth=False)
        rate = layer.in_rate * layer.up
        for n, part, taps, radial in ((0, "up", layer.up_taps, False), (1, "down", layer.down_taps, layer.radial)):
            made = low_pass(taps, layer.cutoff[n], 2.0 * layer.half_width[n], rate, radial)
            found[f"{layer.name}.{part}_filter"] = made
    return {name: np.asarray(value, np.float32) for name, value in found.items()}


def _kernels(random: np.random.RandomState, shape: tuple[int, ...], smooth: bool) -> NDArray:
    """Kernels `[O, I, 3, 3]`: nine independent taps, with a smooth bump over them where asked; mean 0 over I."""
    value = random.standard_normal(shape)
    if smooth:
        value = (1.0 - SMOOTHED_SHARE) * value + SMOOTHED_SHARE * random.standard_normal(
            (*shape[:2], 1, 1)
        ) * BUMP_KERNEL
    return value - value.mean(axis=1, keepdims=True) if shape[1] > 1 else value


def _rgb(random: np.random.RandomState, shape: tuple[int, ...]) -> NDArray:
    """toRGB `[C, I, 1, 1]` of unit variance, its rows correlated, mean 0 over I."""
    shared = random.standard_normal((1, *shape[1:]))
    value = np.sqrt(1.0 - RGB_SHARED**2) * random.standard_normal(shape) + RGB_SHARED * shared
    return value - value.mean(axis=1, keepdims=True) if shape[1] > 1 else value
