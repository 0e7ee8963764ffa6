"""One contract for every class of pictures: finite maps, smooth in every number, every number visible, strong, dark."""

import importlib
from pathlib import Path

import pytest
import torch

from liveviz.learning import pictures
from liveviz.learning.pictures import (
    COARSE,
    MAPS,
    MIDDLE,
    PALETTES,
    Z_DIM,
    draw,
    draw_numbers,
    normalise,
    paint,
    palette,
    programs,
)

NAMES = list(programs())
SIZE = 48
NUMBERS = COARSE + MIDDLE


def one(name: str, numbers: torch.Tensor, size: int = SIZE, samples: int = 2) -> torch.Tensor:
    return draw_numbers(NAMES, numbers, torch.full([len(numbers)], NAMES.index(name)), size, samples)


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
def test_maps(name: str) -> None:
    random = torch.Generator().manual_seed(1)
    numbers = torch.rand(6, NUMBERS, generator=random) * 2 - 1
    numbers[0], numbers[1] = 1.0, -1.0  # the corners that truncation and interpolation reach
    found = one(name, numbers)
    assert found.shape == (6, MAPS, SIZE, SIZE)
    assert torch.isfinite(found).all() and found.min() >= 0 and found.max() <= 1.41
    assert torch.equal(one(name, numbers[:2]), found[:2])  # nothing random, nothing leaks between samples


@pytest.mark.parametrize("name", NAMES)
def test_every_number_is_seen_and_none_pops(name: str) -> None:
    start = torch.zeros(1, NUMBERS)
    for index in range(NUMBERS):
        numbers = start.repeat(21, 1)
        numbers[:, index] = torch.linspace(-1, 1, 21)
        film = one(name, numbers, 40, 1)
        assert (film[-1] - film[0]).abs().mean() > 0.004, f"number {index} is hardly seen"
        steps = (film[1:] - film[:-1]).abs().mean(dim=(1, 2, 3))
        assert steps.max() < 4 * steps.mean() + 1e-4, f"number {index} pops"


@pytest.mark.parametrize("name", NAMES)
def test_strong_and_dark(name: str) -> None:
    random = torch.Generator().manual_seed(2)
    z = torch.randn(8, Z_DIM, generator=random)
    found = (draw(NAMES, z, torch.full([8], NAMES.index(name)), SIZE, 2) + 1) / 2  # [8, 3, SIZE, SIZE] in 0 to 1
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


def test_paint_is_the_sum_of_palette_times_maps() -> None:
    maps = torch.zeros(1, MAPS, 1, 1)
    maps[0, 2], maps[0, 4] = 0.5, 0.25
    colours = torch.arange(15.0).reshape(1, 5, 3) / 20
    wanted = (0.5 * colours[0, 2] + 0.25 * colours[0, 4]) * 2 - 1
    assert torch.allclose(paint(maps, colours)[0, :, 0, 0], wanted)
