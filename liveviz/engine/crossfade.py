"""From one generator to another of the same size without a cut. By image, two engines draw the same frame and their
images are mixed. By weights, where the two have the same layers, engines in between are added whose weights are a mix
of both: fading from each to the next, the forms themselves turn into one another, which no mix of images can show; and
still no more than two engines draw a frame.

Source for mixing weights: Wang et al. 2019 (1811.10515, deep network interpolation); Pinkney & Adler 2020 (2010.05334)
for doing so with StyleGANs of one family.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from liveviz import fields
from liveviz.engine.backend import pack_rgba
from liveviz.engine.device_image import DeviceImage
from liveviz.models import Generator
from liveviz.spec import ImageFrame, LivevizError, ParameterFrame

RELATED_COSINE = 0.5  # cosine of the weights

Array = NDArray[np.int64]


class Renders(Protocol):
    """What a crossfade is between: an `Engine` or a `Backend`."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of its images."""

    def render(self, frame: ParameterFrame) -> ImageFrame:
        """One image."""


Image = TypeVar("Image", ImageFrame, DeviceImage)


class Crossfade:
    """Images on the way from the first of some engines to the last.

    Args:
        engines: two, or more where some stand in between; all of one size. They stay the caller's to close.
    Raises: LivevizError where their sizes differ.
    """

    def __init__(self, engines: Sequence[Renders]) -> None:
        sizes = {engine.size for engine in engines}
        if len(engines) < 2 or len(sizes) != 1:
            told = ", ".join(f"{w}x{h}" for w, h in sorted(sizes))
            raise LivevizError(f"crossfade: needs two or more generators of one size, not {len(engines)} of {told}")
        self.engines = tuple(engines)
        self.size = engines[0].size

    def render(self, frame: ParameterFrame, share: float) -> ImageFrame:
        """The image at `share` of the way, 0 (the first engine's, exactly) to 1 (the last one's).

        Two engines draw, one where the share falls upon it.
        """
        return self.at(share, lambda engine: engine.render(frame))

    def at(self, share: float, image: Callable[[Any], Image]) -> Image:
        """The same, of images that `image` has of the engines."""
        place = min(max(share, 0.0), 1.0) * (len(self.engines) - 1)
        first = min(int(place), len(self.engines) - 2)
        share = place - first
        if share in (0.0, 1.0):
            return image(self.engines[first + int(share)])
        return mix(image(self.engines[first]), image(self.engines[first + 1]), share)


def mix(a: Image, b: Image, share: float) -> Image:
    """The image at `share` of the way from a (0) to b (1), rounded to nearest in 256 steps; all else is b's, its size
    too: a of another size is taken at the nearest pixels. Images on the GPU are mixed there."""
    part = round(min(max(share, 0.0), 1.0) * 256)
    sizes = zip(b.pixels.shape[:2], a.pixels.shape[:2], strict=True)
    rows, columns = ((np.arange(new) * old + old // 2) // new for new, old in sizes)
    if isinstance(a, DeviceImage):
        return replace(b, pixels=_mixed_on_device(a.pixels, b.pixels, part, rows, columns))
    if (a.palette is None) != (b.palette is None):  # only one of them has colours
        a, b = coloured(a), coloured(b)
    before = a.pixels if a.pixels.shape == b.pixels.shape else a.pixels[rows[:, None], columns]
    wide: Any = np.uint16 if b.palette is None else np.uint32
    mixed: Any = before.astype(wide)
    mixed *= wide(256 - part)
    mixed += b.pixels.astype(wide) * wide(part)
    mixed += wide(128)
    pixels = (mixed >> 8).astype(b.pixels.dtype)
    if a.palette is None or b.palette is None:
        return replace(b, pixels=pixels)
    palette = a.palette + (b.palette - a.palette) * np.float32(part / 256)
    return replace(b, pixels=pixels, palette=palette)


def coloured(image: ImageFrame) -> ImageFrame:
    """The image with its colours, at its own size: fields are painted."""
    if image.palette is None:
        return image
    rgb = fields.colours(image.pixels, image.palette, image.size)  # [3, H, W]
    return replace(image, pixels=pack_rgba(rgb[None] * 2.0 - 1.0), palette=None)


def _mixed_on_device(a: Any, b: Any, part: int, rows: Array, columns: Array) -> Any:
    """The same arithmetic in torch, on pixels `[H, W, 4]` of any device."""
    import torch

    if a.shape != b.shape:
        there, across = (torch.from_numpy(index).to(a.device) for index in (rows, columns))
        a = a.index_select(0, there).index_select(1, across)
    return ((a.int() * (256 - part) + b.int() * part + 128) >> 8).to(torch.uint8)


def can_mix_weights(a: Generator, b: Generator) -> bool:
    """Whether two generators have the same layers, so that their weights can be mixed."""
    return a.config == b.config


def of_one_family(a: Generator, b: Generator) -> bool:
    """Whether two generators come from one another: the weights of their convolutions point the same way. Mixed
    weights of such two draw; weights of unrelated generators interpolate to noise."""
    if not can_mix_weights(a, b):
        return False
    names = [name for name in a.weights if name.endswith(".weight") and a.weights[name].ndim == 4]
    both = sum(float(np.vdot(a.weights[name], b.weights[name])) for name in names)
    sizes = [sum(float(np.vdot(g.weights[name], g.weights[name])) for name in names) for g in (a, b)]
    return bool(names) and both >= RELATED_COSINE * float(np.sqrt(sizes[0] * sizes[1]))


def mix_weights(a: Generator, b: Generator, share: float) -> Generator:
    """The generator at `share` of the way from a (0) to b (1), every weight by itself.

    Raises: LivevizError where their layers differ.
    """
    if not can_mix_weights(a, b):
        raise LivevizError(f"crossfade: {a.name} and {b.name} have different layers, so their weights do not mix")
    part = np.float32(min(max(share, 0.0), 1.0))
    weights = {
        name: np.asarray(value * (np.float32(1.0) - part) + b.weights[name] * part, np.float32)
        for name, value in a.weights.items()
    }
    directions = (a if part < 0.5 else b).directions  # a knob that is turned stays turned
    return Generator(a.config, weights, f"{a.name}-{b.name}-{part:.2f}", directions)
