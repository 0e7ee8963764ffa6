"""Generators wider and taller than they were trained, and generators that were rectangular from the start."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from heart import frame, plain_generator, relative_error, small
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.engine import create
from liveviz.models import WIDE_MODES, GeneratorConfig, MappingNetwork, new, read, small_config, widen, write
from liveviz.models.stylegan.config import MAX_PIXELS
from liveviz.models.stylegan.reference import network

torch.set_num_threads(1)
SIZES = st.tuples(st.integers(1, 8192), st.integers(1, 8192))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    SIZES, st.sampled_from(WIDE_MODES), st.sampled_from(["stylegan2-skip", "stylegan3-t"]), st.sampled_from([1, 4, 7])
)
def test_any_canvas(size: tuple[int, int], how: str, architecture: str, width: int) -> None:
    generator = plain_generator(
        small(16, channel_base=32, channel_max=2, architecture=architecture, const_width=width), 1
    )
    made = widen(generator, size, how)
    assert {name: value.shape for name, value in made.weights.items()} == made.config.shapes()
    assert made.config.height >= generator.config.height and made.config.width >= generator.config.width
    assert made.config.height * made.config.width <= MAX_PIXELS
    if how == "off":
        assert made is generator
    elif made.config.const_width < 64 and made.config.const_height < 64:
        wanted = min(max(size[0] / size[1], 0.25), 4.0)
        step = 1.0 + 0.5 / min(made.config.const_width, made.config.const_height)
        assert 1.0 / step <= made.config.width / made.config.height / wanted <= step


def test_a_wall_from_the_default_sizes() -> None:
    config = widen(plain_generator(small(256, channel_base=256, channel_max=1), 0), (1920, 1080), "mirror").config
    assert (config.width, config.height) == (448, 256)
    config = widen(plain_generator(small(256, channel_base=256, channel_max=1), 0), (1080, 1920), "extend").config
    assert (config.width, config.height) == (256, 448)


def test_mirrored_and_drawn_out() -> None:
    generator = plain_generator(small(16), 2)
    const = generator.weights["synthesis.b4.const"]
    mirrored = widen(generator, (32, 16), "mirror").weights["synthesis.b4.const"]
    np.testing.assert_array_equal(mirrored, const[:, :, [1, 0, 0, 1, 2, 3, 3, 2]])
    tall = widen(generator, (16, 32), "mirror").weights["synthesis.b4.const"]
    np.testing.assert_array_equal(tall, const[:, [1, 0, 0, 1, 2, 3, 3, 2]])
    out = widen(generator, (28, 16), "extend").weights["synthesis.b4.const"]
    np.testing.assert_array_equal(out[:, :, ::2], const)
    np.testing.assert_allclose(out[:, :, 1], (const[:, :, 0] + const[:, :, 1]) / np.sqrt(2.0), rtol=1e-6)
    noise = widen(generator, (32, 16), "extend").weights["synthesis.b8.conv0.noise_const"]
    np.testing.assert_array_equal(noise[:, 4:12], generator.weights["synthesis.b8.conv0.noise_const"])


def test_widening_changes_the_fingerprint_and_nothing_of_the_original() -> None:
    generator = plain_generator(small(16), 2)
    before = generator.fingerprint
    made = widen(generator, (32, 16), "mirror")
    assert made.fingerprint != before
    assert replace(generator).fingerprint == before and made.name == generator.name


@pytest.mark.parametrize("architecture", ["stylegan2-skip", "stylegan2-resnet", "stylegan3-r"])
def test_engines_draw_the_whole_wall(architecture: str) -> None:
    generator = widen(
        plain_generator(small(32, architecture=architecture, num_layers=4, channel_base=128), 3), (16, 9), "mirror"
    )
    shown = frame({"noise_strength.fine": 2.0}, noise_phase=2.3)
    truth = create("reference", generator, threads=1).render(shown).pixels.astype(int)
    made = create("openvino", generator, precision="f32", threads=1)
    assert made.size == (56, 32) and truth.shape == (32, 56, 4)
    assert np.abs(made.render(shown).pixels.astype(int) - truth).max() <= 1


def test_a_stylegan3_shows_more_of_the_same_plane() -> None:
    """What a square image shows is in the middle of the wide one: only near its old borders, where the canvas ended
    and the network read zeros, may it differ."""
    generator = new(small_config(32, 128, 16, architecture="stylegan3-t"), 4)
    mapping = MappingNetwork(generator)
    ws = torch.from_numpy(mapping.ws(mapping.w(5)[None]))
    square = network(generator).synthesis(ws).numpy()
    wide = network(widen(generator, (2, 1), "mirror")).synthesis(ws).numpy()
    assert wide.shape == (1, 3, 32, 64)
    assert relative_error(wide[:, :, :, 24:40], square[:, :, :, 8:24]) < 0.02


def test_moving_the_view_moves_the_image() -> None:
    """By a quarter of the image, whole samples at every rate: the network is made to follow."""
    generator = new(small_config(64, 256, 16, architecture="stylegan3-t"), 4)
    mapping = MappingNetwork(generator)
    ws = torch.from_numpy(mapping.ws(mapping.w(5)[None]))
    synthesis = network(generator).synthesis
    moved = torch.tensor([[1.0, 0.0, -0.25], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    still, shifted = synthesis(ws).numpy(), synthesis(ws, view=moved).numpy()
    assert relative_error(shifted[:, :, :, 24:56], still[:, :, :, 8:40]) < 0.02


def test_a_rectangular_generator_is_written_and_read(tmp_path: Path) -> None:
    config = GeneratorConfig(256, 256, 4, 8, 8, mapping_layers=1, const_width=8)
    assert (config.width, config.height) == (512, 256)
    assert config.layers[8] == (4, 8, 16)
    generator = plain_generator(config, 1)
    write(tmp_path / "wide.safetensors", generator)
    assert read(tmp_path / "wide.safetensors").config == config
    image = create("openvino", generator, precision="f32", threads=1).render(frame())
    assert image.pixels.shape == (256, 512, 4)


def test_how_is_one_of_three() -> None:
    with pytest.raises(ValueError, match="mirror, extend, off"):
        widen(plain_generator(small(16), 0), (2, 1), "stretch")
