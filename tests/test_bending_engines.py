"""Bends in whole generators: every engine shows the reference's image, an amount at rest changes no bit, gains and
rewritten filters cost no stage, and the network's architecture does not matter."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from bends import any_generator
from heart import frame, plain_generator, relative_error, small

from liveviz import bending, engine
from liveviz.engine import layers_of
from liveviz.engine.backends.cuda.backend import Cuda
from liveviz.engine.backends.cuda.static import StaticNetwork
from liveviz.engine.stylegan.rewrite import rewrite
from liveviz.models import Generator
from liveviz.spec import BendSetting, Channels

torch.set_num_threads(1)
OPS = sorted(bending.ops())
HALF = Channels(share=0.5, seed=1)
ARCHITECTURES = {
    "skip": {},
    "orig": {"architecture": "stylegan2-orig"},
    "resnet": {"architecture": "stylegan2-resnet"},
    "wide": {"const_width": 7},
    "clamped": {"conv_clamp": 2.0, "classes": 3},
    "stylegan3": {"architecture": "stylegan3-t", "channel_base": 1024, "num_layers": 6},
}


@pytest.fixture(scope="module")
def generator() -> Generator:
    return plain_generator(small(16), 6)


def settings_of(op: str, generator: Generator, position: float = 0.8) -> tuple[BendSetting, ...]:
    """An op at every layer, on all channels and on half of them in turn."""
    piece = bending.ops()[op].PARAMETER
    amount = piece.low + position * (piece.high - piece.low)
    layers = layers_of(generator.config)
    return tuple(BendSetting(op, n, amount, HALF if i % 2 else Channels()) for i, n in enumerate(layers))


def everything(generator: Generator) -> list[tuple[BendSetting, ...]]:
    """Every op at every layer, in frames of sixteen bends."""
    layers = layers_of(generator.config)
    bends = [
        BendSetting(op, n, bending.ops()[op].PARAMETER.identity, channels)
        for channels in (Channels(), HALF)
        for op in OPS
        for n in layers
    ]
    return [tuple(bends[i : i + 16]) for i in range(0, len(bends), 16)]


def close(made: np.ndarray, truth: np.ndarray) -> None:
    difference = np.abs(made.astype(int) - truth.astype(int))
    assert difference.max() <= 1 and (difference > 0).mean() < 0.01


@pytest.mark.parametrize("op", OPS)
def test_every_engine_bends_every_layer_alike(op: str, generator: Generator) -> None:
    bends = settings_of(op, generator)
    topology = bending.stages(bends, layers_of(generator.config))
    shown = frame({"bend.rewrite_spread": 1.0}, bends=bends, noise_phase=2.3)
    reference = engine.create("reference", generator, threads=1)
    truth = reference.render(shown).pixels
    assert np.abs(truth.astype(int) - reference.render(frame(noise_phase=2.3)).pixels).mean() > 1.0
    close(engine.create("openvino", generator, bends=topology, precision="f32", threads=1).render(shown).pixels, truth)
    close(Cuda(generator, topology, "f32", "cpu").render(shown).pixels, truth)
    for n, amount in enumerate((math.nan, math.inf, 1e30)):  # whatever comes, there is an image
        wild = frame(bends=tuple(BendSetting(b.op, b.layer, amount, b.channels) for b in bends), sequence=n)
        assert reference.render(wild).pixels.std() > 1.0


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_bends(name: str) -> None:
    generator = any_generator(small(16, **ARCHITECTURES[name]))
    layers = sorted(layers_of(generator.config))
    ops = ("zoom", "blur", "gain", "rewrite", "noise_warp", "erode", "invert", "rotate")
    bends = tuple(
        BendSetting(op, layers[i % len(layers)], 0.4, HALF if i % 3 else Channels()) for i, op in enumerate(ops)
    )
    topology = bending.stages(bends, layers_of(generator.config))
    shown = frame(bends=bends, noise_phase=0.4)
    reference = engine.create("reference", generator, threads=1)
    truth = reference.render(shown).pixels
    assert np.abs(truth.astype(int) - reference.render(frame(noise_phase=0.4)).pixels).mean() > 1.0
    close(engine.create("openvino", generator, bends=topology, precision="f32", threads=1).render(shown).pixels, truth)
    close(Cuda(generator, topology, "f32", "cpu").render(shown).pixels, truth)


class Watched(StaticNetwork):
    """seen: (layer, activations before its bends, behind them), as they come."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.seen: list[tuple[int, torch.Tensor, torch.Tensor]] = []

    def bend(self, x: torch.Tensor, layer: int) -> torch.Tensor:
        made = super().bend(x, layer)
        self.seen.append((layer, x, made))
        return made


@pytest.mark.parametrize("name", ["skip", "wide", "resnet"])
def test_at_rest_no_bit_changes_in_any_engine(name: str) -> None:
    """A network with every stage at every layer, all of them at rest, against one that has none.

    The bends themselves change no bit, and neither does any of them when its turn comes. Two networks are compiled or run
    each in its own way, and no library promises their sums the same last bit.
    """
    generator = plain_generator(small(16, **ARCHITECTURES[name]), 3)
    layers = layers_of(generator.config)
    frames = everything(generator)
    topology = frozenset[bending.BendSlot]().union(*(bending.stages(bends, layers) for bends in frames))
    assert len(topology) >= 6 * len(layers)
    reference = engine.create("reference", generator, threads=1)
    pairs = [
        (engine.create("openvino", generator, bends=b, precision="f32", threads=1), Cuda(generator, b, "f32", "cpu"))
        for b in (topology, frozenset[bending.BendSlot]())
    ]
    for staged, bare in (*zip(*pairs, strict=True), (reference, reference)):
        plain = staged.render(frame()).pixels
        close(plain, bare.render(frame()).pixels)
        for bends in frames:
            made = staged.render(frame(bends=bends)).pixels
            if staged is reference:  # which builds what a frame bends, and nothing else
                close(made, plain)
            else:
                np.testing.assert_array_equal(made, plain)
    net = Watched(rewrite(generator), "cpu", torch.float32)
    styles = torch.from_numpy(net.network.styles(np.random.RandomState(0).randn(1, generator.config.num_ws, 20)))
    noise = [torch.randn(1, 1, n.height, n.width) for n in net.network.noises]
    rest = bending.Bends(topology, layers).step(frame()).inputs
    inputs = {name: torch.from_numpy(np.array(value)) for name, value in rest.items()}
    staged_image = net(styles.float(), noise, topology, inputs)
    assert {layer for layer, _, _ in net.seen} == set(layers)
    assert all(torch.equal(before, after) for _, before, after in net.seen)  # floats, to the bit
    assert relative_error(staged_image.numpy(), net(styles.float(), noise).numpy()) < 1e-6


def test_gains_and_rewriting_need_no_other_network(generator: Generator) -> None:
    made = engine.Engine("openvino", generator, precision="f32", threads=1, wait=True)
    first, plain = made.backend, made.render(frame()).pixels.astype(int)
    for op in ("gain", "ablate", "invert", "rewrite"):
        for channels in (Channels(), HALF, Channels((0, 3))):
            for layer in (4, 8, 16):
                shown = frame(bends=(BendSetting(op, layer, 0.7, channels),))
                assert (made.render(shown).pixels != plain).any()
    np.testing.assert_array_equal(made.render(frame()).pixels, plain)
    assert made.backend is first and made.topology == frozenset()


def test_amounts_channels_and_knobs_build_nothing(generator: Generator) -> None:
    made = engine.Engine("openvino", generator, precision="f32", threads=1, wait=True)
    made.render(frame(bends=(BendSetting("blur", 8, 0.0, HALF), BendSetting("zoom", 8, 0.0, HALF))))
    first, images = made.backend, set()
    for n in range(4):
        channels = Channels(share=0.2 * (n + 1), seed=n)
        bends = (BendSetting("blur", 8, 0.4 * n, channels), BendSetting("zoom", 8, 0.1 + 0.1 * n, channels))
        images.add(made.render(frame(bends=bends)).pixels.tobytes())
    assert len(images) == 4 and made.backend is first


def test_what_knobs_do_is_seen(generator: Generator) -> None:
    reference = engine.create("reference", generator, threads=1)
    bends = (BendSetting("rewrite", 8, 1.0), BendSetting("noise_warp", 8, 0.2))
    shown = [{}, {"bend.rewrite_mean": 1.5}, {"bend.rewrite_seed": 9.0}, {"bend.rewrite_spread": 1.0}]
    shown.append({"bend.noise_warp_waves": 6.0})
    assert len({reference.render(frame(values, bends=bends)).pixels.tobytes() for values in shown}) == 5
