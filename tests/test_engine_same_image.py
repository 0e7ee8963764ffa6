"""Every engine against images that the original programs made, and the view of a StyleGAN3."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from foreign_files import FIXTURES
from heart import close_to_original, frame, has_bf16, plain_generator, relative_error, small

from liveviz.engine import create
from liveviz.engine.backends.cuda.backend import Cuda
from liveviz.engine.backends.openvino.bf16 import rounded, steady
from liveviz.engine.stylegan.view import view
from liveviz.models import Generator
from liveviz.models.importing import import_file

torch.set_num_threads(1)
FILES = ["sg2ada_64.pkl", "sg2ada_32_class.pkl", "sg3t_64.pkl", "sg3r_64.pkl", "rosinality_64.pt"]
IMAGES = {"img_psi07": 0.7, "img_psi1_cutoff4": 1.0}
# The images of this file carry the roundings of its two half-precision blocks: an engine without them is off by what
# the last bit makes there, as the next test shows.
HALVES = "sg2ada_32_class.pkl"


@cache
def imported(file: str) -> Generator:
    return import_file(FIXTURES / file)[0]


@pytest.mark.skipif(not FIXTURES.exists(), reason="shared fixtures are not here")
@pytest.mark.parametrize("engine", ["reference", "cuda", "openvino", "openvino-bf16", "cuda-f16"])
@pytest.mark.parametrize("file", FILES)
def test_the_same_image(file: str, engine: str) -> None:
    generator = imported(file)
    truth = np.load((FIXTURES / file).with_suffix(".npz"))
    if engine == "openvino-bf16" and not has_bf16():
        pytest.skip("this CPU has no bf16")
    name, _, precision = engine.partition("-")
    backend = (
        Cuda(generator, frozenset(), precision or "f32", "cpu")
        if name == "cuda"
        else create(name, generator, precision=None if name == "reference" else precision or "f32", threads=1)
    )
    exact = 1e-4 if file != HALVES else 2e-3
    for key, psi in IMAGES.items():
        if key in truth:
            ws = backend.ws(truth["z"], truth["c"] if generator.config.classes else None, psi)
            made = backend.synthesize(ws)
            if engine == "reference":
                assert close_to_original(made, truth[key], halves=file == HALVES)
            else:
                assert relative_error(made, truth[key]) <= (2e-2 if precision else exact)


@pytest.mark.skipif(not FIXTURES.exists(), reason="shared fixtures are not here")
def test_half_precision_makes_much_of_the_last_bit() -> None:
    """The reference itself, every number of ws moved by one last bit: in float32 nobody sees it, with the roundings of
    half precision the image is another one by some 1e-3."""
    generator, truth = imported(HALVES), np.load((FIXTURES / HALVES).with_suffix(".npz"))
    moved = {}
    for precision in ("f32", "f16"):
        backend = create("reference", generator, precision=precision, threads=1)
        ws = backend.ws(truth["z"], truth["c"], 0.7)
        moved[precision] = relative_error(backend.synthesize(np.nextafter(ws, np.float32(9.0))), backend.synthesize(ws))
    assert moved["f32"] < 1e-5
    assert 2e-4 < moved["f16"] < 2e-3


@pytest.fixture(scope="module", params=["stylegan3-t", "stylegan3-r"])
def plane(request: pytest.FixtureRequest) -> Generator:
    sizes = {"num_layers": 4, "conv_clamp": 256.0, "channel_base": 256, "channel_max": 8}
    return plain_generator(small(32, architecture=request.param, **sizes), 3)


def test_the_view_is_the_same_on_every_engine(plane: Generator) -> None:
    values = {"view.zoom": 1.5, "view.rotate": 0.1, "view.x": -0.3, "view.y": 0.2}
    still, moved = frame(), frame(values)
    truth = create("reference", plane, threads=1)
    images = truth.render(still).pixels.astype(int), truth.render(moved).pixels.astype(int)
    assert np.abs(images[0] - images[1]).mean() > 1.0
    for backend in (create("openvino", plane, precision="f32", threads=1), Cuda(plane, frozenset(), "f32", "cpu")):
        for shown, expected in zip((still, moved), images, strict=True):
            assert np.abs(backend.render(shown).pixels.astype(int) - expected).max() <= 1


def test_a_view_by_hand() -> None:
    assert view(frame()) is None
    quarter = view(frame({"view.rotate": 0.25, "view.zoom": 2.0}))
    assert quarter is not None
    np.testing.assert_allclose(
        quarter @ [0.0, -0.5, 1.0], [-0.25, 0.0, 1.0], atol=1e-7
    )  # the top shows the plane's left
    right = view(frame({"view.x": 0.25}))
    assert right is not None
    np.testing.assert_allclose(right @ [0.25, 0.0, 1.0], [0.0, 0.0, 1.0], atol=1e-7)  # the middle has moved right


def test_taps_in_bf16_keep_their_sums() -> None:
    random = np.random.RandomState(0)
    for shape, phases in (((12,), 2), ((24,), 4), ((12,), 1), ((12, 12), 1)):
        taps = (np.hanning(shape[0] + 2)[1:-1] + random.rand(*shape) * 0.3).astype(np.float32)
        taps /= taps.sum()
        made = steady(taps, phases)
        assert made.shape == taps.shape
        np.testing.assert_array_equal(made, rounded(made))  # they are bfloat16
        np.testing.assert_allclose(made, taps, rtol=0.02)
        for phase in range(phases):
            exact, sum_ = taps.ravel()[phase::phases].sum(), made.ravel()[phase::phases].sum()
            assert abs(sum_ - exact) < 2e-3 * exact
            assert abs(sum_ - exact) <= 0.5 * abs(rounded(taps).ravel()[phase::phases].sum() - exact) + 1e-4


def test_a_stylegan3_runs_in_float32_where_bf16_would_be_slower(plane: Generator, tmp_path: Path) -> None:
    assert create("openvino", plane, threads=1).precision == "f32"
    assert create("openvino", plane, precision="f32", threads=1, cache=tmp_path).size == (32, 32)
