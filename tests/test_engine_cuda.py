"""The parts of the `cuda` backend that run anywhere: its kernels in Triton's interpreter, its arithmetic on the CPU; and,
marked gpu, the whole of it on a card."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from foreign_files import FIXTURES
from heart import frame, plain_generator, relative_error, small

from liveviz import bending, engine
from liveviz.engine import families, layers_of
from liveviz.engine.backends.cuda import fused
from liveviz.engine.backends.cuda.backend import Cuda
from liveviz.engine.backends.cuda.device_noise import DeviceNoise
from liveviz.engine.noise import NoiseFields
from liveviz.engine.stylegan.rewrite import rewrite
from liveviz.models import Generator, MappingNetwork
from liveviz.models.importing import import_file
from liveviz.spec import BendSetting, LatentTerm, UsageError, layer_range

torch.set_num_threads(1)
ARCHITECTURES = ("stylegan2-skip", "stylegan2-orig", "stylegan2-resnet")
FILES = sorted(p for p in FIXTURES.glob("*") if p.suffix in (".pkl", ".pt"))


def on_cpu(generator: Generator, precision: str = "f32", bends: tuple[BendSetting, ...] = ()) -> Cuda:
    return Cuda(generator, bending.stages(bends, layers_of(generator.config)), precision, "cpu")


def test_an_image_that_stays_on_the_device_is_the_one_that_is_read_back() -> None:
    made = on_cpu(plain_generator(small(32), 3))
    for number in range(3):
        shown = frame(sequence=number, noise_phase=number / 3)
        there = made.draw(shown)
        assert there.pixels.is_contiguous() and there.bytes == 32 * 32 * 4 and there.parameters == number
        np.testing.assert_array_equal(there.pixels.numpy(), made.render(shown).pixels)
    assert not made.on_device
    made.close()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_styles_on_the_device_are_those_of_the_rewrite(architecture: str) -> None:
    generator = plain_generator(small(32, architecture=architecture), 3)
    made = rewrite(generator)
    ws = np.random.RandomState(0).standard_normal((1, generator.config.num_ws, 20)).astype(np.float32)
    found = families.of(generator.config).device_styles(made, "cpu")(torch.from_numpy(ws.ravel())).numpy()
    np.testing.assert_allclose(found, made.styles(ws), rtol=2e-5, atol=1e-6)


def test_noise_on_the_device_is_that_of_the_host() -> None:
    generator = plain_generator(small(64), 3)
    places, gains = generator.config.noises, [0.1 * n + 0.1 for n in range(len(generator.config.noises))]
    host, drawn = NoiseFields(places, gains), NoiseFields(places, gains)
    device = DeviceNoise(drawn, gains, [layer_range(p.layer) for p in places], "cpu", torch.float32)
    mask = np.random.RandomState(1).random((64, 64)).astype(np.float32)
    for seed, phase, strengths, masked in (
        (3, 0.25, (1.0, 1.0, 1.0), 0.0),
        (3, 0.75, (0.5, 2.0, 0.0), 0.0),
        (3, 1.5, (1.0, 0.3, 1.0), 0.0),  # the next field
        (3, 9.25, (1.0, 1.0, 1.0), 0.0),  # a jump
        (3, 8.5, (1.0, 1.0, 1.0), 0.0),  # back
        (4, 8.5, (1.0, 1.0, 2.0), 0.6),
        (4, -0.5, (1.0, 1.0, 2.0), 1.0),
    ):
        for fields in (host, drawn):
            fields.mask(mask if masked else None)
        truth = host.at(seed, phase, strengths, masked)
        mix = np.outer(strengths, device.load(seed, phase)).astype(np.float32)
        device.mix(torch.from_numpy(mix), torch.tensor([masked]))
        for found, field in zip(device.views, truth, strict=True):
            assert found.data_ptr() % 256 == 0 or device.views[0].data_ptr() % 256  # aligned like the first
            np.testing.assert_allclose(found.numpy(), field, rtol=1e-5, atol=1e-6)
    device.close()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_fused_network_is_the_reference(architecture: str) -> None:
    """Every kind of bend at once, in float32 to rounding, in half precision to a level or two."""
    generator = plain_generator(small(32, architecture=architecture, conv_clamp=2.0), 6)
    bends = (
        BendSetting("zoom", 8, 0.2),
        BendSetting("rotate", 16, 0.1),
        BendSetting("gain", 16, 0.4),
        BendSetting("blur", 8, 1.0),
        BendSetting("threshold", 16, 0.2),
    )
    stages = bending.stages(bends, layers_of(generator.config))
    reference = engine.create("reference", generator, bends=stages)
    for shown in (frame(bends=bends, noise_phase=1.7, seed=2), frame({"pca.0": 1.0}, seed=2), frame(bends=bends[:1])):
        truth = reference.render(shown).pixels.astype(int)
        for precision, most in (("f32", 1), ("f16", 12), ("bf16", 60)):
            made = on_cpu(generator, precision, bends)
            difference = np.abs(made.render(shown).pixels.astype(int) - truth)
            assert np.percentile(difference, 99) <= most, (precision, difference.max())
            made.close()


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_fixture_in_half_precision(path: Path) -> None:
    generator, _ = import_file(path)
    known = np.load(path.with_suffix(".npz"))
    mapping = MappingNetwork(generator)
    ws = mapping.ws(mapping(known["z"][:1], known["c"][:1] if generator.config.classes else None), 0.7)
    for precision, most in (("f32", 2e-3), ("f16", 2e-2)):
        made = on_cpu(generator, precision)
        assert relative_error(made.synthesize(ws), known["img_psi07"][:1]) < most
        made.close()


def test_raw_images_are_unbent_and_leave_the_show_as_it_is() -> None:
    generator, bends = plain_generator(small(32), 6), (BendSetting("zoom", 8, 0.3),)
    ws = np.random.RandomState(0).standard_normal((1, generator.config.num_ws, 20)).astype(np.float32)
    plain, bent = on_cpu(generator), on_cpu(generator, bends=bends)
    before = bent.render(frame(bends=bends)).pixels
    np.testing.assert_array_equal(bent.synthesize(ws), plain.synthesize(ws))
    np.testing.assert_array_equal(bent.render(frame(bends=bends)).pixels, before)


def test_an_unknown_precision_is_one_line() -> None:
    with pytest.raises(UsageError, match="backend cuda: precision f8 is none of f16, f32, bf16"):
        on_cpu(plain_generator(small(16)), "f8")


INTERPRET = """
import torch
from liveviz.engine import fused, fused_triton as kernels
torch.manual_seed(0)
worst = 0.0
def compare(name, *arguments):
    global worst
    a, b = (getattr(m, name)(*arguments).float() for m in (kernels, fused))
    assert a.shape == b.shape
    if a.max() > 200:
        assert (a - b).abs().max() <= 1  # levels
    else:
        worst = max(worst, ((a - b).abs() / (1 + b.abs())).max().item())
for dtype in (torch.float32, torch.float16):
    for channels, h, w in ((16, 8, 8), (24, 4, 6), (5, 16, 8)):
        x = torch.randn(1, channels, h, w).to(dtype).contiguous(memory_format=torch.channels_last)
        d, bias = torch.rand(channels) + 0.5, torch.randn(channels)
        for clamp, slope, noise in ((None, 0.2, True), (0.7, 0.2, False), (0.7, 1.0, True)):
            compare("activate", x, d, torch.randn(1, 1, h, w) if noise else None, bias, slope, clamp)
            compare("fir_activate", x, d, torch.randn(1, 1, h - 1, w - 1) if noise else None, bias, slope, clamp)
        for colours in (1, 3):
            weight, b = torch.randn(colours, channels) * 0.3, torch.randn(colours) * 0.3
            for skip in (None, torch.randn(1, colours, h // 2, w // 2)):
                for pixels in (False, True):
                    compare("to_rgb", x, weight, b, 0.9, skip, pixels)
        compare("sample", x, torch.rand(1, h, w, 2) * 8 - 4)
print(worst)
"""


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")
def test_the_kernels_are_the_torch_arithmetic_in_tritons_interpreter(root: Path) -> None:
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    command = [sys.executable, "-c", INTERPRET]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, cwd=root, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 2e-3  # half precision rounds; float32 alone stays below 1e-5


def test_without_a_gpu_everything_goes_through_torch() -> None:
    assert not fused.kernels(torch.zeros(1, 4, 4, 4))


def test_the_frame_sends_what_is_new() -> None:
    """Latents, noise, bends and gains of every frame arrive, in any order, with nothing of the frame before."""
    generator = plain_generator(small(32), 6)
    bends = (BendSetting("zoom", 8, 0.2), BendSetting("gain", 16, 0.5))
    frames = [
        frame(latents=(LatentTerm(n % 3, -1, (1.0, 1.0, 1.0)),), noise_phase=0.4 * n, bends=bends[: n % 3])
        for n in range(6)
    ]
    shared = on_cpu(generator, bends=bends)
    for shown in [*frames, *reversed(frames)]:
        fresh = on_cpu(generator, bends=bends)
        np.testing.assert_array_equal(shared.render(shown).pixels, fresh.render(shown).pixels)
        fresh.close()
    shared.close()


def test_factors_are_ones_where_nothing_folds() -> None:
    generator = plain_generator(small(16))
    assert rewrite(generator).factors(bending.Moved({})) is None
