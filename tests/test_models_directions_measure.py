"""Directions measured on images whose every change is known: a bar that moves, stripes, and a colour that blows out."""

from dataclasses import replace

import numpy as np
import pytest
from heart import plain_generator, small
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.models import Directions, Generator, find_directions
from liveviz.models.directions.find import Cloud, cloud
from liveviz.models.directions.measure import Choice, Measure, in_turns
from liveviz.models.directions.visible_change import GRID_CELLS, Ordinary, changed, distance, look
from liveviz.spec import LivevizError

SIDE = 64
PLACE, STRIPES, COLOUR, NOTHING = range(4)  # entries of w


@pytest.fixture(scope="module")
def generator() -> Generator:
    """Rows 0-3 coarse, 4-7 middle, 8-9 fine. w is 0 where z is: only the affine layers are of use, and they are left out."""
    made = plain_generator(small(SIDE, w_dim=4, z_dim=4), 1)
    weights = dict(made.weights)
    for name in weights:
        if name.startswith("mapping."):
            weights[name] = np.zeros_like(weights[name])
    return replace(made, weights=weights)


def synthesize(ws: np.ndarray) -> np.ndarray:
    """A bar whose place is what the coarse rows say, stripes the middle ones, its red the fine ones: 4 is pure red."""
    x = np.arange(SIDE) / SIDE
    place = 0.5 + 0.05 * ws[:, 0:4, PLACE].mean(axis=1)  # [n]
    stripes = 0.15 + 0.03 * ws[:, 4:8, STRIPES].mean(axis=1)
    red = 0.25 * ws[:, 8:10, COLOUR].mean(axis=1)
    bar = np.clip(1.0 - 8.0 * np.abs(x[None] - place[:, None]), 0.0, 1.0)  # [n, W]
    wave = np.sign(np.sin(2 * np.pi * 32 * x))[None, :, None]  # [1, H, 1]
    grey = -0.4 + bar[:, None] * 0.6 + stripes[:, None, None] * wave  # [n, H, W]
    return np.stack([grey + 1.5 * red[:, None, None], grey, grey], axis=1).astype(np.float32)


def axes(count: int = 4) -> Directions:
    return Directions.unmeasured(np.eye(4, dtype=np.float32)[:count], np.ones(count, np.float32))


def normal_cloud() -> Cloud:
    return Cloud(np.eye(4), np.random.RandomState(0).randn(4096, 4).astype(np.float32) * 3.0)


def test_each_is_given_its_layers_and_the_idle_one_no_knob(generator: Generator) -> None:
    shown: list[float] = []
    found = Measure(generator, synthesize, shown.append).choose(axes(), normal_cloud(), 4)
    table = {int(np.abs(row).argmax()): n for n, row in enumerate(found.components)}
    assert set(table) == {PLACE, STRIPES, COLOUR}
    for entry, span, kind in (
        (PLACE, (0, 4), "structure"),
        (STRIPES, (4, 8), "detail"),
        (COLOUR, (8, 10), "colour"),
    ):
        assert tuple(found.layers[table[entry]]) == span
        assert found.kinds(generator.config)[table[entry]] == kind
    assert shown == sorted(shown) and shown[-1] == 1.0
    share = found.share[table[COLOUR]]
    assert share == 1.0 > found.share[table[PLACE]] > 0.1


def test_a_range_ends_where_the_image_breaks(generator: Generator) -> None:
    found = Measure(generator, synthesize, lambda _: None).choose(axes(), normal_cloud(), 4)
    table = {int(np.abs(row).argmax()): n for n, row in enumerate(found.components)}
    low, high = found.range[table[COLOUR]]
    # Red is -0.4 + 0.375 s (the bar up to 0.6 more, the stripes 0.15): all of it is over 1 at 3.7 to 4.1 sigma.
    assert 2.5 < high < 4.6
    assert -4.0 < low < -1.0  # under -1: all of it at -2 sigma
    low, high = found.range[table[STRIPES]]
    assert -5.0 < low < -1.0  # at -5 there are no stripes, only the other way round
    assert 1.0 < high < 7.0
    low, high = found.range[table[PLACE]]
    assert low < -3.0 and high > 3.0  # the bar may go where it likes
    assert (np.abs(found.range) <= 9.0).all()


def test_a_range_ends_where_w_ends(generator: Generator) -> None:
    narrow = Cloud(np.eye(4), np.random.RandomState(0).uniform(-1, 1, (4096, 4)).astype(np.float32))
    found = Measure(generator, synthesize, lambda _: None).choose(axes(1), narrow, 4)
    np.testing.assert_allclose(found.range, [[-1.25, 1.25]], atol=0.02)


def test_an_image_that_jumps_ends_a_range(generator: Generator) -> None:
    def jumping(ws: np.ndarray) -> np.ndarray:
        return np.where(ws[:, 0, PLACE, None, None, None] > 3.5, 0.2, 1.0) * synthesize(ws) + np.where(
            ws[:, 0, PLACE, None, None, None] > 3.5, 0.3, 0.0
        )

    found = Measure(generator, jumping, lambda _: None).choose(axes(1), normal_cloud(), 1)
    assert 3.0 <= found.range[0, 1] <= 4.5 and found.range[0, 0] < -4.5


def test_turned_to_what_the_image_shows() -> None:
    """w mixes place, stripes and colour; the first direction of each kind moves its own as far as one sigma can."""
    made = plain_generator(small(SIDE, w_dim=4, z_dim=4), 1)
    mix = np.linalg.qr(np.random.RandomState(2).randn(4, 4))[0].astype(np.float32)
    found = find_directions(made, lambda ws: synthesize(ws @ mix), lambda _: None, "effect", 3000, 8)
    covariance = cloud(made, 3000).covariance
    first: dict[str, int] = {}
    for n, kind in enumerate(found.kinds(made.config)):
        first.setdefault(kind, n)
    for entry, kind in enumerate(("structure", "detail", "colour")):
        n = first[kind]
        moved = abs(found.std[n] * found.components[n] @ mix[:, entry])
        assert moved == pytest.approx(np.sqrt(mix[:, entry] @ covariance @ mix[:, entry]), rel=0.02)
    assert found.method == "effect" and (found.std > 0).all()
    np.testing.assert_allclose(np.linalg.norm(found.components, axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("method", ["pca", "sefa", "effect"])
def test_twice_the_same(method: str) -> None:
    made = plain_generator(small(16, classes=2), 1)

    def plain(ws: np.ndarray) -> np.ndarray:
        return np.tanh(ws.sum(axis=2)[:, :1, None, None] * np.ones((1, 1, 16, 24), np.float32))  # grey, wide

    one, two = (find_directions(made, plain, lambda _: None, method, 500, 6) for _ in range(2))
    for name in ("components", "std", "range", "layers", "share"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert 1 <= len(one.std) <= 6 and one.fingerprint == made.fingerprint


def test_a_generator_of_no_numbers_is_measured_all_the_same(generator: Generator) -> None:
    found = Measure(generator, lambda ws: synthesize(ws) * np.nan, lambda _: None)
    with pytest.raises(LivevizError, match="changes its images"):
        found.choose(axes(), normal_cloud(), 4)


def test_one_that_breaks_at_once_keeps_a_short_range(generator: Generator) -> None:
    def loud(ws: np.ndarray) -> np.ndarray:
        much = ws.copy()
        much[:, :, COLOUR] *= 8.0
        return synthesize(much)

    found = Measure(generator, loud, lambda _: None).choose(axes(), normal_cloud(), 4)
    n = int(np.abs(found.components[:, COLOUR]).argmax())
    assert found.components[n, COLOUR] == 1.0 and found.share[n] > 0.3
    assert -0.6 < found.range[n, 0] < 0.0 < found.range[n, 1] < 0.7


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0.1, 1.0)), min_size=1, max_size=30), st.integers(1, 30))
def test_every_kind_has_its_part(effects: list[tuple[int, float]], count: int) -> None:
    vector = np.ones(4, np.float32)
    choices = [Choice(n, vector, kind, 0, 1, effect) for n, (kind, effect) in enumerate(effects)]
    taken = in_turns(choices, count)
    assert len(taken) == min(count, len(choices)) == len({c.source for c in taken})
    have = [0, 0, 0]
    for n, choice in enumerate(taken):  # d'Hondt, written out: nobody left out has the better claim
        for other in choices:
            if all(other.source != before.source for before in taken[: n + 1]):
                assert other.effect / (have[other.kind] + 1) <= choice.effect / (have[choice.kind] + 1)
        have[choice.kind] += 1


def test_one_direction_takes_one_knob() -> None:
    vector = np.ones(4, np.float32)
    taken = in_turns(
        [Choice(0, vector, 0, 0, 4, 1.0), Choice(0, vector, 1, 4, 8, 0.9), Choice(1, vector, 1, 4, 8, 0.2)], 9
    )
    assert [(c.source, c.kind) for c in taken] == [(0, 0), (1, 1)]


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 256, 512), (3, 16, 16), (3, 100, 33), (1, 4, 4)])
def test_images_of_any_size_are_seen(shape: tuple[int, int, int]) -> None:
    black, white = np.full((1, *shape), -1.0, np.float32), np.full((1, *shape), 1.0, np.float32)
    a, b = look(black), look(white)
    assert distance(a, a)[0] == 0.0 and changed(a, b)[0] == 1.0 and changed(a, a)[0] == 0.0
    assert 1.0 < distance(a, b)[0] <= 2.01
    assert a.cells.shape[2] <= shape[1] and min(a.cells.shape[2:]) >= min(GRID_CELLS[0], *shape[1:])
    broken = look(np.full((2, *shape), np.nan, np.float32))
    assert np.isfinite(broken.features).all() and (broken.level < -0.99).all()
    strain = Ordinary.of(look(np.random.RandomState(0).uniform(-1, 1, (4, *shape)).astype(np.float32))).strain(b, b)
    assert strain[0] <= 0.0 + 1e-6 or np.isfinite(strain).all()
