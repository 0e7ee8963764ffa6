"""From the trained network to a stock generator: what training left out is put back, and the picture stays the same.

w is the shape part and the palette part side by side; every weight between the two is 0. At 64, 128 and 256 pixels
the first 15 channels of conv1 are the five maps three times, one set a colour; toRGB adds them up per colour, and its
style is the palette. Fine convolutions have no style weights, so fine rows are colour alone.
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from liveviz.learning.grain import with_grain
from liveviz.learning.pictures import MAPS, Z_DIM, normalise, resting
from liveviz.learning.procedural.network import (
    HEADS,
    LAYERS,
    NUMBERS,
    PALETTE_W,
    SHAPE_W,
    SIZES,
    Conv,
    Linear,
    MapsNetwork,
    channels,
)
from liveviz.models import Card, Generator, GeneratorConfig, pca, write_bundle

W_DIM = SHAPE_W + PALETTE_W
COLOURS = 3
AVERAGED = 16000


def config(classes: int, columns: int = 4) -> GeneratorConfig:
    """The sizes of what is exported."""
    return GeneratorConfig(
        resolution=SIZES[-1],
        channel_base=4096,
        channel_max=128,
        z_dim=Z_DIM,
        w_dim=W_DIM,
        classes=classes,
        mapping_layers=LAYERS,
        mapping_lr=1.0,
        const_width=columns,
    )


@torch.no_grad()
def generator(network: MapsNetwork, names: list[str], seed: int = 0) -> Generator:
    """The stock generator that draws what `network` draws, painted with its palettes."""
    weights: dict[str, Tensor] = {}
    _mapping(network, weights)
    _synthesis(network, weights, seed)
    weights["mapping.w_avg"] = _average(network)
    sizes = config(len(names), network.columns)
    arrays = {n: weights[n].cpu().numpy().astype(np.float32).reshape(shape) for n, shape in sizes.shapes().items()}
    return Generator(sizes, arrays, "default")


def _mapping(network: MapsNetwork, weights: dict[str, Tensor]) -> None:
    classes = network.classes
    embed = torch.zeros(W_DIM, classes)
    embed[:SHAPE_W] = network.embed.weight.cpu()
    bias = torch.zeros(W_DIM)
    bias[:SHAPE_W] = network.embed.bias.cpu()
    weights["mapping.embed.weight"], weights["mapping.embed.bias"] = embed, bias
    for n in range(LAYERS):
        shape, colour = cast(Linear, network.shape[n]), cast(Linear, network.palette_layers[n])
        inputs = W_DIM if n else Z_DIM + W_DIM
        weight, bias = torch.zeros(W_DIM, inputs), torch.cat([shape.bias, colour.bias]).cpu()
        loud = shape.weight.cpu() / math.sqrt(shape.weight.shape[1])
        soft = colour.weight.cpu() / math.sqrt(colour.weight.shape[1])
        if n == 0:
            weight[:SHAPE_W, :NUMBERS] = loud[:, :NUMBERS]
            # The class's part of the second moment is now over W_DIM entries, of which only SHAPE_W are not 0.
            weight[:SHAPE_W, Z_DIM : Z_DIM + SHAPE_W] = loud[:, NUMBERS:] * math.sqrt(SHAPE_W / W_DIM)
            weight[SHAPE_W:, NUMBERS:Z_DIM] = soft
        else:
            weight[:SHAPE_W, :SHAPE_W], weight[SHAPE_W:, SHAPE_W:] = loud, soft
        weights[f"mapping.fc{n}.weight"], weights[f"mapping.fc{n}.bias"] = weight * math.sqrt(inputs), bias


def _average(network: MapsNetwork) -> Tensor:
    """w_avg: the mean of the shapes, but the resting palette."""
    random = torch.Generator().manual_seed(1)
    device = network.w_avg.device
    z = normalise(torch.randn(AVERAGED, Z_DIM, generator=random)).to(device)
    shape = network.w(z, torch.arange(AVERAGED, device=device) % network.classes).mean(dim=0)
    colour = network.palette_layers(z[:, NUMBERS:]).mean(dim=0)
    # The nearest w to the mean whose palette is the resting one.
    wrong = resting().to(device).flatten() - network.palette_out(colour)
    colour = colour + torch.linalg.pinv(network.palette_out.weight / math.sqrt(PALETTE_W)) @ wrong
    return torch.cat([shape, colour]).cpu()


def _tripled(x: Tensor) -> Tensor:
    """The map channels (dimension 0) three times, then the others."""
    return torch.cat([x[:MAPS]] * COLOURS + [x[MAPS:]])


def _convolution(conv: Conv, inputs_tripled: bool, outputs_tripled: bool) -> dict[str, Tensor]:
    weight, bias = conv.weight.cpu(), conv.bias.cpu()
    width = weight.shape[1]
    affine = torch.zeros(width, W_DIM)
    style = torch.ones(width)
    if conv.affine is not None:
        affine[:, :SHAPE_W] = conv.affine.weight.cpu() * math.sqrt(W_DIM / SHAPE_W)
        style = conv.affine.bias.cpu()
    if inputs_tripled:  # only the first of three copies is read
        gap = 2 * MAPS
        weight = torch.cat([weight[:, :MAPS], weight.new_zeros(len(weight), gap, 3, 3), weight[:, MAPS:]], dim=1)
        affine = torch.cat([affine[:MAPS], torch.zeros(gap, W_DIM), affine[MAPS:]])
        style = torch.cat([style[:MAPS], torch.ones(gap), style[MAPS:]])
    if outputs_tripled:
        weight, bias = _tripled(weight), _tripled(bias)
    return {"weight": weight, "bias": bias, "affine.weight": affine, "affine.bias": style}


def _synthesis(network: MapsNetwork, weights: dict[str, Tensor], seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    for size in SIZES:
        block = f"synthesis.b{size}"
        if size == SIZES[0]:
            weights[f"{block}.const"] = network.const.cpu()
        layers = {"conv1": (network.conv1[str(size)], False, size in HEADS)}
        if size > SIZES[0]:
            layers["conv0"] = (network.conv0[str(size)], size // 2 in HEADS, False)
        for name, (conv, inputs_tripled, outputs_tripled) in layers.items():
            for part, value in _convolution(cast(Conv, conv), inputs_tripled, outputs_tripled).items():
                weights[f"{block}.{name}.{part}"] = value
            weights[f"{block}.{name}.noise_const"] = torch.randn(size, network.width(size), generator=random)
            weights[f"{block}.{name}.noise_strength"] = torch.zeros(())
        width = channels(size)
        rgb, affine, style = torch.zeros(COLOURS, width, 1, 1), torch.zeros(width, W_DIM), torch.ones(width)
        if size in HEADS:
            out = network.palette_out
            # A picture is 2 * Σ palette * map - 1; toRGB divides styles by √width, a linear layer by √inputs.
            gain = (2.0 * math.sqrt(width)) * network.head[str(size)].cpu()[None, :]  # [1, MAPS]
            colour = (out.weight.cpu() / math.sqrt(PALETTE_W)).reshape(MAPS, COLOURS, PALETTE_W).transpose(0, 1)
            bias = out.bias.cpu().reshape(MAPS, COLOURS).T  # [COLOURS, MAPS]
            used = COLOURS * MAPS
            affine[:used, SHAPE_W:] = (colour * gain[:, :, None]).reshape(used, PALETTE_W) * math.sqrt(W_DIM)
            style[:used] = (bias * gain).reshape(used)
            for c in range(COLOURS):
                rgb[c, c * MAPS : (c + 1) * MAPS] = 1.0
        weights[f"{block}.torgb.weight"] = rgb
        weights[f"{block}.torgb.bias"] = torch.full((COLOURS,), -1.0 if size == SIZES[-1] else 0.0)
        weights[f"{block}.torgb.affine.weight"], weights[f"{block}.torgb.affine.bias"] = affine, style


def write_export(folder: Path, network: MapsNetwork, names: list[str], tag: str) -> None:
    """Write the bundle of `network` in float16, with its directions; `tag` says how far its training was."""
    made = with_grain(generator(network, names))
    card = Card(
        name="default",
        trained=True,
        licence="CC0-1.0",
        origin="Trained for liveviz from random weights on pictures drawn by its own programs (learning/pictures).",
        training=f"By program: five maps and a palette, 32 to 256 pixels in stages, averaged weights; {tag}.",
        class_names=tuple(names),
    )
    write_bundle(folder, replace(made, card=card, directions=pca(made)), fp16=True)
