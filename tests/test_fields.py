"""Fields: what a generator draws that has no size yet, how it travels, and what colour it becomes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz import engine, fields
from liveviz.engine.trial_frames import random_frames
from liveviz.fields import CHANNELS, COUNT, MOST, NAMES
from liveviz.models import families, latent, mapping_of
from liveviz.models.palette import Palette
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.spec import ImageFrame


def planes(height: int, width: int, **values: np.ndarray | float) -> np.ndarray:
    """uint16 `[h, w, channels]` of fields by name; what is not named is 0, and no figure is there."""
    drawn = np.empty((COUNT, height, width), np.float32)
    values = {"figure_edge": -1.0, "front_edge": -1.0, **values}
    for n, channel in enumerate(CHANNELS):
        drawn[n] = fields.as_drawn(np.float32(0.0) + values.get(channel.name, 0.0), channel.low, channel.high)
    return fields.pack(drawn)


GREY = np.linspace(0.0, 1.0, 5, dtype=np.float32)[:, None].repeat(3, axis=1)  # [5, 3]


def disc(rows: int, radius: float) -> np.ndarray:
    """The stored distance to a circle around the middle, `[rows, rows]`."""
    at = (np.arange(rows) + 0.5) / rows * 2.0 - 1.0
    return np.tanh((radius - np.hypot(at[:, None], at[None])) / fields.REACH)


@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(2, 40))
@settings(max_examples=30, deadline=None)
def test_what_is_stored_is_near_what_was_drawn(seed: int, height: int, width: int) -> None:
    drawn = np.random.default_rng(seed).uniform(-1.2, 1.2, (COUNT, height, width)).astype(np.float32)
    back = fields.enlarge(fields.pack(drawn), (width, height))
    for n, channel in enumerate(CHANNELS):
        wanted = channel.low + (drawn[n].clip(-1, 1) + 1) * 0.5 * (channel.high - channel.low)
        assert np.abs(back[channel.name] - wanted).max() <= (channel.high - channel.low) / MOST


def test_no_number_is_stored_as_one() -> None:
    assert fields.pack(np.full((COUNT, 2, 2), np.nan, np.float32)).dtype == np.uint16


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_enlarging_overshoots_nowhere(seed: int, times: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, MOST + 1, (8, 12, COUNT)).astype(np.uint16)
    small = fields.enlarge(pixels, (12, 8))
    for name, plane in fields.enlarge(pixels, (12 * times + 1, 8 * times)).items():
        slack = 1e-4 * (small[name].max() - small[name].min() + 1.0)
        assert small[name].min() - slack <= plane.min() and plane.max() <= small[name].max() + slack


@pytest.mark.parametrize("rows", [540, 1080])
def test_an_edge_is_as_sharp_as_the_screen(rows: int) -> None:
    """Of a disc drawn by 64 rows: its edge lies within two pixels everywhere, in the right place, and is a circle."""
    pixels = planes(64, 64, figure_edge=disc(64, 0.6), figure_place=1.0, figure_shade=1.0, ground_shade=1.0)
    made = fields.colours(pixels, GREY, (rows, rows))[0]
    between = (made > 0.02) & (made < 0.73)  # neither the ground's colour nor the figure's
    at = (np.arange(rows) + 0.5) / rows * 2.0 - 1.0
    radius = np.hypot(at[:, None], at[None])[between]
    pixel = 2.0 / rows
    assert len(radius) > 1.5 * rows  # all around
    assert radius.max() - radius.min() < 3.5 * pixel
    assert abs(float(np.median(radius)) - 0.6) < 2.0 * pixel


def test_a_crossing_has_no_ring_and_no_stair() -> None:
    """A slanted edge at 4x: along every row the grey rises once and never falls, and from row to row it moves evenly."""
    rows, at = 512, (np.arange(128) + 0.5) / 64.0 - 1.0
    pixels = planes(
        128,
        128,
        figure_edge=np.tanh((at[None] - 0.31 * at[:, None]) / 1.048 / fields.REACH),
        figure_place=1.0,
        figure_shade=1.0,
        ground_shade=1.0,
    )
    made = fields.colours(pixels, GREY, (rows, rows))[0]
    assert np.diff(made, axis=1).min() > -1e-4
    middle = (made < 0.375).sum(axis=1) + 0.0  # where each row crosses, whole pixels
    sub = made.max() * rows - made.sum(axis=1)  # ... and to a part of one, by how much is dark
    step = np.diff(sub / made.max())[8:-8]
    assert np.abs(step - step.mean()).max() < 0.12 and middle[0] != middle[-1]


def test_a_dark_gradient_has_no_steps_of_its_own() -> None:
    """16 bits: at 2160 rows neighbours differ by less than a tenth of what a screen can show."""
    ramp = np.linspace(0.02, 0.06, 128)[:, None].repeat(8, axis=1)
    made = fields.enlarge(planes(128, 8, ground_place=ramp), (8, 2160))["ground_place"]
    assert np.diff(made[20:-20, 4]).min() > 0.0


def test_thin_lines_stay_thin_and_whole() -> None:
    """u rises from -3 to 3: seven lines, each between one and four pixels wide at 1080 rows, none broken."""
    u = np.linspace(-3.3, 3.3, 128)[None].repeat(128, axis=0)
    made = fields.colours(planes(128, 128, u=u, detail=1.0), GREY, (1080, 1080))[0] > 0.5
    starts = np.diff(made.astype(int), axis=1) == 1
    assert (starts.sum(axis=1) == 7).all()
    assert (made.sum(axis=1) <= 7 * 4).all() and (made.sum(axis=1) >= 7).all()


def config(resolution: int = 32) -> GeneratorConfig:
    return GeneratorConfig(
        channel_base=256,
        channel_max=16,
        z_dim=8,
        w_dim=12,
        mapping_layers=2,
        img_channels=COUNT,
        resolution=resolution,
    )


def test_every_backend_draws_the_same_fields_and_palette() -> None:
    generator = families.new(config(), 3)
    (frame,) = random_frames(1, 5)
    made: dict[str, ImageFrame] = {}
    for name in ("reference", "openvino"):
        backend = engine.create(name, generator, precision="f32")
        made[name] = backend.render(frame)
        backend.close()
    one, two = made["reference"], made["openvino"]
    assert one.pixels.dtype == two.pixels.dtype == np.uint16 and one.pixels.shape == (32, 32, COUNT)
    assert np.abs(one.pixels.astype(int) - two.pixels).max() <= 8
    assert one.palette is not None and np.array_equal(one.palette, two.palette)  # type: ignore[arg-type]


def test_the_palette_listens_to_the_fine_rows_alone() -> None:
    generator = families.new(config(resolution=128), 1)
    palette, network = Palette(generator), mapping_of(generator)
    ws = network.ws(network(latent(1, 8), None))  # [1, num_ws, w_dim]
    assert ws.shape[1] == 12
    other = ws.copy()
    other[:, :8] += 1.0
    assert np.array_equal(palette(other), palette(ws))
    other[:, 9] += 1.0
    assert not np.allclose(palette(other), palette(ws))


def test_names_are_those_that_paint_reads() -> None:
    assert len(set(NAMES)) == COUNT == 12
