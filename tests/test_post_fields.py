"""The shader that draws fields against its twin in NumPy, and what the chain makes of an image of fields."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from liveviz import fields
from liveviz.fields import CHANNELS, COUNT
from liveviz.learning import pictures
from liveviz.outputs.headless import Headless
from liveviz.post import Chain
from liveviz.runtime import composition
from liveviz.spec import ImageFrame, ParameterFrame

SIZE = (448, 256)
NAMES = list(pictures.programs())


@pytest.fixture(scope="module")
def screen() -> Iterator[Headless]:
    made = Headless(SIZE)
    yield made
    made.close()


def drawn(name: str, seed: int = 3) -> ImageFrame:
    """What the perfect generator draws of a class, at 128 rows."""
    z = pictures.normalise(torch.randn(1, pictures.Z_DIM, generator=torch.Generator().manual_seed(seed)))
    classes = torch.tensor([NAMES.index(name)])
    found = pictures.draw_fields(NAMES, pictures.numbers_of(z), classes, 128, 224)[0].numpy()
    raw = [fields.as_drawn(plane, c.low, c.high) for plane, c in zip(found, CHANNELS, strict=True)]
    colours = pictures.palette(z[:, pictures.COARSE_NUMBERS + pictures.MIDDLE_NUMBERS :])[0].numpy().astype(np.float32)
    return ImageFrame(fields.pack(np.stack(raw).astype(np.float32)), 1, palette=colours)


def show(screen: Headless, images: list[ImageFrame], scale: float | None, share: float = 1.0) -> np.ndarray:
    """The canvas after the last image, float `[h, w, 3]` in 0 to 1."""
    chain = Chain(screen.ctx, {}, SIZE, scale=scale)
    frame = ParameterFrame(sequence=1, time=0.0, values=composition.registry().defaults(), latents=())
    for n, image in enumerate(images):
        chain.draw(image, frame, n / 30, 1 / 30, share if n == len(images) - 1 else 1.0)
    found = chain.read() / 255.0
    chain.close()
    return found


@pytest.mark.parametrize("name", ["mandala", "planet", NAMES[0], NAMES[-1]])
def test_the_shader_draws_what_its_twin_draws(screen: Headless, name: str) -> None:
    """All but the pixels of edges and lines are the same: there a GPU takes slopes from the other pixel of a pair."""
    image = drawn(name)
    assert image.palette is not None
    twin = fields.colours(image.pixels, image.palette, SIZE).transpose(1, 2, 0)
    away = np.abs(show(screen, [image], 1.0) - twin).max(axis=2)
    assert np.median(away) < 1.5 / 255 and np.quantile(away, 0.9) < 0.03 and away.mean() < 0.012


def test_without_a_gpu_the_image_is_nearly_the_same(screen: Headless) -> None:
    image = drawn("planet")
    slow, fast = show(screen, [image], 1.0), show(screen, [image], None)
    away = np.abs(slow - fast).max(axis=2)
    assert away.mean() < 0.02 and np.quantile(away, 0.95) < 0.1


def test_an_image_of_fields_stays_put_and_upright(screen: Headless) -> None:
    """Bright above and left, dark elsewhere: nothing is mirrored, nothing cropped."""
    planes = np.zeros((COUNT, 128, 224), np.float32) - 1.0
    for n, channel in enumerate(CHANNELS):
        planes[n] = fields.as_drawn(np.float32(-1.0 if "edge" in channel.name else 0.0), channel.low, channel.high)
    names = [c.name for c in CHANNELS]
    for name in ("ground_place", "ground_shade"):
        channel = CHANNELS[names.index(name)]
        planes[names.index(name), :32, :56] = fields.as_drawn(np.float32(1.0), channel.low, channel.high)
    image = ImageFrame(fields.pack(planes), 1, palette=np.ones((5, 3), np.float32))
    for scale in (1.0, None):
        light = show(screen, [image], scale)[..., 0]
        assert light[:56, :100].min() > 0.9 and light[72:, :].max() < 0.02 and light[:, 124:].max() < 0.02


def test_between_two_images_shapes_are_half_way(screen: Headless) -> None:
    """The frame between two frames of a moving disc has one disc, half way, and no ghost of either."""

    def disc(x: float) -> ImageFrame:
        planes = np.empty((COUNT, 128, 224), np.float32)
        across = (np.arange(224) + 0.5 - 112) / 64.0
        down = (np.arange(128) + 0.5) / 64.0 - 1.0
        away = 0.4 - np.hypot(across[None] - x, down[:, None])
        values = {"figure_edge": np.tanh(away / fields.REACH), "front_edge": -1.0}
        values |= {"figure_place": 1.0, "figure_shade": 1.0, "ground_shade": 0.0}
        for n, c in enumerate(CHANNELS):
            planes[n] = fields.as_drawn(np.float32(0.0) + values.get(c.name, 0.0), c.low, c.high)
        return ImageFrame(fields.pack(planes), round(x * 1000), palette=np.ones((5, 3), np.float32))

    for scale in (1.0, None):
        light = show(screen, [disc(-0.2), disc(0.2)], scale, share=0.5)[128, :, 0]
        inside = np.flatnonzero(light > 0.5)
        assert abs(inside.mean() - 223.5) < 3 and ((light < 0.1) | (light > 0.9)).mean() > 0.97


def test_an_image_with_colours_follows_one_of_fields(screen: Headless) -> None:
    red = np.zeros((64, 112, 4), np.uint8)
    red[..., 0] = red[..., 3] = 255
    assert show(screen, [drawn("planet"), ImageFrame(red, 2)], 1.0)[128, 224].tolist() == [1.0, 0.0, 0.0]
    assert show(screen, [ImageFrame(red, 2), drawn("planet")], 1.0).std() > 0.05
