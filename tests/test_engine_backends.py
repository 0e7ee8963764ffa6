"""One contract for every backend found, and what the front door answers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from heart import frame, plain_generator, small

from liveviz import bending, engine
from liveviz.bench.benchmark import bench
from liveviz.engine import layers_of, registry
from liveviz.engine.backend import pack_rgba
from liveviz.engine.backends.cuda.backend import Cuda
from liveviz.engine.backends.openvino import backend as openvino
from liveviz.engine.backends.openvino import device as openvino_device
from liveviz.engine.trial_frames import random_frames
from liveviz.models import Generator, MappingNetwork, pca
from liveviz.spec import BendSetting, LatentTerm, LivevizError, UsageError

torch.set_num_threads(1)
MOVES = frozenset(bending.BendSlot(layer, "*move") for layer in (8, 32))


def open_one(name: str, generator: Generator) -> engine.Backend:
    """A backend as a test can run it anywhere; cuda on the CPU."""
    if name == "cuda":
        return Cuda(generator, bending.possible(MOVES, layers_of(generator.config)), "f32", "cpu")
    precision = None if name == "testcard" else "f32"
    return engine.create(name, generator, bends=MOVES, precision=precision, threads=1)


OPENERS = {"cuda", "openvino", "reference", "testcard"}
NETWORKS = sorted(OPENERS - {"testcard"})
GPU_ONLY = {"tensorrt"}  # test_engine_tensorrt.py


@pytest.fixture(scope="module")
def generator() -> Generator:
    made = plain_generator(small(32, classes=3), 6)
    return replace(made, directions=pca(made, 500, 8))


@pytest.fixture(scope="module")
def opened(generator: Generator) -> Iterator[dict[str, engine.Backend]]:
    table = {name: open_one(name, generator) for name in sorted(OPENERS)}
    yield table
    for backend in table.values():
        backend.close()


def test_every_backend_file_is_under_the_contract() -> None:
    assert set(engine.backends()) == OPENERS | GPU_ONLY
    room = Path(engine.__file__).parent / "backends"
    files = {p.stem for p in room.glob("[!_]*.py")} | {p.parent.name for p in room.glob("*/backend.py")}
    assert files == OPENERS | GPU_ONLY


@pytest.mark.parametrize("name", sorted(OPENERS))
def test_contract(name: str, opened: dict[str, engine.Backend]) -> None:
    backend = opened[name]
    assert backend.name == name and backend.size == (32, 32)
    assert backend.precision in ("f32", "f16", "bf16") and backend.device
    assert isinstance(backend.topology, frozenset)
    yes, why = engine.available(name)
    assert isinstance(yes, bool) and why
    shown = frame(sequence=41, time=2.5, signal_time=2.25, signal_sequence=17, beats=1.25)
    image = backend.render(shown)
    assert image.pixels.shape == (32, 32, 4) and image.pixels.dtype == np.uint8
    assert image.pixels.flags.c_contiguous
    assert (image.pixels[..., 3] == 255).all()
    assert image.pixels[..., :3].std() > 5
    assert (image.parameters, image.time, image.signal_time, image.signal_sequence) == (41, 2.5, 2.25, 17)
    before = image.pixels.copy()
    other = backend.render(frame(sequence=42, latents=(LatentTerm(9, 1, (1.0, 1.0, 1.0)),), beats=3.7))
    assert np.abs(other.pixels.astype(int) - before).mean() > 1.0
    np.testing.assert_array_equal(image.pixels, before)  # the earlier image is its own
    np.testing.assert_array_equal(backend.render(shown).pixels, before)  # the same frame, the same pixels
    strange = (BendSetting("zoom", 5, 0.3), BendSetting("zoom", 4096, 0.3), BendSetting("nothing", 8, 0.3))
    np.testing.assert_array_equal(
        backend.render(frame(sequence=41, time=2.5, beats=1.25, bends=strange)).pixels, before
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_network_contract(name: str, opened: dict[str, engine.Backend], generator: Generator) -> None:
    backend, mapping = opened[name], MappingNetwork(generator)
    ws = mapping.ws(np.stack([mapping.w(1), mapping.w(2)]), 0.5)
    modes = {mode: backend.synthesize(ws, mode, 3) for mode in ("const", "none", "random")}
    for raw in modes.values():
        assert raw.shape == (2, 3, 32, 32) and raw.dtype == np.float32
    assert len({raw.tobytes() for raw in modes.values()}) == 3
    np.testing.assert_array_equal(backend.synthesize(ws[1:], "const"), modes["const"][1:])  # one by one
    assert backend.synthesize(ws[:0]).shape == (0, 3, 32, 32)
    for bad in (ws[0], ws[:, :-1], ws[..., :-1]):
        with pytest.raises(LivevizError, match="expected"):
            backend.synthesize(bad)
    with pytest.raises(UsageError, match="const, none, random"):
        backend.synthesize(ws, "loud")


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - {"reference"}))
def test_every_backend_shows_the_reference_image(name: str, opened: dict[str, engine.Backend]) -> None:
    """Latents, PCA, truncation, noise, bends and packing all at once."""
    shown = frame(
        {"pca.0": 1.0, "pca.3": -2.0, "truncation_psi": 0.8, "truncation_cutoff": 5.0, "noise_strength.fine": 2.0},
        latents=(LatentTerm(1, 0, (1.0, 0.5, 0.0)), LatentTerm(2, -1, (0.5, 0.5, 2.0))),
        bends=(BendSetting("rotate", 8, 0.1), BendSetting("zoom", 32, 0.2), BendSetting("translate_x", 8, -0.3)),
        noise_phase=3.3,
        seed=5,
    )
    truth = opened["reference"].render(shown).pixels.astype(int)
    made = opened[name].render(shown).pixels.astype(int)
    assert np.abs(made - truth).max() <= 1
    assert (made != truth).mean() < 0.01
    still = opened[name].render(frame(shown.values, latents=shown.latents, noise_phase=3.3, seed=5)).pixels
    assert np.abs(made - still).mean() > 1.0  # the bends did something


def test_a_bend_at_its_identity_changes_no_pixel(opened: dict[str, engine.Backend]) -> None:
    bends = (BendSetting("zoom", 8, 0.0), BendSetting("mirror", 32, 0.0))
    for name in NETWORKS:
        np.testing.assert_array_equal(
            opened[name].render(frame(bends=bends)).pixels, opened[name].render(frame()).pixels
        )


def test_packing() -> None:
    levels = np.array([-9.0, -1.0, -1.0 + 1 / 255, 0.0, 0.999, 1.0, 9.0], np.float32)
    img = np.zeros((1, 3, 7, 1), np.float32)
    img[0, 1, :, 0] = levels
    packed = pack_rgba(img)
    np.testing.assert_array_equal(packed[:, 0, 1], [0, 0, 1, 128, 255, 255, 255])
    np.testing.assert_array_equal(packed[:, 0, 0], 128)
    np.testing.assert_array_equal(pack_rgba(img[:, 1:2])[:, 0, 2], packed[:, 0, 1])  # grey fills all three


def test_a_grey_generator_gives_grey_pixels() -> None:
    grey = plain_generator(small(16, img_channels=1), 2)
    truth = open_one("reference", grey).render(frame()).pixels
    assert (truth[..., 0] == truth[..., 1]).all() and (truth[..., 0] == truth[..., 2]).all()
    for name in ("cuda", "openvino"):
        assert np.abs(open_one(name, grey).render(frame()).pixels.astype(int) - truth).max() <= 1


def test_testcard_shows_the_frames_number() -> None:
    card = engine.create("testcard", None)
    assert card.size == (256, 256)
    for number in (0, 1, 0xA5C3):
        row = card.render(frame(sequence=number)).pixels[250, 8::16, 0] > 127
        assert int("".join("1" if bit else "0" for bit in row), 2) == number
    with pytest.raises(LivevizError, match="no network"):
        card.synthesize(np.zeros((1, 8, 4), np.float32))


def test_the_front_door_answers_in_one_line(generator: Generator) -> None:
    with pytest.raises(UsageError, match="unknown; there are auto, cuda"):
        engine.create("quantum", generator)
    with pytest.raises(UsageError, match="needs a generator"):
        engine.create("openvino", None)
    with pytest.raises(UsageError, match="f32, f16, bf16"):
        engine.create("openvino", generator, precision="f8")
    if "FP16" in pytest.importorskip("openvino").Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        engine.create("openvino", generator, precision="f16").close()
    else:
        with pytest.raises(UsageError, match="precision f16"):
            engine.create("openvino", generator, precision="f16")
    with pytest.raises(UsageError, match="not f32"):
        engine.create("reference", generator, precision="bf16")
    with pytest.raises(UsageError, match="threads"):
        engine.create("openvino", generator, threads=0)
    if not engine.available("cuda")[0]:
        with pytest.raises(LivevizError, match="cuda: does not run here"):
            engine.create("cuda", generator)


def test_auto_takes_the_best_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    running = {"tensorrt": True, "cuda": True, "openvino": True, "reference": True, "testcard": True}
    monkeypatch.setattr(registry, "available", lambda name: (running[name], "so says the test"))
    assert engine.choose() == "tensorrt"
    running["tensorrt"] = False
    assert engine.choose() == "cuda"
    running["cuda"] = False
    assert engine.choose("auto") == "openvino"
    running["openvino"] = False
    assert engine.choose() == "reference"
    running["reference"] = False
    with pytest.raises(LivevizError, match="none of the backends runs here"):
        engine.choose()  # a test card is never chosen by itself


def test_opening_openvino_loads_no_torch() -> None:
    import subprocess
    import sys

    code = (
        "import sys, liveviz.engine as e, liveviz.models as m\n"
        "g = m.new(m.small_config(16, 64, 4), 1)\n"
        "b = e.create(e.choose('auto') if e.choose('auto') != 'cuda' else 'openvino', g, threads=1)\n"
        "from liveviz.engine.trial_frames import random_frames\n"
        "list(map(b.render, random_frames(2, 0)))\n"
        "print([n for n in ('torch', 'PIL', 'scipy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_bench_feeds_fresh_frames_and_leaves_out_the_warm_up(generator: Generator) -> None:
    ticks = iter(float(n) for n in range(1000))
    result = bench(engine.create("testcard", generator), now=lambda: next(ticks), frames=10, warmup=3)
    assert result["ms"] == {"p50": 1000.0, "p95": 1000.0, "p99": 1000.0} and result["fps"] == 1.0
    assert set(result) == {"device", "precision", "ms", "fps"}
    frames = list(random_frames(20, 1, frozenset({8})))
    assert (
        len({f.latents for f in frames}) == len({f.noise_phase for f in frames}) == len({f.bends for f in frames}) == 20
    )
    assert [f.latents for f in frames] == [f.latents for f in random_frames(20, 1)]


def test_a_device_is_one_that_openvino_finds(generator: Generator) -> None:
    assert engine.create("openvino:cpu", generator, threads=1).device == engine.create("openvino", generator).device
    with pytest.raises(UsageError, match="device 'TPU': not found by OpenVINO here; there are CPU"):
        engine.create("openvino:TPU", generator)
    with pytest.raises(UsageError, match="backend testcard:CPU: has no devices"):
        engine.create("testcard:CPU", generator)


def test_the_precision_is_measured_once_and_kept(tmp_path: Path) -> None:
    library = openvino.library()
    core = library.Core()
    found = openvino_device.fastest(library, core, tmp_path)
    kept = list(tmp_path.glob("precision-*.txt"))
    assert found in ("bf16", "f32") and (not kept or kept[0].read_text() == found)
    for path in kept:
        path.write_text("f32" if found == "bf16" else "bf16")  # what is kept counts
        assert openvino_device.fastest(library, core, tmp_path) != found
        path.write_text("nonsense")
        assert openvino_device.fastest(library, core, tmp_path) == found
