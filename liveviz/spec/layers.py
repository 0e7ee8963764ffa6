"""The three ranges of layers that StyleGAN players speak of: coarse, middle and fine.

Source: Karras et al. 2019 (1812.04948), figure 3: coarse 4-8 px (pose, layout), middle 16-32 px (shape), fine from
64 px (colour, texture).
"""

LAYER_RANGES = ("coarse", "middle", "fine")


def layer_range(resolution: int) -> int:
    """Index into LAYER_RANGES of the layers at `resolution` pixels (4, 8, 16 ...)."""
    return 0 if resolution <= 8 else 1 if resolution <= 32 else 2


def ws_range(index: int) -> int:
    """Index into LAYER_RANGES of row `index` of ws: rows 2n and 2n+1 belong to the layers at 4 * 2**n pixels."""
    return layer_range(4 << (index // 2))
