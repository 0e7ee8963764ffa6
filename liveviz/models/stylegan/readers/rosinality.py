"""rosinality's checkpoints (`.pt`): the widely used StyleGAN2 in torch that is not NVIDIA's. Its network is a plain table of
tensors, as a rule `g_ema`, with `latent_avg` beside it; sizes follow from the shapes.

Source: the names in the files; Karras et al. 2020 (1912.04958) for what the layers compute.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from liveviz.models.generator import Generator
from liveviz.models.importing.arrays import Arrays
from liveviz.models.importing.source import Source, shown
from liveviz.models.importing.state import State
from liveviz.models.importing.weights import Wanted, Weights, sizes, take
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.models.stylegan.mapping_network import MappingNetwork
from liveviz.models.stylegan.readers.sizes import channel_limits, is_fir, sized

MAPPING_LR = 0.01  # the file does not say; all such programs have it
AVERAGED_LATENTS = 4096
_FIR_GAIN = 4.0  # its filters hold the gain of doubling both sides


def convert(source: Source, arrays: Arrays, state: State) -> tuple[GeneratorConfig, Weights]:
    """Sizes and weights of its network; LivevizError in one line for one that is not ours."""
    nodes = dict(state.nodes)
    nodes.pop("latent_avg", None)
    average = next((t["latent_avg"] for t in (state.nodes, *state.around) if t.get("latent_avg") is not None), None)
    config = _config(source, arrays, nodes)
    kernels = [name for name in nodes if name.endswith((".blur.kernel", ".upsample.kernel"))]
    for name in kernels:
        if not is_fir(arrays.array(name, nodes[name]), _FIR_GAIN):
            raise source.fail(f"tensor {shown(name)}: is another filter than [1, 3, 3, 1]")
    wanted = _table(config)
    if not any(name.startswith("noises.") for name in nodes):  # the first versions drew them again for every image
        wanted |= {name: replace(w, default=0.0) for name, w in wanted.items() if name.endswith(".noise_const")}
    if average is None:
        wanted["mapping.w_avg"] = Wanted("latent_avg", (config.w_dim,), default=0.0)
        return config, _averaged(config, take(source, arrays, nodes, config, wanted, kernels))
    rows = arrays.shape("latent_avg", average)[:-1]  # some programs keep a row of one
    wanted["mapping.w_avg"] = Wanted("latent_avg", (*(rows and (1,)), config.w_dim))
    return config, take(source, arrays, {**nodes, "latent_avg": average}, config, wanted, kernels)


def _config(source: Source, arrays: Arrays, nodes: Mapping[str, object]) -> GeneratorConfig:
    def shape(name: str, rank: int) -> tuple[int, ...]:
        return sizes(source, arrays, nodes, name, rank)

    doublings = sum(re.fullmatch(r"to_rgbs\.\d+\.bias", name) is not None for name in nodes)
    widths = {4: shape("conv1.activate.bias", 1)[0]}
    for n in range(min(doublings, 10)):
        widths[8 << n] = shape(f"convs.{2 * n + 1}.activate.bias", 1)[0]
    _, _, const_height, const_width = shape("input.input", 4)
    w_dim, z_dim = shape("style.1.weight", 2)
    return sized(
        source,
        resolution=4 << min(doublings, 10),
        **channel_limits(widths),
        z_dim=z_dim,
        w_dim=w_dim,
        mapping_layers=sum(re.fullmatch(r"style\.\d+\.weight", name) is not None for name in nodes),
        mapping_lr=MAPPING_LR,
        img_channels=shape("to_rgb1.bias", 4)[1],
        const_height=const_height,
        const_width=const_width,
    )


def _table(config: GeneratorConfig) -> dict[str, Wanted]:
    """Where every weight but w_avg is in the file."""
    table = {}
    for weight, shape in config.shapes().items():
        if weight.startswith("mapping.fc"):
            number, leaf = weight[10:].split(".")
            table[weight] = Wanted(f"style.{int(number) + 1}.{leaf}", shape)
        elif weight.startswith("synthesis."):
            table[weight] = _synthesis(weight, shape)
    return table


def _synthesis(weight: str, shape: tuple[int, ...]) -> Wanted:
    _, block, layer, *rest = weight.split(".")
    n = int(block[1:]).bit_length() - 4  # -1 for the block at 4 pixels
    if layer == "const":
        return Wanted("input.input", (1, *shape))
    leaf = ".".join(rest)
    if layer == "torgb":
        at = "to_rgb1" if n < 0 else f"to_rgbs.{n}"
        if leaf == "bias":
            return Wanted(f"{at}.bias", (1, *shape, 1, 1))
    else:
        number = 2 * n + (layer == "conv1")
        at = "conv1" if n < 0 else f"convs.{number}"
        if leaf == "noise_const":
            return Wanted(f"noises.noise_{number + 1}", (1, 1, *shape))
        if leaf == "noise_strength":
            return Wanted(f"{at}.noise.weight", (1,))
        if leaf == "bias":
            return Wanted(f"{at}.activate.bias", shape)
    if leaf == "weight":
        return Wanted(f"{at}.conv.weight", (1, *shape))
    return Wanted(f"{at}.conv.modulation.{leaf.removeprefix('affine.')}", shape)


def _averaged(config: GeneratorConfig, weights: Weights) -> Weights:
    """The weights with the mean of w over 4096 random z, which such a program takes where a file holds none."""
    mapping = MappingNetwork(Generator(config, weights))
    z = np.random.RandomState(0).randn(AVERAGED_LATENTS, config.z_dim).astype(np.float32)
    return {**weights, "mapping.w_avg": mapping(z).mean(axis=0, dtype=np.float64).astype(np.float32)}
