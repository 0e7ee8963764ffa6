"""Bends: one contract for every op found, and what each does to a layer, by means that are not the code's own."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from bends import SIZES, bent, image, layer, one, resample, run, setting, window
from heart import frame
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from liveviz import bending
from liveviz.spec import BendSetting, Channels, Registry

torch.set_num_threads(1)
OPS = sorted(bending.ops())
MOVES = [op for op in OPS if bending.kind(op) == "warp"]
R = 16


def check_zoom(x: NDArray) -> None:
    blob = np.zeros((R, R), np.float32)
    blob[6:10, 6:10] = 1.0
    assert one(blob, setting("zoom", 0.5)).sum() == pytest.approx(4 * blob.sum(), rel=0.05)  # twice as close
    assert one(blob, setting("zoom", -0.25)).sum() == pytest.approx(blob.sum() / 1.25**2, rel=0.05)


def check_translate_x(x: NDArray) -> None:
    moved = one(x, setting("translate_x", 0.25))
    np.testing.assert_allclose(moved[:, 4:], x[:, :-4], atol=1e-5)
    np.testing.assert_allclose(moved[:, :4], x[:, 3::-1], atol=1e-5)  # mirrored in from the left edge


def check_translate_y(x: NDArray) -> None:
    moved = one(x, setting("translate_y", -0.5))
    np.testing.assert_allclose(moved[:8], x[8:], atol=1e-5)


def check_rotate(x: NDArray) -> None:
    np.testing.assert_allclose(one(x, setting("rotate", 0.25)), np.rot90(x, -1), atol=1e-4)
    np.testing.assert_allclose(one(x, setting("rotate", -0.5)), x[::-1, ::-1], atol=1e-4)
    np.testing.assert_allclose(one(x, setting("rotate", 1.0)), x, atol=1e-4)
    wide = np.zeros((8, 32), np.float32)
    wide[2:6, 15:17] = 1.0  # 4 high, 2 wide, in the middle
    turned = one(wide, setting("rotate", 0.25))
    np.testing.assert_allclose(turned[3:5, 14:18], 1.0, atol=1e-4)  # 2 high, 4 wide: no stretching
    assert turned[:, 12:20].sum() == pytest.approx(wide.sum(), rel=1e-3)


def check_shear(x: NDArray) -> None:
    line = np.zeros((R, R), np.float32)
    line[:, 8] = 1.0
    leaning = one(line, setting("shear", 1.0))
    rows = np.arange(2, 14)
    np.testing.assert_allclose(leaning[rows].argmax(axis=1), 8 - (rows - 7.5), atol=0.6)  # 45 degrees, top to the right


def check_mirror(x: NDArray) -> None:
    both = one(x, setting("mirror", 1.0))
    np.testing.assert_allclose(both[:, R // 2 :], x[:, R // 2 :], atol=1e-5)
    np.testing.assert_allclose(both[:, : R // 2], x[:, : R // 2 - 1 : -1], atol=1e-5)


def check_twirl(x: NDArray) -> None:
    grid, still = (bending.grid(64, 64, [BendSetting("twirl", 64, a)]) for a in (0.25, 0.0))
    assert np.hypot(*grid[31, 31]) == pytest.approx(math.hypot(1 / 64, 1 / 64), rel=1e-3)  # distances stay
    np.testing.assert_allclose(grid[0, 0], still[0, 0], atol=2e-3)  # the corner hardly moves
    turned = math.atan2(*grid[31, 31][::-1]) - math.atan2(*still[31, 31][::-1])
    assert abs(math.remainder(turned, math.tau)) == pytest.approx(math.pi / 2, rel=0.01)


def check_ripple(x: NDArray) -> None:
    shift = (bending.grid(64, 64, [BendSetting("ripple", 64, 0.1)]) - bending.grid(64, 64, []))[..., 0]
    assert shift.max() == pytest.approx(0.2, rel=0.01) and shift.min() == pytest.approx(-0.2, rel=0.01)
    middle = shift[:, 5]
    assert (np.diff(np.sign(middle)) != 0).sum() == 3  # two waves cross 0 three times on the way down


def check_noise_warp(x: NDArray) -> None:
    def shift(phase: float, seed: int = 0, waves: float = 2.0, size: int = 64) -> NDArray:
        moment = bending.Moment(phase, seed, (("waves", waves),))
        moved = bending.grid(size, size, [BendSetting("noise_warp", size, 0.3)], lambda op: moment)
        return moved - bending.grid(size, size, [])

    many = np.stack([shift(40.0 * n, n, 8.0) for n in range(20)])
    assert many.mean() == pytest.approx(0.0, abs=0.02)
    assert many.std() == pytest.approx(0.2, rel=0.1)  # two thirds of the amount, in half heights
    steps = [np.abs(shift(5.0 + 0.02 * (n + 1)) - shift(5.0 + 0.02 * n)).max() for n in range(20)]
    assert 0.0 < max(steps) < 0.05  # it drifts, it does not jump
    assert np.corrcoef(shift(0.0).ravel(), shift(1000.0).ravel())[0, 1] < 0.5
    np.testing.assert_array_equal(shift(3.3), shift(3.3))
    fine, coarse = (np.abs(np.diff(shift(0.0, 0, waves), axis=1)).mean() for waves in (8.0, 1.0))
    assert fine > 4 * coarse
    small = shift(2.0, size=8)
    np.testing.assert_allclose(shift(2.0, size=64).reshape(8, 8, 8, 8, 2).mean(axis=(1, 3)), small, atol=0.05)


def check_gain(x: NDArray) -> None:
    np.testing.assert_allclose(one(x, setting("gain", 0.5)), 1.5 * x, rtol=1e-6)
    np.testing.assert_allclose(one(x, setting("gain", -0.6)), 0.4 * x, rtol=1e-6)


def check_ablate(x: NDArray) -> None:
    channels = np.stack([image(n) for n in range(40)])
    chosen = bent(channels, setting("ablate", 1.0, Channels((3, 7))))
    assert {n for n in range(40) if not chosen[n].any()} == {3, 7}
    assert sum(not c.any() for c in bent(channels, setting("ablate", 1.0))) == 30  # the image never goes out
    out = [sum(not c.any() for c in bent(channels, setting("ablate", a / 20))) for a in range(21)]
    assert sorted(out) == out and len(set(out)) > 10  # one after the other


def check_invert(x: NDArray) -> None:
    channels = np.stack([image(n) for n in range(40)])
    made = bent(channels, setting("invert", 1.0, Channels((0, 39))))
    np.testing.assert_array_equal(made[[0, 39]], -channels[[0, 39]])
    np.testing.assert_array_equal(made[1:39], channels[1:39])
    half = bent(channels, setting("invert", 0.5)) / channels
    assert 10 <= (half[:, 0, 0] < 0).sum() <= 20  # some have turned while others wait: never silence


def check_threshold(x: NDArray) -> None:
    np.testing.assert_allclose(one(x, setting("threshold", 1.0)), np.where(x > 0.5, 1.5, 0.0), atol=1e-6)
    np.testing.assert_allclose(one(x, setting("threshold", 0.5)), 0.5 * x + np.where(x > 0.5, 0.75, 0.0), atol=1e-6)


def check_dilate(x: NDArray) -> None:
    for amount, size in ((1.0, 3), (2.0, 5)):
        most = window(x, size, np.max)
        np.testing.assert_allclose(one(x, setting("dilate", amount)), most - most.mean() + x.mean(), atol=1e-5)


def check_erode(x: NDArray) -> None:
    least = window(x, 3, np.min)
    least += x.mean() - least.mean()
    np.testing.assert_allclose(one(x, setting("erode", 1.0)), least, atol=1e-5)
    np.testing.assert_allclose(one(x, setting("erode", 0.25)), 0.25 * least + 0.75 * x, atol=1e-5)


def check_blur(x: NDArray) -> None:
    near = window(x, 3, np.mean)
    np.testing.assert_allclose(one(x, setting("blur", 1.0)), near, atol=1e-5)
    np.testing.assert_allclose(one(x, setting("blur", 2.0)), window(near, 3, np.mean), atol=1e-5)
    np.testing.assert_allclose(one(x, setting("blur", -1.0)), 2.0 * x - near, atol=1e-5)  # an unsharp mask


def check_rewrite(x: NDArray) -> None:
    def factors(amount: float = 1.0, channels: Channels | None = None, **knobs: float) -> tuple[NDArray, ...]:
        values = {f"bend.rewrite_{knob}": value for knob, value in knobs.items()}
        shown = frame(values, bends=(setting("rewrite", amount, channels),))
        layers = {0: bending.LayerShape(1000, R, R, (1000, 600))}
        return bending.Bends(frozenset(), layers).step(shown).filters.get(0, ())

    first, second = factors(mean=-1.0, spread=0.5)
    assert (first.shape, second.shape) == ((1000,), (600,))
    changed = first[first != 1.0]
    assert len(changed) == 750  # a quarter is left, as with every op that takes channels away
    assert changed.mean() == pytest.approx(-1.0, abs=0.05) and changed.std() == pytest.approx(0.5, abs=0.03)
    some = factors(mean=1.5, spread=0.1, channels=Channels(share=0.3, seed=4))[0]
    assert (some != 1.0).sum() == 300 and some[some != 1.0].mean() == pytest.approx(1.5, abs=0.02)
    again = factors(mean=-1.0, spread=0.5)
    np.testing.assert_array_equal(first, again[0])
    both = (first[:600] != 1.0) & (second != 1.0)
    assert abs(np.corrcoef(first[:600][both], second[both])[0, 1]) < 0.2  # each convolution has factors of its own
    assert (factors(seed=3.0)[0] != factors(seed=4.0)[0]).any()
    assert factors(0.0) == ()


CHECKS: dict[str, Callable[[NDArray], None]] = {
    name.removeprefix("check_"): value for name, value in globals().items() if name.startswith("check_")
}


def test_every_file_is_an_op_with_a_check_of_its_own() -> None:
    files = {p.stem for p in Path(bending.__file__).parent.glob("*.py") if not p.stem.startswith("_")}
    assert files == set(OPS) == set(CHECKS)
    asked = [
        "zoom",
        "rotate",
        "shear",
        "mirror",
        "gain",
        "ablate",
        "invert",
        "threshold",
        "erode",
        "dilate",
        "blur",
        "noise_warp",
        "rewrite",
    ]
    assert set(OPS) >= {*asked, "translate_x", "translate_y"}


@pytest.mark.parametrize("op", OPS)
def test_what_it_does(op: str) -> None:
    CHECKS[op](image())


@pytest.mark.parametrize("op", OPS)
def test_what_a_file_declares(op: str) -> None:
    module = bending.ops()[op]
    piece = module.PARAMETER
    assert piece.low <= piece.identity <= piece.high and piece.help
    assert [kind for kind in bending.BEND_FUNCTIONS if hasattr(module, kind)] == [bending.kind(op)]
    for knob in bending.knobs(op).values():
        assert knob.low <= knob.identity <= knob.high and knob.help


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("op", OPS)
def test_contract(op: str, size: tuple[int, int]) -> None:
    piece = bending.ops()[op].PARAMETER
    x = np.stack([image(n, *size) for n in range(6)])
    some = Channels(share=0.5, seed=2)
    for channels in (None, some, Channels((0, 5, 900))):
        for amount in (piece.identity, math.nan, math.inf, -math.inf):
            np.testing.assert_array_equal(bent(x, setting(op, amount, channels)), x)
    ends = [bent(x, setting(op, end)) for end in (piece.low, piece.high)]
    for beyond, end in ((piece.low - 1e30, ends[0]), (piece.high + 1e30, ends[1])):
        np.testing.assert_array_equal(bent(x, setting(op, beyond)), end)
        assert end.shape == x.shape and end.dtype == np.float32 and np.isfinite(end).all()
    if size == (16, 16):
        middle = setting(op, piece.low + 0.7 * (piece.high - piece.low))
        assert np.abs(bent(x, middle) - x).max() > 0.01
        taken = bending.mask(some, 0, 6)
        part = bent(x, setting(op, middle.amount, some))
        np.testing.assert_array_equal(part[~taken], x[~taken])  # the others are not touched, to the bit
        assert all((part[n] != x[n]).any() for n in np.flatnonzero(taken))


@pytest.mark.parametrize("op", OPS)
def test_no_jump_as_a_knob_turns(op: str) -> None:
    """A smooth layer bent at 120 amounts: from one to the next no pixel goes a large part of its way."""
    piece = bending.ops()[op].PARAMETER
    y, x = np.mgrid[0:8, 0:8]
    smooth = np.stack([np.sin(0.4 * x + 0.2 * y + n) for n in range(4)]).astype(np.float32)
    made = np.stack([bent(smooth, setting(op, float(a))) for a in np.linspace(piece.low, piece.high, 120)])
    assert np.abs(np.diff(made, axis=0)).max() < 0.3


@pytest.mark.parametrize("op", OPS)
def test_half_precision_rests_exactly_too(op: str) -> None:
    x = torch.from_numpy(np.stack([image(n) for n in range(4)]))[None].half()
    shown = frame(bends=(setting(op, bending.ops()[op].PARAMETER.identity, Channels(share=0.5)),))
    assert torch.equal(run(x, shown), x)


@settings(derandomize=True, max_examples=6, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(MOVES), st.floats(-1, 1)).map(lambda t: setting(*t)), min_size=1, max_size=3))
def test_moves_sample_as_said(bends: list[BendSetting]) -> None:
    for size in ((R, R), (6, 10)):
        x = image(1, *size)
        np.testing.assert_allclose(one(x, *bends), resample(x, bending.grid(*size, bends)), atol=3e-4)


def test_the_first_move_is_done_first() -> None:
    x = image(2)
    turn, move = setting("rotate", 0.25), setting("translate_x", 0.25)
    together, one_by_one = one(x, turn, move), one(one(x, turn), move)
    np.testing.assert_allclose(together, one_by_one, atol=1e-4)
    assert np.abs(together - one(x, move, turn)).max() > 0.5


def test_an_unknown_op_is_left_out_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    x = image()
    for _ in range(3):
        np.testing.assert_array_equal(one(x, setting("melt_away", 1.0)), x)
    assert sum("melt_away" in r.getMessage() for r in caplog.records) == 1
    assert layer(1, R, R).folds


def test_parameters_fit_the_registry() -> None:
    registry = Registry(bending.parameters())
    assert {p.name for p in registry if p.layered} == {f"bend.{op}" for op in OPS}
    knobs = {f"bend.{op}_{knob}" for op in OPS for knob in bending.knobs(op)}
    assert {p.name for p in registry if not p.layered} == knobs
    assert knobs >= {"bend.rewrite_mean", "bend.rewrite_seed", "bend.noise_warp_waves"}
    for op in OPS:
        assert registry[f"bend.{op}"].default == bending.ops()[op].PARAMETER.identity
