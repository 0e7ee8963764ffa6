"""From frames to ws, and noise fields."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from heart import frame, plain_generator, small
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.engine.latents import Latents
from liveviz.engine.noise import NoiseFields
from liveviz.engine.registry import create
from liveviz.models import Directions, Generator, MappingNetwork, pca
from liveviz.models.sizes import NoisePlace
from liveviz.spec import LatentTerm, RowSetting, ws_range

ALL = (1.0, 1.0, 1.0)
WILD = {"truncation_psi": 1.0}
SIZES = [NoisePlace("conv", size, size, size) for size in (4, 8, 8, 64, 64, 128)]


@pytest.fixture(scope="module")
def generator() -> Generator:
    return plain_generator(small(64, classes=3), 8)


def test_one_term_is_its_w(generator: Generator) -> None:
    mapping = MappingNetwork(generator)
    ws = Latents(generator).ws(frame(WILD, latents=(LatentTerm(5, 1, (0.2, 3.0, 0.001)),)))
    assert ws.shape == (1, 10, 20) and ws.dtype == np.float32
    np.testing.assert_allclose(ws[0], np.repeat(mapping.w(5, 1)[None], 10, axis=0), rtol=1e-5)


def test_terms_are_mixed_per_range_and_normalised(generator: Generator) -> None:
    mapping = MappingNetwork(generator)
    a, b = mapping.w(1), mapping.w(2)
    terms = (LatentTerm(1, -1, (2.0, 1.0, 0.0)), LatentTerm(2, -1, (0.0, 3.0, 0.0)))
    ws = Latents(generator).ws(frame(WILD, latents=terms))[0]
    expected = {0: a, 1: 0.25 * a + 0.75 * b, 2: mapping.w_avg}
    for row in range(10):
        np.testing.assert_allclose(ws[row], expected[ws_range(row)], rtol=1e-4, atol=1e-5)
    assert {ws_range(row) for row in range(10)} == {0, 1, 2}


def test_weights_below_zero_count_as_zero(generator: Generator) -> None:
    terms = (LatentTerm(1, -1, ALL), LatentTerm(2, -1, (-1.0, -1.0, -1.0)))
    np.testing.assert_array_equal(
        Latents(generator).ws(frame(latents=terms)), Latents(generator).ws(frame(latents=terms[:1]))
    )


@settings(derandomize=True, max_examples=25, deadline=None)
@given(psi=st.floats(0, 1.5), cutoff=st.integers(0, 18))
def test_truncation(psi: float, cutoff: int) -> None:
    generator = plain_generator(small(16), 8)
    mapping = MappingNetwork(generator)
    values = {"truncation_psi": psi, "truncation_cutoff": float(cutoff)}
    ws = Latents(generator).ws(frame(values))[0]
    for row in range(6):
        amount = psi if row < cutoff else 1.0
        np.testing.assert_allclose(ws[row], mapping.w_avg + amount * (mapping.w(3) - mapping.w_avg), atol=1e-5)


def test_knobs_push_to_the_ends_of_the_ranges(generator: Generator) -> None:
    found = replace(
        pca(generator, 500, 16),
        range=np.tile(np.array([-2.0, 6.0], np.float32), (16, 1)),
        layers=np.array([(n % 8, n % 8 + 3) for n in range(16)]),
    )
    latents = Latents(replace(generator, directions=found))
    moved = latents.ws(frame({"pca.0": 3.0, "pca.5": -1.5}))[0] - latents.ws(frame())[0]
    expected = np.zeros_like(moved)
    expected[0:3] += 6.0 * found.std[0] * found.components[0]
    expected[5:8] -= 1.0 * found.std[5] * found.components[5]
    np.testing.assert_allclose(moved, expected, atol=1e-4)


def test_unmeasured_knobs_push_in_standard_deviations(generator: Generator) -> None:
    plain = pca(generator, 500, 16)
    found = Directions.unmeasured(plain.components, plain.std)
    latents = Latents(replace(generator, directions=found))
    moved = latents.ws(frame({"pca.0": 2.0, "pca.5": -1.0}))[0] - latents.ws(frame())[0]
    expected = 2.0 * found.std[0] * found.components[0] - found.std[5] * found.components[5]
    np.testing.assert_allclose(moved, np.repeat(expected[None], 10, axis=0), atol=1e-4)


def test_knobs_do_nothing_until_there_are_directions(generator: Generator) -> None:
    latents, turned = Latents(generator), frame({"pca.0": 3.0})
    np.testing.assert_array_equal(latents.ws(turned), latents.ws(frame()))
    latents.use(pca(generator, 500, 16))
    assert np.abs(latents.ws(turned) - latents.ws(frame())).max() > 0.1


def test_a_generator_with_fewer_directions_than_knobs() -> None:
    generator = plain_generator(small(16, w_dim=4), 8)
    latents = Latents(replace(generator, directions=pca(generator, 500)))
    np.testing.assert_array_equal(latents.ws(frame({"pca.9": 3.0})), latents.ws(frame()))
    assert np.abs(latents.ws(frame({"pca.3": 3.0})) - latents.ws(frame())).max() > 1e-4


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_the_ends_of_the_range_of_seeds(generator: Generator, seed: int) -> None:
    assert np.isfinite(Latents(generator).ws(frame(latents=(LatentTerm(seed, 99, ALL),)))).all()


def flat(fields: NoiseFields, seed: int, phase: float, strengths: tuple[float, float, float] = ALL) -> np.ndarray:
    return np.concatenate([f.ravel().copy() for f in fields.at(seed, phase, strengths)])


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 7.9, -3.4, 1e6 + 0.5])
def test_noise_is_unit_normal_at_every_phase(phase: float) -> None:
    values = flat(NoiseFields(SIZES, [1.0] * 6), 3, phase)
    assert values.mean() == pytest.approx(0.0, abs=0.03)
    assert values.var() == pytest.approx(1.0, abs=0.05)
    assert (values**4).mean() == pytest.approx(3.0, abs=0.3)
    image = values[-128 * 128 :].reshape(128, 128)
    for neighbour in (image[:, 1:] * image[:, :-1], image[1:] * image[:-1]):
        assert neighbour.mean() == pytest.approx(0.0, abs=0.03)  # white


def test_noise_moves_smoothly_through_time() -> None:
    fields = NoiseFields(SIZES, [1.0] * 6)
    phases = np.arange(0.0, 3.0, 0.05)
    run = np.stack([flat(fields, 1, float(p)) for p in phases])
    steps = np.sqrt(np.square(np.diff(run, axis=0)).mean(axis=1))
    assert steps.max() < 0.12 and steps.min() > 0.05  # an even pace, across whole phases too
    assert np.corrcoef(run[0], run[20])[0, 1] == pytest.approx(0.0, abs=0.03)  # one phase later: another field
    assert np.abs(flat(fields, 1, 1.999999) - flat(fields, 1, 2.0)).max() < 1e-3


def test_noise_is_a_function_of_seed_layer_and_phase_alone() -> None:
    a, b = NoiseFields(SIZES, [1.0] * 6), NoiseFields(SIZES, [1.0] * 6)
    for phase in (9.5, 2.0, 0.3):
        b.at(4, phase, ALL)
    np.testing.assert_array_equal(flat(a, 4, 5.5), flat(b, 4, 5.5))
    np.testing.assert_array_equal(flat(a, 4, 5.5), flat(a, 4, 5.5))
    assert np.corrcoef(flat(a, 4, 5.5), flat(a, 5, 5.5))[0, 1] == pytest.approx(0.0, abs=0.03)
    layers = [f.copy() for f in a.at(4, 5.5, ALL)]
    assert np.corrcoef(layers[3].ravel(), layers[4].ravel())[0, 1] == pytest.approx(0.0, abs=0.05)
    smaller = NoiseFields(SIZES[:3], [1.0] * 3).at(4, 5.5, ALL)
    for one, other in zip(smaller, layers, strict=False):
        np.testing.assert_array_equal(one, other)  # a smaller generator has the same grain


def test_noise_strengths_and_gains_multiply() -> None:
    plain = [f.copy() for f in NoiseFields(SIZES, [1.0] * 6).at(2, 1.5, ALL)]
    fields = NoiseFields(SIZES, [1.0, 2.0, 0.0, 1.0, 0.5, 1.0])
    for _ in range(2):
        made = fields.at(2, 1.5, (3.0, 1.0, 0.0))
        for one, field, factor in zip(made, plain, [3.0, 6.0, 0.0, 0.0, 0.0, 0.0], strict=True):
            np.testing.assert_allclose(one, factor * field, rtol=1e-5)
    shown = frame({"noise_strength.coarse": 3.0, "noise_strength.fine": 0.0}, noise_phase=1.5, seed=2)
    for one, other in zip(fields.frame(shown), made, strict=True):
        np.testing.assert_array_equal(one, other)


def test_given_fields_do_not_linger() -> None:
    fields = NoiseFields([SIZES[0], SIZES[1]], [1.0, 2.0])
    before = flat(fields, 1, 0.5)
    made = fields.of([np.ones((4, 4), np.float32), np.ones((8, 8), np.float32)])
    assert (made[0] == 1).all() and (made[1] == 2).all()
    np.testing.assert_array_equal(flat(fields, 1, 0.5), before)


def test_noise_on_layers_that_are_no_squares() -> None:
    wide = NoisePlace("conv", 8, 8, 14)
    fields = NoiseFields([wide, NoisePlace("conv", 64, 5, 3)], [1.0, 2.0])
    assert [f.shape for f in fields.at(1, 0.5, (1.0, 1.0, 0.5))] == [(1, 1, 8, 14), (1, 1, 5, 3)]
    assert NoiseFields([], []).at(1, 0.5, ALL) == []  # a StyleGAN3 has none


def test_a_mask_holds_the_noise_back_where_it_is_dark() -> None:
    """The left half white, then a slope, at any size of image and layer; the noise under it stays what it was."""
    mask = np.ones((30, 50), np.float32)
    mask[:, 25:] = np.linspace(1.0, 0.0, 25)
    fields = NoiseFields(SIZES, [1.0] * 6)
    plain = [f.copy() for f in fields.at(2, 1.5, ALL)]
    fields.mask(mask)
    for amount in (1.0, 0.5, 0.0):
        for made, field, place in zip(fields.at(2, 1.5, ALL, amount), plain, SIZES, strict=True):
            factor = made[0, 0] / field[0, 0]
            half = place.width // 2
            np.testing.assert_allclose(factor[:, :half], 1.0, rtol=1e-5)
            assert (np.diff(factor[:, half:]) <= 1e-5).all()
            assert factor[:, -1].max() <= 1.0 - 0.7 * amount + 1e-5
    shown = frame({"noise_mask": 0.5}, noise_phase=1.5, seed=2)
    np.testing.assert_array_equal(fields.frame(shown)[5], fields.at(2, 1.5, ALL, 0.5)[5])
    fields.mask(None)
    for made, field in zip(fields.at(2, 1.5, ALL, 1.0), plain, strict=True):
        np.testing.assert_array_equal(made, field)


def test_a_mask_is_the_mean_of_what_each_pixel_covers() -> None:
    mask = np.random.RandomState(0).rand(64, 64).astype(np.float32)
    fields = NoiseFields(SIZES, [1.0] * 6)
    plain = [f.copy() for f in fields.at(2, 1.5, ALL)]
    fields.mask(mask)
    made = fields.at(2, 1.5, ALL, 1.0)
    means = mask.reshape(8, 8, 8, 8).mean(axis=(1, 3))
    np.testing.assert_allclose(made[1][0, 0], plain[1][0, 0] * means, atol=1e-5)
    np.testing.assert_allclose(made[3][0, 0], plain[3][0, 0] * mask, atol=1e-5)


def test_rows_of_their_own_are_moved_and_all_others_keep_their_w_to_the_bit(generator: Generator) -> None:
    found = replace(pca(generator, 500, 4), layers=np.array([[0, 64], [2, 4], [0, 64], [0, 64]]))
    latents = Latents(replace(generator, directions=found))
    terms = (LatentTerm(5, 1, ALL),)
    at_rest = latents.ws(frame(latents=terms))[0]
    rows = (RowSetting("pca.1", 5, 8, -3.0), RowSetting("pca.3", 6, 40, 1.5), RowSetting("pca.9", 0, 10, 3.0))
    moved = latents.ws(frame(latents=terms, rows=rows))[0]
    np.testing.assert_array_equal(moved[:5], at_rest[:5])  # the direction's own rows, 2 and 3, too
    step = found.std[1] * found.range[1, 0] * found.components[1]  # a knob's end is the end of its range
    np.testing.assert_allclose(moved[5] - at_rest[5], step, atol=1e-5)
    other = found.std[3] * found.range[3, 1] * found.components[3] / 2.0
    np.testing.assert_allclose(moved[7] - at_rest[7], step + other, atol=1e-5)
    np.testing.assert_allclose(moved[9] - at_rest[9], other, atol=1e-5)
    both = latents.ws(frame({"pca.1": 3.0}, latents=terms, rows=rows[:1]))[0]
    alone = latents.ws(frame({"pca.1": 3.0}, latents=terms))[0]
    np.testing.assert_array_equal(both[:5], alone[:5])
    assert np.abs(alone[2:4] - at_rest[2:4]).max() > 0.1


def test_rows_may_have_a_truncation_of_their_own(generator: Generator) -> None:
    mapping, latents = MappingNetwork(generator), Latents(generator)
    values = {"truncation_psi": 0.4, "truncation_cutoff": 6.0}
    rows = (RowSetting("truncation_psi", 2, 4, 1.0), RowSetting("truncation_psi", 8, 40, 0.0))
    plain, some = (latents.ws(frame(values, rows=r))[0] for r in ((), rows))
    np.testing.assert_array_equal(some[[0, 1, 4, 5, 6, 7]], plain[[0, 1, 4, 5, 6, 7]])
    np.testing.assert_allclose(some[2:4], np.tile(mapping.w(3), (2, 1)), atol=1e-6)
    np.testing.assert_allclose(some[8:], np.tile(mapping.w_avg, (2, 1)), atol=1e-6)


def test_an_image_pushed_on_some_rows_is_the_one_drawn_from_those_rows(generator: Generator) -> None:
    backend = create("reference", replace(generator, directions=pca(generator, 500, 4)))
    latents = Latents(replace(generator, directions=pca(generator, 500, 4)))
    pushed = frame(rows=(RowSetting("pca.0", 8, 10, 3.0), RowSetting("pca.1", 20, 34, 3.0)))  # of 10 rows
    still, everywhere = latents.ws(frame()), latents.ws(frame({"pca.0": 3.0}))
    spliced = np.concatenate([still[:, :8], everywhere[:, 8:]], axis=1)
    np.testing.assert_array_equal(backend.synthesize(latents.ws(pushed)), backend.synthesize(spliced))
    shown = [backend.render(f).pixels for f in (frame(), pushed, frame({"pca.0": 3.0}))]
    assert all((a != b).any() for a, b in pairwise(shown))
