"""The layers of a StyleGAN2 of given sizes, in the order in which they run: what a file must hold, what the reference
computes and what every engine builds all follow from this one table, for the three architectures that the paper
compares.

Source: Karras et al. 2020 (1912.04958), section 4.1 and figure 7: skip (every resolution adds to the image), orig (the
last one draws it) and resnet (a block is added to what came into it).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from liveviz.models.sizes import NoisePlace

if TYPE_CHECKING:
    from liveviz.models.stylegan.numbers import LayerNumbers

KERNEL_SIZE = 3
Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Block:
    """All layers of one resolution.

    name: in the file. resolution: 4, 8, 16 ... of a square image. inputs: channels of the block below, 0 for the
    first, which starts from the learned constant. outputs: channels. height, width: of its activations. row: of ws for
    its first convolution. convs: names of its convolutions in order; the first of two doubles the size. torgb: whether
    it draws. skip: whether what came in is added to what goes out.
    """

    name: str
    resolution: int
    inputs: int
    outputs: int
    height: int
    width: int
    row: int
    convs: tuple[str, ...]
    torgb: bool
    skip: bool


def blocks(config: LayerNumbers) -> tuple[Block, ...]:
    """Every block, coarse first."""
    found = []
    for n in range(config.resolution.bit_length() - 2):
        r = 4 << n
        found.append(
            Block(
                name=f"synthesis.b{r}",
                resolution=r,
                inputs=channels(config, r // 2) if n else 0,
                outputs=channels(config, r),
                height=config.const_height << n,
                width=config.const_width << n,
                row=max(2 * n - 1, 0),
                convs=("conv0", "conv1") if n else ("conv1",),
                torgb=config.architecture == "stylegan2-skip" or r == config.resolution,
                skip=config.architecture == "stylegan2-resnet" and n > 0,
            )
        )
    return tuple(found)


def noises(config: LayerNumbers) -> tuple[NoisePlace, ...]:
    """Every noise field, in order."""
    return tuple(
        NoisePlace(f"{block.name}.{conv}", block.resolution, block.height, block.width)
        for block in blocks(config)
        for conv in block.convs
    )


def channels(config: LayerNumbers, resolution: int) -> int:
    """Channels of the layers at `resolution` pixels."""
    if config.widths:
        return config.widths[resolution.bit_length() - 3]
    return min(config.channel_base // resolution, config.channel_max)


def shapes(config: LayerNumbers) -> Shapes:
    """Name and shape of every weight of the synthesis network, in the order of the file."""
    found: Shapes = {}
    for block in blocks(config):
        name, width = block.name, block.outputs
        if not block.inputs:
            found[f"{name}.const"] = (width, block.height, block.width)
        for conv in block.convs:
            inputs = block.inputs if conv == "conv0" else width
            found |= {
                f"{name}.{conv}.weight": (width, inputs, KERNEL_SIZE, KERNEL_SIZE),
                f"{name}.{conv}.bias": (width,),
                f"{name}.{conv}.affine.weight": (inputs, config.w_dim),
                f"{name}.{conv}.affine.bias": (inputs,),
                f"{name}.{conv}.noise_const": (block.height, block.width),
                f"{name}.{conv}.noise_strength": (),
            }
        if block.torgb:
            found |= {
                f"{name}.torgb.weight": (config.img_channels, width, 1, 1),
                f"{name}.torgb.bias": (config.img_channels,),
                f"{name}.torgb.affine.weight": (width, config.w_dim),
                f"{name}.torgb.affine.bias": (width,),
            }
        if block.skip:
            found[f"{name}.skip.weight"] = (width, block.inputs, 1, 1)
    return found
