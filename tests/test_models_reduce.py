"""Generators that cost less draw the same image with less of it: the last level left out, and the twin that a card names."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from heart import frame, plain_generator, relative_error, small

from liveviz import engine, models
from liveviz.models import Card
from liveviz.models.stylegan import layers2
from liveviz.spec import LivevizError


@pytest.mark.parametrize("columns", [4, 7])
@pytest.mark.parametrize("psi", [0.7, 1.0])
def test_without_the_last_level_it_is_what_the_last_level_adds_to(columns: int, psi: float) -> None:
    """Where the last toRGB adds nothing, the whole image is the smaller one, enlarged by the network's own filter."""
    whole = plain_generator(small(128, const_width=columns), 5)
    last = layers2.blocks(whole.config)[-1].name
    nothing = {
        f"{last}.torgb.{part}": np.zeros_like(whole.weights[f"{last}.torgb.{part}"]) for part in ("weight", "bias")
    }
    whole = dataclasses.replace(whole, weights={**whole.weights, **nothing})
    less = models.without_last_level(whole)
    assert less is not None and (less.config.width, less.config.height) == (whole.config.width // 2, 64)
    assert less.config.num_ws == whole.config.num_ws - 2
    images = []
    for generator in (whole, less):
        backend = engine.create("openvino", generator, precision="f32", threads=1)
        random = np.random.RandomState(1)
        ws = backend.ws(random.randn(1, generator.config.z_dim).astype(np.float32), None, psi)
        images.append(backend.synthesize(ws)[0])
    taps = np.array([1, 3, 3, 1], np.float64) / 4  # the FIR, gain 2 a side
    rows, columns_ = images[1].shape[1:]
    spread = np.zeros((3, 2 * rows + 3, 2 * columns_ + 3))
    for y in range(4):
        for x in range(4):
            spread[:, y : y + 2 * rows : 2, x : x + 2 * columns_ : 2] += taps[y] * taps[x] * images[1]
    assert relative_error(spread[:, 1 : 2 * rows + 1, 1 : 2 * columns_ + 1], images[0]) < 1e-4


@pytest.mark.parametrize("name", ["default", "wide", "light"])
def test_the_generators_that_ship_keep_their_colours_without_the_last_level(name: str, root: Path) -> None:
    """Also what their last toRGB adds everywhere, and channels that are listed level by level."""
    whole = models.open_model(name, [root / "engines"])
    less = models.without_last_level(whole)
    assert less is not None and (2 * less.config.width, 2 * less.config.height) == (
        whole.config.width,
        whole.config.height,
    )
    mapping = models.MappingNetwork(whole)
    ws = mapping.ws(np.stack([mapping.w(5, 3), mapping.w(6, 9)]))
    images = [
        engine.create("openvino", g, precision="f32", threads=1).synthesize(ws[:, : g.config.num_ws], "none")
        for g in (whole, less)
    ]
    n, colours, rows, columns = images[1].shape
    halved = images[0].reshape(n, colours, rows, 2, columns, 2).mean(axis=(3, 5))
    assert np.abs(halved - images[1]).mean() < 0.05 < 0.15 < np.abs(halved[::-1] - images[1]).mean()


def test_a_frame_of_the_whole_one_draws_the_smaller_one() -> None:
    """Rows, layers and truncation beyond its end are passed over."""
    whole = plain_generator(small(128), 3)
    less = models.without_last_level(whole)
    shown = frame({"truncation_cutoff": 12.0, "pca.0": 0.5})
    assert engine.create("openvino", less, precision="f32", threads=1).render(shown).pixels.shape == (64, 64, 4)


@pytest.mark.parametrize("architecture", ["stylegan2-orig", "stylegan2-resnet", "stylegan3-t"])
def test_only_networks_that_add_up_their_image_can_stop_early(architecture: str) -> None:
    assert models.without_last_level(plain_generator(small(128, architecture=architecture), 1)) is None
    assert models.without_last_level(plain_generator(small(64), 1)) is None  # hardly an image would be left


def bundle(folder: Path, name: str, lighter: str = "", **sizes: int) -> models.Generator:
    generator = models.new(models.small_config(64, 512, 32, **sizes), 1)
    card = Card(name, False, "CC0-1.0", "a test", lighter=lighter)
    models.write_bundle(folder / name, dataclasses.replace(generator, card=card))
    return models.open_model(name, [folder])


def test_the_lighter_one_is_the_bundle_that_the_card_names(tmp_path: Path) -> None:
    heavy = bundle(tmp_path, "heavy", "feather")
    with pytest.raises(LivevizError, match="its card names 'feather' as lighter, which is not here"):
        models.lighter(heavy, [tmp_path])
    light = bundle(tmp_path, "feather")
    found = models.lighter(heavy, [tmp_path])
    assert found is not None and found.fingerprint == light.fingerprint
    assert models.lighter(light, [tmp_path]) is None
    bundle(tmp_path, "feather", classes=3)
    with pytest.raises(LivevizError, match="is not a lighter heavy: classes is 3, not 0"):
        models.lighter(heavy, [tmp_path])
