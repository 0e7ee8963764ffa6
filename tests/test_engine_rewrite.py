"""The static-weight rewrite, in torch and in OpenVINO, against the reference: any generator, any ws."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from heart import frame, has_bf16, plain_generator, relative_error, rms_error, small
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.engine import create
from liveviz.engine.backends.cuda.backend import Cuda
from liveviz.engine.backends.openvino import backend as openvino
from liveviz.engine.backends.openvino.graph import Graph, whole_image, whole_pixels
from liveviz.engine.stylegan.rewrite import rewrite
from liveviz.models import ARCHITECTURES, Generator, GeneratorConfig, MappingNetwork, new, small_config
from liveviz.spec import LivevizError

torch.set_num_threads(1)

stylegan2 = st.builds(
    small,
    architecture=st.sampled_from(ARCHITECTURES[:3]),
    const_height=st.sampled_from([4, 1, 5]),
    const_width=st.sampled_from([4, 7, 2]),
    resolution=st.sampled_from([16, 32, 64]),
    channel_base=st.sampled_from([256, 512]),
    channel_max=st.sampled_from([3, 16, 24]),
    classes=st.integers(0, 5),
    mapping_layers=st.integers(1, 3),
    mapping_lr=st.sampled_from([0.01, 1.0]),
    img_channels=st.sampled_from([1, 3]),
    conv_clamp=st.sampled_from([None, 1.0, 3.0, 256.0]),
)
stylegan3 = st.builds(
    small,
    architecture=st.sampled_from(ARCHITECTURES[3:]),
    const_height=st.sampled_from([4, 3]),
    const_width=st.sampled_from([4, 7]),
    resolution=st.sampled_from([16, 32, 64]),
    channel_base=st.sampled_from([128, 256]),
    channel_max=st.sampled_from([3, 8]),
    num_layers=st.integers(3, 7),
    num_critical=st.integers(1, 2),
    img_channels=st.sampled_from([1, 3]),
    conv_clamp=st.sampled_from([None, 1.0, 256.0]),
)
configs = st.one_of(stylegan2, stylegan2, stylegan3)


def some_ws(config: GeneratorConfig, seed: int, psi: float, cutoff: int) -> np.ndarray:
    """Two different ws: truncated, and with rows of their own."""
    mapping = MappingNetwork(plain_generator(config, seed))
    ws = mapping.ws(np.stack([mapping.w(seed), mapping.w(seed + 1)]), psi, cutoff)
    ws[1] += np.random.RandomState(seed).randn(*ws.shape[1:]).astype(np.float32) * 0.3
    return ws


@settings(derandomize=True, max_examples=25, deadline=None)
@given(
    configs, st.integers(0, 1000), st.floats(0, 1.5), st.integers(0, 12), st.sampled_from(["const", "none", "random"])
)
def test_static_torch_equals_the_reference(
    config: GeneratorConfig, seed: int, psi: float, cutoff: int, noise_mode: str
) -> None:
    generator, ws = plain_generator(config, seed), some_ws(config, seed, psi, cutoff)
    truth = create("reference", generator).synthesize(ws, noise_mode, seed)
    made = Cuda(generator, frozenset(), "f32", "cpu").synthesize(ws, noise_mode, seed)
    assert made.shape == truth.shape == (2, config.img_channels, config.height, config.width)
    assert relative_error(made, truth) < 1e-4


@settings(derandomize=True, max_examples=10, deadline=None)
@given(
    configs, st.integers(0, 1000), st.floats(0, 1.5), st.integers(0, 12), st.sampled_from(["const", "none", "random"])
)
def test_openvino_f32_equals_the_reference(
    config: GeneratorConfig, seed: int, psi: float, cutoff: int, noise_mode: str
) -> None:
    generator, ws = plain_generator(config, seed), some_ws(config, seed, psi, cutoff)
    truth = create("reference", generator).synthesize(ws, noise_mode, seed)
    made = create("openvino", generator, precision="f32", threads=1).synthesize(ws, noise_mode, seed)
    assert made.shape == truth.shape and made.dtype == np.float32
    assert relative_error(made, truth) < 1e-4


@pytest.mark.skipif(not has_bf16(), reason="this CPU has no bf16")
@settings(derandomize=True, max_examples=6, deadline=None)
@given(configs, st.integers(0, 1000))
def test_openvino_bf16_is_near_the_reference(config: GeneratorConfig, seed: int) -> None:
    generator, ws = plain_generator(config, seed), some_ws(config, seed, 0.7, 12)
    truth = create("reference", generator).synthesize(ws)
    made = create("openvino", generator, precision="bf16", threads=1).synthesize(ws)
    assert 1e-5 < rms_error(made, truth) < 2e-2  # the lower bound: bf16 was really used


@pytest.mark.parametrize("widths", [(), (40, 9, 24, 8, 5)])
@pytest.mark.parametrize("backend", ["openvino", "cuda"])
def test_a_new_generator_of_the_default_kind(backend: str, widths: tuple[int, ...]) -> None:
    generator = new(replace(small_config(64, 1024, 32, 4), widths=widths), 3)
    mapping = MappingNetwork(generator)
    ws = mapping.ws(np.stack([mapping.w(1), mapping.w(2)]), 0.7)
    truth = create("reference", generator).synthesize(ws)
    made = (
        Cuda(generator, frozenset(), "f32", "cpu")
        if backend == "cuda"
        else create(backend, generator, precision="f32", threads=1)
    ).synthesize(ws)
    assert relative_error(made, truth) < 1e-4


def test_the_forms_that_only_bf16_takes_are_exact() -> None:
    """The graph for bf16, run in float32: part of the FIR in the weights of a transposed convolution."""
    generator = plain_generator(small(128, channel_base=4096, channel_max=32), 5)
    made_of, mapping = rewrite(generator), MappingNetwork(generator)
    ws = mapping.ws(mapping.w(3)[None], 0.7)
    model = Graph(openvino.library(), made_of, frozenset(), pixels=False, half=True).model
    assert (32, 32, 4, 4) in {
        tuple(op.get_output_shape(0)) for op in model.get_ops() if op.get_type_name() == "Constant"
    }
    packed = made_of.styles(ws)
    inputs = [packed[:, part].reshape(shape) for part, shape in made_of.parts()]
    inputs += [np.zeros((1, 1, noise.height, noise.width), np.float32) for noise in made_of.noises]
    run = (
        openvino.library()
        .Core()
        .compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    )
    made = whole_image(run(inputs)[0], 128)
    assert relative_error(made, create("reference", generator).synthesize(ws, "none")) < 1e-5


def test_blocks_of_four_pixels() -> None:
    """What a graph draws in blocks of 2x2, put together; what it draws whole is copied."""
    image = np.random.RandomState(0).rand(1, 3, 6, 10).astype(np.float32)
    blocks = [image[:, :, row::2, column::2] for row in (0, 1) for column in (0, 1)]
    np.testing.assert_array_equal(whole_image(np.concatenate(blocks, axis=1), 6), image)
    np.testing.assert_array_equal(whole_image(image, 6), image)
    pixels = np.random.RandomState(1).randint(0, 256, (1, 6, 10, 4), np.uint8)
    packed = np.concatenate([pixels[:, row::2, column::2] for row in (0, 1) for column in (0, 1)], axis=3)
    np.testing.assert_array_equal(whole_pixels(packed), pixels[0])
    assert not np.shares_memory(whole_pixels(pixels), pixels)


def test_styles_by_hand() -> None:
    """s and d of one layer, from the formula of the paper, in float64."""
    config = small(16, w_dim=6)
    generator = plain_generator(config, 4)
    made_of, weights = rewrite(generator), generator.weights
    ws = np.random.RandomState(0).randn(3, config.num_ws, 6).astype(np.float32)
    packed = made_of.styles(ws)
    for number, conv in enumerate(made_of.convs):
        affine = weights[f"{conv.name}.affine.weight"].astype(np.float64)
        style = ws[:, number].astype(np.float64) @ affine.T / np.sqrt(6) + weights[f"{conv.name}.affine.bias"]  # [n, I]
        weight = weights[f"{conv.name}.weight"].astype(np.float64)[None] * style[:, None, :, None, None]
        d = 1 / np.sqrt(np.square(weight).sum(axis=(2, 3, 4)) + 1e-8)  # [n, O]
        whole = np.sqrt(2) * weight * d[:, :, None, None, None]
        s32, d32 = packed[:, conv.s].astype(np.float64), packed[:, conv.d].astype(np.float64)
        made = conv.weight[None] * s32[:, None, :, None, None] * d32[:, :, None, None, None]
        np.testing.assert_allclose(made, whole, atol=1e-5 * np.abs(whole).max())
        assert np.abs(s32).max() <= 1.0 + 1e-6  # what half precision needs
        assert np.abs(conv.weight).max() <= 1.0 / (3.0 * np.sqrt(conv.weight.shape[1])) + 1e-6


def test_styles_of_a_dead_layer_stay_finite() -> None:
    generator = plain_generator(small(16), 1)
    name = "synthesis.b8.conv1"
    for part in ("affine.weight", "affine.bias", "weight"):
        generator.weights[f"{name}.{part}"][...] = 0.0
    ws = np.zeros((1, generator.config.num_ws, generator.config.w_dim), np.float32)
    assert np.isfinite(rewrite(generator).styles(ws)).all()
    truth = create("reference", generator).synthesize(ws)
    assert relative_error(Cuda(generator, frozenset(), "f32", "cpu").synthesize(ws), truth) < 1e-4


@pytest.mark.parametrize("part", ["conv0.weight", "conv1.bias", "conv0.noise_strength"])
def test_weights_too_large_are_refused_in_one_line(part: str) -> None:
    generator, name = plain_generator(small(16), 3), f"synthesis.b8.{part}"
    weights = {**generator.weights, name: np.full_like(generator.weights[name], 3e38)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(LivevizError, match=r"^generator huge: synthesis\.b8\.conv\d: weights too large[^\n]*$"):
            rewrite(Generator(generator.config, weights, "huge"))


@pytest.mark.parametrize("backend", ["openvino", "reference"])
@pytest.mark.parametrize(
    "name", ["synthesis.b8.conv0.affine.weight", "synthesis.b4.const", "synthesis.b8.torgb.weight"]
)
def test_an_image_out_of_range_prints_nothing(backend: str, name: str) -> None:
    generator = plain_generator(small(16), 3)
    weights = {**generator.weights, name: np.full_like(generator.weights[name], 3e38)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = create(backend, Generator(generator.config, weights, "huge"), precision="f32")
        assert made.render(frame()).pixels.shape == (16, 16, 4)
