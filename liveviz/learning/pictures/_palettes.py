"""Palettes shared by all classes: curated ramps from dark over mid and bright to white, each with an accent for light.

An image's palette is a mixture of these, so that between any two there is a way; near each it is almost pure, since
an average of all is grey. Ten entries of z choose it: six say which, four how strong, how deep, and how light mixes.
"""

import torch
from torch import Tensor

DIRECTION_NUMBERS, GAIN_NUMBERS = 6, 4
"""Numbers that say which palettes are mixed, and how strong, deep and light they are."""
PALETTE_NUMBERS = DIRECTION_NUMBERS + GAIN_NUMBERS
"""Of z."""
SOFTMAX_SHARPNESS = 9.0
"""Of the softmax over the palettes: at 9, what is near one is almost that one alone."""

# dark, mid, bright, white, accent
_HEX_COLOURS = """
0b0a1f 5b1a6e e0446b ffd9a0 ff7ac8
02101f 0a4a6b 17b3b0 e6fff2 7dffdf
0c0304 74140a f0601a ffe9a8 ff9040
03120c 0c5a34 7ed83a f8ffd0 d0ff40
07041a 3517a8 2f8cff d6f6ff ff3df0
180812 86284e ee8a7a fff0e0 ffb080
040c1c 1c4a92 64b4f4 f4fbff 60d0ff
031a1f 0c6b70 ff8a3c fff0c4 2ff0e0
0a0604 5c3a08 e8ae2e fff6d0 fff090
16083a a020a0 ff66b0 aef5ff 60ffff
0a0420 4a208a 20b894 f0ffb8 b060ff
0a0306 900a26 f8384a ffece0 ff5060
0c1034 4a44b8 f88cb4 ffe6b0 9aa8ff
040a28 0a58c4 20e0c0 f6ff90 c0ff60
1a0526 7a12a4 ff5a2a fff08a ffb03a
020a24 123c9c a858f0 ffd6f4 ff66c4
"""
PALETTES = torch.tensor(
    [
        [[int(colour[i : i + 2], 16) / 255.0 for i in (0, 2, 4)] for colour in line.split()]
        for line in _HEX_COLOURS.split("\n")
        if line
    ]
)  # [palettes, 5, 3]
_random = torch.Generator().manual_seed(5)
_PALETTE_PLACES = torch.nn.functional.normalize(
    torch.randn(PALETTES.shape[0], DIRECTION_NUMBERS, generator=_random), dim=1
)
"""Where each palette stands among the directions, `[palettes, DIRECTION_NUMBERS]`, length 1."""


def palette(numbers: Tensor) -> Tensor:
    """Colours `[n, 5, 3]` of the five maps from a normalised z's palette entries `[n, 10]`."""
    table, places = PALETTES.to(numbers), _PALETTE_PLACES.to(numbers)
    weights = torch.softmax(SOFTMAX_SHARPNESS * numbers[:, :DIRECTION_NUMBERS] @ places.T, dim=1)
    colours = torch.einsum("nk,ksc->nsc", weights, table)
    strength, deep, light, white = torch.tanh(0.7 * numbers[:, DIRECTION_NUMBERS:, None]).unbind(1)  # each [n, 1]
    mixed = 0.35 + 0.2 * white
    glow = (colours[:, 4] * (1.0 - mixed) + colours[:, 3] * mixed) * (0.58 + 0.18 * light)
    ramp = (
        colours[:, :4]
        * (1.0 + 0.12 * strength)[:, None]
        * torch.stack([torch.ones_like(deep), 1.0 + 0.25 * deep, 1.0 + 0.1 * deep, torch.full_like(deep, 0.97)], dim=1)
    )
    return torch.cat([ramp, glow[:, None]], dim=1)


def resting() -> Tensor:
    """Colours `[5, 3]` that truncation pulls towards: the first palette, its colours dimmed but its white kept.

    The mean of all palettes is grey, and any full colour turns its complement grey; a dim one only deepens it.
    """
    return PALETTES[0] * torch.tensor([1.0, 0.45, 0.5, 0.95, 0.35])[:, None]
