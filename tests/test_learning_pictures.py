"""One contract for every class of images: finite fields, smooth in every number, every number visible, strong, dark, and as
sharp as the size that is asked for."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch

from liveviz.fields import CHANNELS, COUNT
from liveviz.learning import pictures
from liveviz.learning.pictures import (
    COARSE_NUMBERS,
    MIDDLE_NUMBERS,
    PALETTES,
    Z_DIM,
    draw,
    draw_fields,
    normalise,
    paint,
    palette,
    programs,
)

NAMES = list(programs())
SIZE = 48
NUMBERS = COARSE_NUMBERS + MIDDLE_NUMBERS


PALETTE = palette(normalise(torch.randn(1, Z_DIM, generator=torch.Generator().manual_seed(9)))[:, NUMBERS:])


def one(name: str, numbers: torch.Tensor, size: int = SIZE) -> torch.Tensor:
    return draw_fields(NAMES, numbers, torch.full([len(numbers)], NAMES.index(name)), size)


def seen(name: str, numbers: torch.Tensor, size: int = SIZE) -> torch.Tensor:
    return paint(one(name, numbers, size), PALETTE.expand(len(numbers), -1, -1))


def test_every_file_is_a_class_and_there_are_enough() -> None:
    folder = Path(pictures.__file__).parent
    files = {p.stem for p in folder.glob("*.py")}
    files = {name for name in files if name[0] != "_"}
    assert files == set(NAMES)
    assert len(NAMES) >= 16


@pytest.mark.parametrize("name", NAMES)
def test_documented(name: str) -> None:
    module = importlib.import_module(f"liveviz.learning.pictures.{name}")
    assert module.__doc__ and module.draw.__doc__
    assert "coarse:" in module.draw.__doc__ and "middle:" in module.draw.__doc__


@pytest.mark.parametrize("name", NAMES)
def test_fields_are_within_their_ranges(name: str) -> None:
    random = torch.Generator().manual_seed(1)
    numbers = torch.rand(6, NUMBERS, generator=random) * 2 - 1
    numbers[0], numbers[1] = 1.0, -1.0  # the corners that truncation and interpolation reach
    found = one(name, numbers)
    assert found.shape == (6, COUNT, SIZE, SIZE) and torch.isfinite(found).all()
    for n, channel in enumerate(CHANNELS):
        if channel.name in ("u", "v", "detail"):
            assert found[:, n].min() >= channel.low and found[:, n].max() <= channel.high, channel.name
    assert torch.equal(one(name, numbers[:2]), found[:2])  # nothing random, nothing leaks between samples


@pytest.mark.parametrize("name", NAMES)
def test_as_sharp_as_the_size_that_is_asked_for(name: str) -> None:
    """Of the strongest differences over 8 pixels, the share within one pixel: a ramp has 0.125, photographs 0.38 to 0.7."""
    z = torch.randn(2, Z_DIM, generator=torch.Generator().manual_seed(6))
    for rows in (512, 1024):
        found = (draw(NAMES, z, torch.full([2], NAMES.index(name)), rows) + 1) / 2
        light = torch.einsum("nchw,c->nhw", found, torch.tensor([0.2126, 0.7152, 0.0722]))
        over8, over1 = (light[..., 8:] - light[..., :-8]).abs(), light.diff(dim=2).abs()
        steepest = torch.stack([over1[..., k : k + over8.shape[2]] for k in range(8)]).amax(dim=0)
        edges = over8 >= max(float(np.quantile(over8.numpy(), 0.95)), 0.05)
        assert (steepest[edges] / over8[edges]).mean() > 0.35, rows


@pytest.mark.parametrize("name", NAMES)
def test_every_number_is_seen_and_none_pops(name: str) -> None:
    start = torch.zeros(1, NUMBERS)
    for index in range(NUMBERS):
        numbers = start.repeat(21, 1)
        numbers[:, index] = torch.linspace(-1, 1, 21)
        film = seen(name, numbers, 192)  # thin lines are not drawn where they would shimmer
        assert (film[-1] - film[0]).abs().mean() > 0.008, f"number {index} is hardly seen"
        steps = (film[1:] - film[:-1]).abs().mean(dim=(1, 2, 3))
        assert steps.max() < 4 * steps.mean() + 1e-4, f"number {index} pops"


@pytest.mark.parametrize("name", NAMES)
def test_strong_and_dark(name: str) -> None:
    random = torch.Generator().manual_seed(2)
    z = torch.randn(8, Z_DIM, generator=random)
    found = (draw(NAMES, z, torch.full([8], NAMES.index(name)), SIZE) + 1) / 2  # [8, 3, SIZE, SIZE] in 0 to 1
    light = found.amax(dim=1)
    assert (light.flatten(1).quantile(0.98, dim=1) > 0.45).all(), "nothing shines"
    assert (light.flatten(1).quantile(0.02, dim=1) < 0.4).all(), "nothing is dark"
    colour = found.amax(dim=1) - found.amin(dim=1)
    assert colour.mean() > 0.1, "grey"


def test_classes_differ() -> None:
    z = normalise(torch.randn(1, Z_DIM, generator=torch.Generator().manual_seed(3))).repeat(len(NAMES), 1)
    found = draw(NAMES, z, torch.arange(len(NAMES)), 32)
    for i in range(len(NAMES)):
        for j in range(i):
            assert (found[i] - found[j]).abs().mean() > 0.05, (NAMES[i], NAMES[j])


def test_palettes_are_ramps() -> None:
    assert len(PALETTES) >= 14
    light = PALETTES[:, :4] @ torch.tensor([0.2126, 0.7152, 0.0722])  # luma
    assert (light[:, 1:] > light[:, :-1]).all()
    assert (light[:, 0] < 0.25).all() and (light[:, 3] > 0.8).all()


def test_a_palette_is_smooth_and_near_a_curated_one() -> None:
    random = torch.Generator().manual_seed(4)
    a, b = (normalise(torch.randn(400, Z_DIM, generator=random))[:, NUMBERS:] for _ in range(2))
    nearest = (palette(a)[:, None, 1:3] - PALETTES[None, :, 1:3]).abs().mean(dim=(2, 3)).amin(dim=1)
    assert nearest.median() < 0.08
    assert (palette(a.lerp(b, 0.01)) - palette(a)).abs().max() < 0.15


def test_between_two_classes_one_shape_grows_into_the_other() -> None:
    """Half way there is one image and no double exposure: as few pixels lie between two colours as at the ends."""
    names, numbers = NAMES[:2], torch.zeros(2, NUMBERS)
    ends = draw_fields(names, numbers, torch.arange(2), 256)
    half = ends[:1].lerp(ends[1:], 0.5)
    edges = [paint(f, PALETTE).diff(dim=3).abs().amax(dim=1) for f in (ends[:1], ends[1:], half)]
    hard = [float((e > 0.25).float().mean()) for e in edges]
    assert hard[2] < 1.5 * max(hard[:2])
