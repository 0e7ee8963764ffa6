"""From the trained network to a stock generator: what training left out is put back, and the image stays the same.

w is the shape part and the palette part side by side; every weight between the two is 0. toRGB draws the fields, with
styles of 1; the palette is read from the fine rows. Fine convolutions have no style weights, so fine rows are colour alone.
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from liveviz.fields import COLOURS, COUNT
from liveviz.learning.grain import with_grain
from liveviz.learning.pictures import Z_DIM, normalise, resting
from liveviz.learning.procedural.network import (
    BLOCK_ROWS,
    HEAD_ROWS,
    MAPPING_LAYERS,
    PALETTE_W,
    SHAPE_NUMBERS,
    SHAPE_W,
    Conv,
    FieldsNetwork,
    Head,
    Linear,
    channels,
)
from liveviz.models import Card, Generator, GeneratorConfig, pca, write_bundle
from liveviz.models.stylegan.config import as_stylegan
from liveviz.spec import LivevizError

W_DIM = SHAPE_W + PALETTE_W
"""Numbers of w: of the shape, then of the palette."""
MEAN_W_SAMPLES = 16000
"""z over which the mean w is taken."""


def config(classes: int, columns: int = 4) -> GeneratorConfig:
    """The sizes of what is exported."""
    return GeneratorConfig(
        resolution=BLOCK_ROWS[-1],
        channel_base=4096,
        channel_max=128,
        z_dim=Z_DIM,
        w_dim=W_DIM,
        classes=classes,
        mapping_layers=MAPPING_LAYERS,
        mapping_lr=1.0,
        const_width=columns,
        img_channels=COUNT,
    )


@torch.no_grad()
def generator(network: FieldsNetwork, names: list[str], seed: int = 0) -> Generator:
    """The stock generator that draws what `network` draws, painted with its palettes."""
    weights: dict[str, Tensor] = {}
    _mapping(network, weights)
    _synthesis(network, weights, seed)
    _palette(network, weights)
    weights["mapping.w_avg"] = _average(network)
    sizes = config(len(names), network.columns)
    arrays = {n: weights[n].cpu().numpy().astype(np.float32).reshape(shape) for n, shape in sizes.shapes().items()}
    return Generator(sizes, arrays, "default")


def _mapping(network: FieldsNetwork, weights: dict[str, Tensor]) -> None:
    classes = network.classes
    embed = torch.zeros(W_DIM, classes)
    embed[:SHAPE_W] = network.embed.weight.cpu()
    bias = torch.zeros(W_DIM)
    bias[:SHAPE_W] = network.embed.bias.cpu()
    weights["mapping.embed.weight"], weights["mapping.embed.bias"] = embed, bias
    for n in range(MAPPING_LAYERS):
        shape, colour = cast(Linear, network.shape[n]), cast(Linear, network.palette_layers[n])
        inputs = W_DIM if n else Z_DIM + W_DIM
        weight, bias = torch.zeros(W_DIM, inputs), torch.cat([shape.bias, colour.bias]).cpu()
        loud = shape.weight.cpu() / math.sqrt(shape.weight.shape[1])
        soft = colour.weight.cpu() / math.sqrt(colour.weight.shape[1])
        if n == 0:
            weight[:SHAPE_W, :SHAPE_NUMBERS] = loud[:, :SHAPE_NUMBERS]
            # The class's part of the second moment is now over W_DIM entries, of which only SHAPE_W are not 0.
            weight[:SHAPE_W, Z_DIM : Z_DIM + SHAPE_W] = loud[:, SHAPE_NUMBERS:] * math.sqrt(SHAPE_W / W_DIM)
            weight[SHAPE_W:, SHAPE_NUMBERS:Z_DIM] = soft
        else:
            weight[:SHAPE_W, :SHAPE_W], weight[SHAPE_W:, SHAPE_W:] = loud, soft
        weights[f"mapping.fc{n}.weight"], weights[f"mapping.fc{n}.bias"] = weight * math.sqrt(inputs), bias


def _average(network: FieldsNetwork) -> Tensor:
    """w_avg: the mean of the shapes, but the resting palette."""
    random = torch.Generator().manual_seed(1)
    device = network.w_avg.device
    z = normalise(torch.randn(MEAN_W_SAMPLES, Z_DIM, generator=random)).to(device)
    shape = network.w(z, torch.arange(MEAN_W_SAMPLES, device=device) % network.classes).mean(dim=0)
    colour = network.palette_layers(z[:, SHAPE_NUMBERS:]).mean(dim=0)
    # The nearest w to the mean whose palette is the resting one.
    wrong = resting().to(device).flatten() - network.palette_out(colour)
    colour = colour + torch.linalg.pinv(network.palette_out.weight / math.sqrt(PALETTE_W)) @ wrong
    return torch.cat([shape, colour]).cpu()


def _convolution(conv: Conv) -> dict[str, Tensor]:
    width = conv.weight.shape[1]
    affine, style = torch.zeros(width, W_DIM), torch.ones(width)
    if conv.affine is not None:
        affine[:, :SHAPE_W] = conv.affine.weight.cpu() * math.sqrt(W_DIM / SHAPE_W)
        style = conv.affine.bias.cpu()
    return {"weight": conv.weight.cpu(), "bias": conv.bias.cpu(), "affine.weight": affine, "affine.bias": style}


def _synthesis(network: FieldsNetwork, weights: dict[str, Tensor], seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    for size in BLOCK_ROWS:
        block = f"synthesis.b{size}"
        if size == BLOCK_ROWS[0]:
            weights[f"{block}.const"] = network.const.cpu()
        layers = {"conv1": network.conv1[str(size)]}
        if size > BLOCK_ROWS[0]:
            layers["conv0"] = network.conv0[str(size)]
        for name, conv in layers.items():
            for part, value in _convolution(cast(Conv, conv)).items():
                weights[f"{block}.{name}.{part}"] = value
            weights[f"{block}.{name}.noise_const"] = torch.randn(size, network.width(size), generator=random)
            weights[f"{block}.{name}.noise_strength"] = torch.zeros(())
        width = channels(size)
        rgb, bias = torch.zeros(COUNT, width, 1, 1), torch.zeros(COUNT)
        if size in HEAD_ROWS:
            head = cast(Head, network.head[str(size)])
            rgb[:, :, 0, 0] = head.weight.cpu() * math.sqrt(width)  # toRGB divides its styles by it
            bias = head.bias.cpu()
        weights[f"{block}.torgb.weight"], weights[f"{block}.torgb.bias"] = rgb, bias
        weights[f"{block}.torgb.affine.weight"] = torch.zeros(width, W_DIM)
        weights[f"{block}.torgb.affine.bias"] = torch.ones(width)


def _palette(network: FieldsNetwork, weights: dict[str, Tensor]) -> None:
    out = network.palette_out
    weight = torch.zeros(COLOURS * 3, W_DIM)
    weight[:, SHAPE_W:] = out.weight.cpu() / math.sqrt(PALETTE_W)
    weights["palette.weight"], weights["palette.bias"] = weight, out.bias.cpu()


@torch.no_grad()
def network_of(made: Generator) -> FieldsNetwork:
    """The network that `generator` exported, but for what a file rounds: to train on where a run left only its bundle.

    Raises: LivevizError for a generator of other sizes.
    """
    found = as_stylegan(made.config)
    if found != config(found.classes, found.const_width):
        raise LivevizError(f"{made.name}: was not trained by program, or by one of other sizes; nothing to begin with")
    weights = {name: torch.from_numpy(np.array(value)) for name, value in made.weights.items()}
    network = FieldsNetwork(found.classes, found.const_width)
    network.embed.weight.copy_(weights["mapping.embed.weight"][:SHAPE_W])
    network.embed.bias.copy_(weights["mapping.embed.bias"][:SHAPE_W])
    for n in range(MAPPING_LAYERS):
        shape, colour = cast(Linear, network.shape[n]), cast(Linear, network.palette_layers[n])
        weight, bias = weights[f"mapping.fc{n}.weight"], weights[f"mapping.fc{n}.bias"]
        weight = weight / math.sqrt(weight.shape[1])
        if n == 0:
            label = weight[:SHAPE_W, Z_DIM : Z_DIM + SHAPE_W] / math.sqrt(SHAPE_W / W_DIM)
            loud, soft = (
                torch.cat([weight[:SHAPE_W, :SHAPE_NUMBERS], label], dim=1),
                weight[SHAPE_W:, SHAPE_NUMBERS:Z_DIM],
            )
        else:
            loud, soft = weight[:SHAPE_W, :SHAPE_W], weight[SHAPE_W:, SHAPE_W:]
        for layer, part, some in ((shape, loud, bias[:SHAPE_W]), (colour, soft, bias[SHAPE_W:])):
            layer.weight.copy_(part * math.sqrt(part.shape[1]))
            layer.bias.copy_(some)
    network.palette_out.weight.copy_(weights["palette.weight"][:, SHAPE_W:] * math.sqrt(PALETTE_W))
    network.palette_out.bias.copy_(weights["palette.bias"])
    network.w_avg.copy_(weights["mapping.w_avg"][:SHAPE_W])
    network.const.copy_(weights[f"synthesis.b{BLOCK_ROWS[0]}.const"])
    for size in BLOCK_ROWS:
        for name, convs in (("conv0", network.conv0), ("conv1", network.conv1)):
            if str(size) in convs:
                conv, there = cast(Conv, convs[str(size)]), f"synthesis.b{size}.{name}"
                conv.weight.copy_(weights[f"{there}.weight"])
                conv.bias.copy_(weights[f"{there}.bias"])
                if conv.affine is not None:
                    conv.affine.weight.copy_(
                        weights[f"{there}.affine.weight"][:, :SHAPE_W] * math.sqrt(SHAPE_W / W_DIM)
                    )
                    conv.affine.bias.copy_(weights[f"{there}.affine.bias"])
        if size in HEAD_ROWS:
            head, there = cast(Head, network.head[str(size)]), f"synthesis.b{size}.torgb"
            head.weight.copy_(weights[f"{there}.weight"][:, :, 0, 0] / math.sqrt(channels(size)))
            head.bias.copy_(weights[f"{there}.bias"])
    return network


def write_export(folder: Path, network: FieldsNetwork, names: list[str], tag: str) -> None:
    """Write the bundle of `network` in float16, with its directions; `tag` says how far its training was."""
    made = with_grain(generator(network, names))
    card = Card(
        name="default",
        trained=True,
        licence="CC0-1.0",
        channels="fields",
        origin="Trained for liveviz from random weights on images drawn by its own programs (learning/pictures).",
        training=f"By program: fields and a palette, 32 to 128 rows in stages, averaged weights; {tag}.",
        class_names=tuple(names),
    )
    write_bundle(folder, replace(made, card=card, directions=pca(made)), fp16=True)
