"""Bends: one contract for every op found, and what each does to a picture, by means that are not the code's own."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from liveviz import bending
from liveviz.models.reference import bend
from liveviz.spec import BendSetting, Registry

OPS = sorted(bending.ops())
R = 16


def resample(x: NDArray, grid: NDArray) -> NDArray:
    """Bilinear sampling of x `[h, w]` that reflects at the picture's edge, pixel by pixel, as slow as it is plain."""
    size = x.shape[0]

    def pixel(i: int) -> int:
        i %= 2 * size
        return i if i < size else 2 * size - 1 - i

    out = np.zeros_like(x)
    for row in range(size):
        for column in range(size):
            px, py = ((float(v) + 1.0) * size / 2.0 - 0.5 for v in grid[row, column])
            left, top = math.floor(px), math.floor(py)
            for dy in (0, 1):
                for dx in (0, 1):
                    share = (1 - abs(px - left - dx)) * (1 - abs(py - top - dy))
                    out[row, column] += share * x[pixel(top + dy), pixel(left + dx)]
    return out


def bent(x: NDArray, *settings: BendSetting) -> NDArray:
    """x `[r, r]` bent by the reference."""
    grid = bending.grid(x.shape[0], settings)
    return bend(torch.from_numpy(x)[None, None], torch.from_numpy(grid))[0, 0].numpy()


def picture(seed: int = 0) -> NDArray:
    return np.random.RandomState(seed).randn(R, R).astype(np.float32)


def setting(op: str, amount: float) -> BendSetting:
    return BendSetting(op, R, amount)


def check_zoom(x: NDArray) -> None:
    blob = np.zeros((R, R), np.float32)
    blob[6:10, 6:10] = 1.0
    assert bent(blob, setting("zoom", 0.5)).sum() == pytest.approx(4 * blob.sum(), rel=0.05)  # twice as close
    assert bent(blob, setting("zoom", -0.25)).sum() == pytest.approx(blob.sum() / 1.25**2, rel=0.05)


def check_translate_x(x: NDArray) -> None:
    moved = bent(x, setting("translate_x", 0.25))
    np.testing.assert_allclose(moved[:, 4:], x[:, :-4], atol=1e-5)
    np.testing.assert_allclose(moved[:, :4], x[:, 3::-1], atol=1e-5)  # mirrored in from the left edge


def check_translate_y(x: NDArray) -> None:
    moved = bent(x, setting("translate_y", -0.5))
    np.testing.assert_allclose(moved[:8], x[8:], atol=1e-5)


def check_rotate(x: NDArray) -> None:
    np.testing.assert_allclose(bent(x, setting("rotate", 0.25)), np.rot90(x, -1), atol=1e-4)
    np.testing.assert_allclose(bent(x, setting("rotate", -0.5)), x[::-1, ::-1], atol=1e-4)
    np.testing.assert_allclose(bent(x, setting("rotate", 1.0)), x, atol=1e-4)


def check_mirror(x: NDArray) -> None:
    both = bent(x, setting("mirror", 1.0))
    np.testing.assert_allclose(both[:, R // 2 :], x[:, R // 2 :], atol=1e-5)
    np.testing.assert_allclose(both[:, : R // 2], x[:, : R // 2 - 1 : -1], atol=1e-5)


def check_twirl(x: NDArray) -> None:
    grid = bending.grid(64, [BendSetting("twirl", 64, 0.25)])
    assert np.hypot(*grid[31, 31]) == pytest.approx(math.hypot(1 / 64, 1 / 64), rel=1e-3)  # distances stay
    still = bending.grid(64, [])
    np.testing.assert_allclose(grid[0, 0], still[0, 0], atol=2e-3)  # the corner hardly moves
    turned = math.atan2(*grid[31, 31][::-1]) - math.atan2(*still[31, 31][::-1])
    assert abs(math.remainder(turned, math.tau)) == pytest.approx(math.pi / 2, rel=0.01)


def check_ripple(x: NDArray) -> None:
    shift = (bending.grid(64, [BendSetting("ripple", 64, 0.1)]) - bending.grid(64, []))[..., 0]
    assert shift.max() == pytest.approx(0.2, rel=0.01) and shift.min() == pytest.approx(-0.2, rel=0.01)
    middle = shift[:, 5]
    assert (np.diff(np.sign(middle)) != 0).sum() == 3  # two waves cross 0 three times on the way down


CHECKS: dict[str, Callable[[NDArray], None]] = {
    name.removeprefix("check_"): value for name, value in globals().items() if name.startswith("check_")
}


def test_every_file_is_an_op_with_a_check_of_its_own() -> None:
    files = {p.stem for p in (Path(bending.__file__).parent).glob("*.py")} - {"__init__", "piece"}
    assert files == set(OPS) == set(CHECKS)


@pytest.mark.parametrize("op", OPS)
def test_what_it_does(op: str) -> None:
    CHECKS[op](picture())


@pytest.mark.parametrize("op", OPS)
def test_contract(op: str) -> None:
    piece = bending.ops()[op].PARAMETER
    assert piece.low <= piece.identity <= piece.high and piece.help
    for resolution in (4, 8, 64, 256):
        still = bending.grid(resolution, [])
        assert still.shape == (resolution, resolution, 2) and still.dtype == np.float32
        np.testing.assert_array_equal(bending.grid(resolution, [BendSetting(op, resolution, piece.identity)]), still)
        for amount in (piece.low, piece.high):
            far = bending.grid(resolution, [BendSetting(op, resolution, amount)])
            assert far.dtype == np.float32 and np.isfinite(far).all()
    x, y = (np.ascontiguousarray(v) for v in np.moveaxis(bending.grid(8, []), -1, 0))
    for same, back in zip((x, y), bending.ops()[op].warp(x, y, piece.identity), strict=True):
        np.testing.assert_array_equal(back, same)  # also when warp itself is asked
    middle = piece.low + 0.6 * (piece.high - piece.low)
    assert np.abs(bending.grid(8, [BendSetting(op, 8, middle)]) - bending.grid(8, [])).max() > 0.01
    steps = np.linspace(piece.low, piece.high, 400)
    grids = np.stack([bending.grid(8, [BendSetting(op, 8, float(a))]) for a in steps])
    assert np.abs(np.diff(grids, axis=0)).max() < 0.1  # smooth: no jumps as a knob turns


@pytest.mark.parametrize("op", OPS)
def test_the_identity_copies_every_pixel_exactly(op: str) -> None:
    x = picture()
    np.testing.assert_array_equal(bent(x, setting(op, bending.ops()[op].PARAMETER.identity)), x)


@settings(derandomize=True, max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(OPS), st.floats(-1, 1)).map(lambda t: setting(*t)), min_size=1, max_size=3))
def test_the_reference_samples_as_said(bends: list[BendSetting]) -> None:
    x = picture(1)
    np.testing.assert_allclose(bent(x, *bends), resample(x, bending.grid(R, bends)), atol=2e-4)


def test_the_first_bend_is_done_first() -> None:
    x = picture(2)
    turn, move = setting("rotate", 0.25), setting("translate_x", 0.25)
    together, one_by_one = bent(x, turn, move), bent(bent(x, turn), move)
    np.testing.assert_allclose(together, one_by_one, atol=1e-4)
    assert np.abs(together - bent(x, move, turn)).max() > 0.5


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -float("inf")])
def test_an_amount_that_is_not_finite_does_nothing(amount: float) -> None:
    np.testing.assert_array_equal(bending.grid(8, [BendSetting("zoom", 8, amount)]), bending.grid(8, []))


def test_an_unknown_op_is_left_out_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        np.testing.assert_array_equal(bending.grid(8, [BendSetting("melt", 8, 1.0)]), bending.grid(8, []))
    assert [r.message for r in caplog.records if "melt" in r.message].__len__() == 1


def test_parameters_fit_the_registry() -> None:
    registry = Registry(bending.parameters())
    assert registry.names == tuple(f"bend.{op}" for op in OPS)
    for parameter in registry:
        assert parameter.reader == "engine"
        assert parameter.default == bending.ops()[parameter.name.removeprefix("bend.")].PARAMETER.identity
