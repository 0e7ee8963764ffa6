"""Which channels, which stages, what a frame changes, and the frame on its way between processes."""

import logging
import math

import numpy as np
import pytest
import torch
from bends import bent, layer, run, setting
from heart import frame, small
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from liveviz import bending
from liveviz.engine import layers_of
from liveviz.models.stylegan.reference2 import Layer
from liveviz.runtime.ipc.parameter_wire import ParameterWire
from liveviz.spec import CORE_PARAMETERS, BendSetting, Channels, ParameterFrame

LAYERS = {4: bending.LayerShape(8, 4, 4, (8,)), 8: bending.LayerShape(6, 8, 8, (6, 6))}
HALF = Channels(share=0.5, seed=1)
CHANNELS = st.one_of(
    st.builds(Channels, share=st.floats(0.001, 1.0), seed=st.integers(0, 2**32 - 1)),
    st.lists(st.integers(0, 1023), min_size=1, max_size=40).map(lambda c: Channels(tuple(sorted(set(c))))),
)


def names(*settings: BendSetting) -> set[tuple[int, str]]:
    return set(bending.stages(settings, LAYERS))


def test_a_share_takes_that_many_and_a_larger_one_holds_a_smaller_one() -> None:
    for count in (1, 7, 512):
        before = np.zeros(count, bool)
        for share in (0.001, 0.1, 0.25, 0.5, 0.9, 1.0):
            taken = bending.mask(Channels(share=share, seed=3), 8, count)
            assert taken.sum() == max(1, round(share * count))
            assert taken[before].all()
            before = taken
    picks = {bending.mask(Channels(share=0.5, seed=s), r, 64).tobytes() for s in range(5) for r in (8, 16)}
    assert len(picks) == 10  # other seeds and other layers: other channels


@pytest.mark.parametrize("share", [math.nan, -1.0, 7.0])
def test_a_share_that_is_none_harms_nobody(share: float) -> None:
    assert 1 <= bending.mask(Channels(share=share), 8, 16).sum() <= 16


def test_channels_that_are_not_there_are_left_out_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    x = np.ones((4, 4, 4), np.float32)
    with caplog.at_level(logging.WARNING, "liveviz.bending"):
        for _ in range(3):
            made = bent(x, setting("ablate", 1.0, Channels((1, 700))))
    assert [float(c.mean()) for c in made] == [1.0, 0.0, 1.0, 1.0]
    assert ["0 to 3; 700" in r.getMessage() for r in caplog.records] == [True]
    np.testing.assert_array_equal(bent(x, setting("zoom", 0.5, Channels((700,)))), x)


def test_stages_by_kind() -> None:
    assert names(BendSetting("gain", 8, 0.3), BendSetting("rewrite", 4, 1.0)) == set()
    assert names(BendSetting("zoom", 8, 0.0), BendSetting("rotate", 8, 0.1)) == {(8, "*move")}
    assert names(BendSetting("blur", 8, 0.0), BendSetting("zoom", 4, 0.1)) == {(8, "blur"), (4, "*move")}
    assert names(BendSetting("blur", 64, 0.0), BendSetting("melt", 8, 0.1)) == set()
    some = [BendSetting("zoom", 8, 0.1, c) for c in (HALF, Channels(), Channels((1, 2)), HALF)]
    assert names(*some) == {(8, "*move"), (8, "*move.1"), (8, "*move.2")}
    assert names(some[0]) == {(8, "*move.1")} == names(some[2])  # other channels need no other network
    bare = {8: bending.LayerShape(6, 8, 8, (6,), folds=False)}
    assert set(bending.stages([BendSetting("gain", 8, 0.0)], bare)) == {(8, "*gain")}


def test_what_a_network_cannot_have_is_left_out() -> None:
    good = {
        bending.BendSlot(8, "*move"),
        bending.BendSlot(8, "*move.16"),
        bending.BendSlot(4, "blur"),
        bending.BendSlot(4, "*gain"),
    }
    bad = {(64, "*move"), (8, "zoom"), (8, "*move.17"), (8, "*move.x"), (8, "melt"), (8, "")}
    assert bending.possible([*good, *(bending.BendSlot(*s) for s in bad)], LAYERS) == good


def test_inputs_have_names_shapes_and_an_order() -> None:
    stages = {(8, "*move"), (8, "*move.10"), (8, "*move.2"), (8, "erode"), (8, "blur"), (4, "*move")}
    shapes = bending.inputs([bending.BendSlot(*s) for s in stages], LAYERS)
    assert list(shapes.items()) == [
        ("bend.4.*move", (1, 4, 4, 2)),
        ("bend.8.blur", (1, 6, 1, 1)),
        ("bend.8.erode", (1, 6, 1, 1)),
        ("bend.8.*move", (1, 8, 8, 2)),
        ("bend.8.*move.2", (1, 8, 8, 2)),
        ("bend.8.*move.2.mask", (1, 6, 1, 1)),
        ("bend.8.*move.10", (1, 8, 8, 2)),
        ("bend.8.*move.10.mask", (1, 6, 1, 1)),
    ]
    wide = {4: bending.LayerShape(8, 4, 7, (8,))}  # no power of two: at rest nothing may be resampled
    assert list(bending.inputs([bending.BendSlot(4, "*move")], wide)) == ["bend.4.*move", "bend.4.*move.mask"]


def test_only_what_changed_is_told_again() -> None:
    bends = (BendSetting("zoom", 8, 0.1), BendSetting("blur", 8, 0.5), BendSetting("noise_warp", 4, 0.2))
    told = bending.Bends(bending.stages(bends, LAYERS), LAYERS)
    assert (
        set(told.step(frame(bends=bends)).inputs) == set(told.shapes) == {"bend.8.*move", "bend.8.blur", "bend.4.*move"}
    )
    assert not told.step(frame(bends=bends)).inputs
    assert set(told.step(frame(bends=bends, noise_phase=0.5)).inputs) == {"bend.4.*move"}  # only what drifts
    more = (BendSetting("zoom", 8, 0.2), *bends[1:])
    assert set(told.step(frame(bends=more, noise_phase=0.5)).inputs) == {"bend.8.*move"}
    nothing = told.step(frame())
    assert set(nothing.inputs) == set(told.shapes)  # back to rest
    np.testing.assert_array_equal(nothing.inputs["bend.8.*move"][0], bending.grid(8, 8, []))
    assert not nothing.inputs["bend.8.blur"].any()


def test_two_bends_of_one_kind_add_up_where_they_meet() -> None:
    x = np.random.RandomState(0).randn(6, 8, 8).astype(np.float32)
    a, b = Channels((0, 1)), Channels((1, 2))
    together = bent(x, setting("blur", 0.5, a), setting("blur", 0.25, b))
    for channel, amount in enumerate((0.5, 0.75, 0.25, 0.0)):
        np.testing.assert_allclose(together[channel], bent(x, setting("blur", amount))[channel], atol=1e-6)
    gains = bent(x, setting("gain", 0.5, a), setting("ablate", 1.0, b))
    np.testing.assert_allclose(gains[0], 1.5 * x[0], rtol=1e-6)
    assert not gains[1:3].any()
    np.testing.assert_array_equal(gains[3:], x[3:])


def test_moves_of_different_channels_do_not_mix() -> None:
    x = np.random.RandomState(0).randn(4, 8, 8).astype(np.float32)
    a, b = Channels((0, 1)), Channels((2,))
    made = bent(x, setting("zoom", 0.3, a), setting("rotate", 0.1, b), setting("translate_x", 0.25, a))
    np.testing.assert_allclose(made[:2], bent(x, setting("zoom", 0.3), setting("translate_x", 0.25))[:2], atol=1e-6)
    np.testing.assert_allclose(made[2], bent(x, setting("rotate", 0.1))[2], atol=1e-6)
    np.testing.assert_array_equal(made[3], x[3])


def test_a_gain_that_cannot_be_folded_is_a_stage_of_the_network() -> None:
    x = torch.randn(1, 6, 8, 8)
    shown = frame(bends=(setting("gain", 0.5, HALF), setting("invert", 0.3)))
    torch.testing.assert_close(run(x, shown, folds=False), run(x, shown, folds=True))


def test_layers_of_every_architecture() -> None:
    assert layers_of(small(16)) == {
        4: bending.LayerShape(16, 4, 4, (16,)),
        8: bending.LayerShape(16, 8, 8, (16, 16)),
        16: bending.LayerShape(16, 16, 16, (16, 16)),
    }
    assert [lay.folds for lay in layers_of(small(16, architecture="stylegan2-resnet")).values()] == [False, False, True]
    wide = layers_of(small(16, const_width=7))
    assert [(lay.height, lay.width) for lay in wide.values()] == [(4, 7), (8, 14), (16, 28)]
    three = layers_of(small(32, architecture="stylegan3-t", channel_base=1024))
    assert sum(len(lay.convolutions) for lay in three.values()) == 14
    assert all(lay.channels == lay.convolutions[-1] for lay in three.values())
    assert layer(3, 4, 5).convolutions == (3,)


def test_rewriting_scales_the_weights_behind_the_demodulation() -> None:
    torch.manual_seed(0)
    made = Layer(small(16), 5, 7, (8, 8), up=False)
    for value in (*made.parameters(), *made.buffers()):
        torch.nn.init.normal_(value)
    x, w, noise, factors = torch.randn(1, 5, 8, 8), torch.randn(1, 20), torch.randn(8, 8), torch.randn(7)
    with torch.no_grad():
        weight = made.weight * made.affine(w)[0, :, None, None]
        weight = weight / (weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
        y = torch.nn.functional.conv2d(x, weight * factors[:, None, None, None], padding=1)
        y = y + noise * made.noise_strength + made.bias[:, None, None]
        truth = torch.nn.functional.leaky_relu(y, 0.2) * math.sqrt(2.0)
        torch.testing.assert_close(made(x, w, noise, factors), truth, rtol=1e-4, atol=1e-4)


@hypothesis_settings(derandomize=True, max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(bending.ops())), CHANNELS, st.floats(-2, 2)), max_size=16))
def test_bends_survive_the_way_between_processes(bends: list[tuple[str, Channels, float]]) -> None:
    wire = ParameterWire([p.name for p in CORE_PARAMETERS], sorted(bending.ops()))
    settings = tuple(BendSetting(op, 4 << (n % 9), amount, channels) for n, (op, channels, amount) in enumerate(bends))
    sent = ParameterFrame(3, 1.5, {p.name: p.default for p in CORE_PARAMETERS}, frame().latents, settings)
    assert wire.unpack(wire.pack(sent).view(np.uint8)) == sent


@hypothesis_settings(derandomize=True, max_examples=30, deadline=None)
@given(
    st.lists(
        st.builds(
            BendSetting,
            st.sampled_from([*bending.ops(), "melt"]),
            st.sampled_from([4, 8, 5, 64]),
            st.floats(allow_nan=True, allow_infinity=True),
            CHANNELS,
        ),
        max_size=16,
    )
)
def test_whatever_a_frame_holds_the_inputs_are_whole(bends: list[BendSetting]) -> None:
    topology = bending.stages(bends, LAYERS)
    moved = bending.Bends(topology, LAYERS).step(frame(bends=tuple(bends)))
    assert {name: value.shape for name, value in moved.inputs.items()} == bending.inputs(topology, LAYERS)
    factors = [f for group in moved.filters.values() for f in group]
    for value in (*moved.inputs.values(), *moved.gains.values(), *factors):
        assert value.dtype == np.float32 and np.isfinite(value).all()
