"""Training by images: both forms of the generator draw the same, augmentation is what its matrices say, a run that was
stopped goes on bit for bit, folders are read safely, and each alarm rings."""

import json
import logging
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from liveviz.cli.main import make_parser
from liveviz.learning import Stopped
from liveviz.learning.features import FeatureConfig, FeatureNetwork, write_features
from liveviz.learning.folder import BYTES_FILE, find, read_folder, read_image
from liveviz.learning.gan import GanOptions, augment, losses, train
from liveviz.learning.gan.discriminator import Conv, Discriminator
from liveviz.learning.gan.generator import begin, mixed, noises, synthesize
from liveviz.learning.gan.projected import Judge, ProjectedDiscriminator, spread
from liveviz.learning.gan.run import GanRun
from liveviz.learning.gan.trainer import learn
from liveviz.learning.staged import CHECKPOINT_FILE
from liveviz.learning.together import Together
from liveviz.models import open_model
from liveviz.models.stylegan.reference import network
from liveviz.models.stylegan.reference2 import fir_kernel
from liveviz.spec import LivevizError, UsageError


def draw_folder(folder: Path, classes: tuple[str, ...] = ("round", "square"), count: int = 8, size: int = 20) -> Path:
    random = np.random.RandomState(0)
    for name in classes:
        (folder / name).mkdir(parents=True)
        for n in range(count):
            Image.fromarray(random.randint(0, 256, (size, size + 4, 3)).astype(np.uint8)).save(
                folder / name / f"{n}.png"
            )
    return folder


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> GanOptions:
    """Of a run of the smallest sizes, twice as wide as high."""
    folder = tmp_path_factory.mktemp("gan")
    data = draw_folder(folder / "data")
    return GanOptions(
        folder / "run",
        data,
        (32, 16),
        images=24,
        batch=4,
        channel_base=128,
        channel_max=8,
        z_dim=8,
        w_dim=8,
        export=100,
    )


def small_features(path: Path) -> Path:
    torch.manual_seed(1)
    write_features(path, FeatureNetwork(FeatureConfig((4, 6), side=32)))
    return path


def test_the_fast_generator_draws_what_the_reference_draws(options: GanOptions) -> None:
    random = torch.Generator().manual_seed(0)
    net = begin(options.config(2), random)
    with torch.no_grad():
        for p in net.parameters():
            p.add_(0.2 * torch.randn(p.shape, generator=random))
    ws = torch.randn(3, net.config.num_ws, 8, generator=random)
    fields = noises(net, 3, random)
    for noise in (fields, None):
        wanted, found = net.synthesis(ws, noise), synthesize(net, ws, noise)
        assert found.shape == (3, 3, 16, 32) and wanted.std() > 0.1
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kernel", [1, 3])
def test_a_halving_convolution_is_the_fir_then_a_stride(kernel: int) -> None:
    torch.manual_seed(0)
    conv = Conv(3, 5, kernel, down=True)
    x = torch.randn(2, 3, 12, 16)
    fir = fir_kernel()[None, None].expand(3, 1, 4, 4)
    padding = (kernel + 1) // 2
    blurred = F.conv2d(F.pad(x, (padding,) * 4), fir, groups=3)
    wanted = F.conv2d(blurred, conv.weight * conv.scale, conv.bias, stride=2)
    torch.testing.assert_close(conv(x), wanted)
    assert conv(x).shape == (2, 5, 6, 8)


def test_style_mixing() -> None:
    first, second = torch.zeros(2, 3), torch.ones(2, 3)
    ws = mixed(first, second, torch.tensor([1, 4]), 4)
    assert ws[0, :, 0].tolist() == [0, 1, 1, 1] and ws[1].abs().sum() == 0


def test_losses_have_the_gradients_of_their_formulas() -> None:
    x = torch.tensor([[-2.0], [0.5], [3.0]], dtype=torch.float64, requires_grad=True)
    s = torch.sigmoid(x.detach())

    def slope(loss: torch.Tensor) -> torch.Tensor:
        return torch.autograd.grad(loss, x)[0] * 3.0

    zero = [torch.zeros(3, 1, dtype=torch.float64)]
    torch.testing.assert_close(slope(losses.logistic_generator([x])), s - 1.0)
    torch.testing.assert_close(slope(losses.logistic_discriminator([x], zero)), s - 1.0)
    torch.testing.assert_close(slope(losses.logistic_discriminator(zero, [x])), s)
    torch.testing.assert_close(slope(losses.hinge_generator([x])), -torch.ones_like(x))
    assert slope(losses.hinge_discriminator([x], zero)).flatten().tolist() == [-1.0, -1.0, 0.0]
    assert slope(losses.hinge_discriminator(zero, [x])).flatten().tolist() == [0.0, 1.0, 1.0]
    images = torch.randn(2, 3, 4, 4, requires_grad=True)
    weight = torch.randn(3, 4, 4)
    penalty = losses.r1(images, [(images * weight).sum(dim=(1, 2, 3))[:, None]])
    assert penalty.item() == pytest.approx(0.5 * weight.square().sum().item(), rel=1e-5)
    assert losses.sign([torch.tensor([[1.0], [2.0]]), torch.tensor([[-1.0, 1.0]])]).item() == 0.5  # scales count alike


def test_r1_reaches_every_weight_of_the_discriminator() -> None:
    torch.manual_seed(0)
    net = Discriminator([8, 8, 8], (4, 8), 2)
    x = torch.randn(4, 3, 16, 32, requires_grad=True)
    losses.r1(x, net(x, torch.eye(2)[[0, 1, 0, 1]])).backward()
    slopes = {name: p.grad for name, p in net.named_parameters() if name.endswith("weight")}
    assert all(g is not None and g.abs().sum() > 0 for g in slopes.values())


def test_augmentation_of_probability_0_is_nothing() -> None:
    x = torch.rand(5, 3, 16, 32) * 2 - 1
    found = augment.changed(x, augment.choose(5, 0.0, (32, 16), torch.Generator().manual_seed(0)))
    torch.testing.assert_close(found, x, rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [(24, 24), (32, 16)])
def test_augmentation_moves_and_recolours(size: tuple[int, int]) -> None:
    width, height = size
    x = torch.rand(64, 3, height, width) * 2 - 1
    changes = augment.choose(64, 1.0, size, torch.Generator().manual_seed(0))
    found = augment.changed(x, changes)
    assert torch.isfinite(found).all() and found.shape == x.shape
    assert ((found - x).abs().mean(dim=(1, 2, 3)) > 0.05).all()
    part = augment.changed(x[1::2], changes.share(slice(1, 64, 2)))
    torch.testing.assert_close(part, found[1::2])
    half = augment.choose(4000, 0.5, size, torch.Generator().manual_seed(1))
    lifted = (half.colours[:, :, 3].abs().sum(dim=1) > 0).float().mean().item()
    assert lifted == pytest.approx(0.5, abs=0.03)


def test_a_turn_keeps_the_shape_of_wide_images_and_mirrors_are_exact() -> None:
    x = torch.rand(1, 3, 16, 32)
    colours = torch.eye(3, 4)[None]
    mirror = augment.Changes(torch.tensor([[[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]), colours)
    torch.testing.assert_close(augment.changed(x, mirror), x.flip(3), rtol=0, atol=1e-5)
    quarter = augment.Changes(torch.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]]), colours)
    middle = augment.changed(x, quarter)[:, :, :, 8:24]  # the square in the middle turns as a square does
    torch.testing.assert_close(middle, torch.rot90(x[:, :, :, 8:24], 1, (2, 3)), rtol=0, atol=1e-5)


def test_hue_and_luma_flip_keep_grey_axes() -> None:
    changes = augment.choose(200, 1.0, (16, 16), torch.Generator().manual_seed(3))
    grey = changes.colours[:, :, :3] @ torch.ones(3)
    torch.testing.assert_close(grey, grey.mean(dim=1, keepdim=True).expand(-1, 3), rtol=1e-3, atol=1e-4)


def test_augmentation_follows_the_sign() -> None:
    assert augment.adjusted(0.2, 0.9, 1000) == pytest.approx(0.21)
    assert augment.adjusted(0.2, 0.1, 1000) == pytest.approx(0.19)
    assert augment.adjusted(0.0, -1.0, 1000) == 0.0 and augment.adjusted(1.0, 1.0, 1000) == 1.0


def test_looks_are_frequent_at_first(options: GanOptions) -> None:
    seen = [step for step in range(1, 401) if replace(options, export=100).due(step)]
    assert seen == [6, 12, 25, 50, 100, 200, 300, 400]


def test_without_bfloat16_a_step_is_the_same_to_rounding(options: GanOptions, tmp_path: Path) -> None:
    lost = []
    for half in (False, True):
        run = GanRun(options, read_folder(options.data, options.size, tmp_path), Together())
        run.bfloat16 = half
        lost.append(learn(run)[1:])
    assert lost[0] == pytest.approx(lost[1], abs=0.05) and lost[0] != lost[1]


def test_a_projected_judge_hears_the_class(tmp_path: Path) -> None:
    torch.manual_seed(0)
    judge = Judge(8, 2)
    x = torch.randn(1, 64, 8, 8).expand(2, -1, -1, -1)
    with torch.no_grad():
        first, second = judge(x, torch.eye(2))
        alone = judge.out(x).std()
    assert (first - second).abs().mean() > 0.1 * alone


def test_a_projected_judge_sees_whether_images_of_a_class_differ() -> None:
    torch.manual_seed(0)
    kinds = torch.tensor([0, 1, 1, 0, 1, 0, 0, 1])
    x = torch.randn(2, 6, 4, 5)[kinds]  # two classes of one image each
    c = F.one_hot(kinds, 2).float()
    assert (spread(x, c)[:, 6] < 1e-3).all()
    x[4, :, 1, 2] += 1.0
    told = spread(x, c)
    assert torch.equal(told[:, :6], x)
    place = torch.zeros(4, 5, dtype=torch.bool)
    place[1, 2] = True
    seen = told[:, 6] > 0.1
    assert (seen == ((kinds == 1)[:, None, None] & place)).all()
    assert (spread(x[:4], torch.zeros(4, 0))[:, 6] > 0.01).all()  # of no class: one group


@pytest.mark.parametrize("projected", [False, True])
def test_a_run_that_was_stopped_goes_on_bit_for_bit(options: GanOptions, tmp_path: Path, projected: bool) -> None:
    files = (small_features(tmp_path / "a.safetensors"), small_features(tmp_path / "b.safetensors"))
    options = replace(options, projected=files if projected else None)
    whole, parts = replace(options, folder=tmp_path / "whole"), replace(options, folder=tmp_path / "parts")
    train(whole, lambda: 0.0)
    calls = []

    def stop() -> None:
        calls.append(0)
        if len(calls) == 16 + 3:  # files, then steps
            raise Stopped

    with pytest.raises(Stopped):
        train(parts, lambda: 0.0, check=stop)
    seen: list[int] = []
    train(parts, lambda: 0.0, report=lambda done: seen.append(done.step))
    assert seen == [3, 4, 5, 6]
    assert (whole.folder / CHECKPOINT_FILE).read_bytes() == (parts.folder / CHECKPOINT_FILE).read_bytes()
    with pytest.raises(LivevizError, match="begun with batch 4, not 8"):
        train(replace(parts, batch=8), lambda: 0.0)
    with pytest.raises(LivevizError, match="begun with projected"):
        train(replace(parts, projected=None if projected else ()), lambda: 0.0)


def test_what_is_exported_is_what_was_learned(options: GanOptions, tmp_path: Path) -> None:
    options = replace(options, folder=tmp_path / "run", images=8)
    train(options, lambda: 0.0)
    made = open_model(tmp_path / "run" / "bundle", [])
    assert made.card is not None and made.card.class_names == ("round", "square") and made.directions is not None
    assert (made.config.width, made.config.height) == options.size
    run = GanRun(options, read_folder(options.data, options.size, options.folder), Together())
    ws = torch.randn(2, made.config.num_ws, 8, generator=torch.Generator().manual_seed(0))
    wanted = run.average.synthesis(ws)
    torch.testing.assert_close(network(made).synthesis(ws), wanted, rtol=0, atol=0.02 * float(wanted.abs().max()))
    assert Image.open(tmp_path / "run" / "sheet_000002.png").size == (8 * 32, 8 * 16)


def test_a_projected_discriminator_learns_only_its_judges(tmp_path: Path) -> None:
    from liveviz.learning.features import read_features

    eyes = [read_features(small_features(tmp_path / "a.safetensors")) for _ in range(2)]
    net = ProjectedDiscriminator(eyes, (32, 16), 2, torch.Generator().manual_seed(0))
    learning = {name.split(".")[0] for name, p in net.named_parameters() if p.requires_grad}
    assert learning == {"judges", "judge_of_colours"} and not any(
        name.startswith("networks") for name in net.state_dict()
    )
    x = torch.randn(3, 3, 16, 32, requires_grad=True)
    logits = net(x, torch.eye(2)[[0, 1, 0]])
    assert len(logits) == 5  # colours, and two scales of two networks
    torch.stack([one.mean() for one in logits]).sum().backward()
    assert x.grad is not None and x.grad.abs().sum() > 0  # the generator learns through the features
    with torch.no_grad():
        grey = torch.rand(1, 1, 16, 32).expand(2, 3, -1, -1).clone()
        grey[0, 0] += 0.5
        grey[1, 2] += 0.5
        red, blue = net(grey, torch.eye(2)[[0, 0]])[0]
    assert (red - blue).abs().mean() > 0.01


def test_alarms_ring_once(options: GanOptions, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = read_folder(draw_folder(tmp_path / "data", count=40), options.size, tmp_path)
    run = GanRun(replace(options, folder=tmp_path, export=2), data, Together())  # a run of one step is too young
    with caplog.at_level(logging.WARNING):
        for _ in range(200):
            run.watch.sign(0.9)
        assert not caplog.records
        for _ in range(2000):
            run.watch.sign(1.0)
        with torch.no_grad():
            for p in run.generator.parameters():
                p.zero_()  # one grey image for every z
        for step in (1, 2, 3, 2, 3):  # too young, narrow, narrow again; then as after a kill
            figures = run.watch.look(run.generator, step)
    assert figures["coverage"] < 0.05
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2 and "knows every real image" in said[0] and "mode collapse" in said[1]
    lines = [json.loads(line) for line in (tmp_path / "scores.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3] and "frechet" in lines[0]


def test_a_folder_is_read_safely_and_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = draw_folder(tmp_path / "data", count=2)
    (data / "round" / "cut.png").write_bytes((data / "round" / "0.png").read_bytes()[:200])
    (data / "round" / "empty.jpg").touch()
    (data / "square" / "not.webp").write_text("<html>")
    (data / "square" / "notes.txt").write_text("no image")
    os.mkfifo(data / "square" / "pipe.png")
    Image.new("RGBA", (30, 10), (255, 0, 0, 0)).save(data / "square" / "z.png")
    header = bytearray((data / "round" / "0.png").read_bytes())
    header[16:24] = (60000).to_bytes(4, "big") * 2  # it claims 3.6 thousand million pixels
    (data / "round" / "huge.png").write_bytes(header)
    (tmp_path / "cache").mkdir()
    with caplog.at_level(logging.WARNING):
        found = read_folder(data, (16, 8), tmp_path / "cache")
    assert found.names == ("round", "square") and found.classes.tolist() == [0, 0, 1, 1, 1]
    assert found.pixels.shape == (5, 3, 8, 16)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 5 and "other kinds are left out: 1 .txt" in said[0] and "\n" not in "".join(said)
    files: list[int] = []
    again = read_folder(data, (16, 8), tmp_path / "cache", lambda done, total: files.append(done))
    assert files == [] and again.key == found.key
    np.testing.assert_array_equal(again.pixels, found.pixels)
    with (tmp_path / "cache" / BYTES_FILE).open("ab") as file:
        file.write(b"x")  # a cache that is not whole is made again
    read_folder(data, (16, 8), tmp_path / "cache", lambda done, total: files.append(done))
    assert files
    for wrong, says in ((tmp_path / "none", "no such folder"), (tmp_path / "cache", "holds no images")):
        with pytest.raises(LivevizError, match=says):
            find(wrong)


def test_a_link_back_is_no_class_and_names_can_be_shown(tmp_path: Path) -> None:
    data = draw_folder(tmp_path / "data", ("line\nbreak", "Öl"), count=2)
    os.symlink(data, data / "loop")
    os.symlink("self", data / "self")
    files, classes, names = find(data)
    assert len(files) == 4 and classes == [0, 0, 1, 1] and names == ("line_break", "Öl")


@pytest.mark.parametrize("kind", ["L", "CMYK", "P", "1", "RGBA", "I;16", "I", "F", "gif"])
def test_images_of_any_kind_have_their_own_light(tmp_path: Path, kind: str) -> None:
    grey = np.zeros((32, 32), np.uint8)
    grey[:, 16:] = 255
    if kind == "gif":
        Image.fromarray(grey).save(tmp_path / "a.gif", save_all=True, append_images=[Image.new("L", (32, 32), 90)])
    elif kind == "RGBA":
        seen = Image.new("RGBA", (32, 32), (255, 0, 255, 0))  # what is hidden is black
        seen.paste((255, 255, 255, 255), (16, 0, 32, 32))
        seen.save(tmp_path / "a.png")
    elif kind in ("I;16", "I", "F"):
        deep = {"I;16": grey.astype(np.uint16) * 257, "I": grey.astype(np.int32) * 257, "F": (grey / 255).astype("f4")}
        Image.fromarray(deep[kind]).save(tmp_path / "a.tif")
    else:
        Image.fromarray(grey).convert(kind).save(tmp_path / f"a.{'jpg' if kind == 'CMYK' else 'png'}")
    found = read_image(next(tmp_path.iterdir()), (16, 16)).astype(int)
    assert found.shape == (3, 16, 16) and found[:, :, :6].max() < 12 and found[:, :, 10:].min() > 243


def test_images_that_are_too_small_or_too_large_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1)).save(tmp_path / "one.png")
    with pytest.raises(LivevizError, match="1x1; at least 8 pixels a side"):
        read_image(tmp_path / "one.png", (16, 16))
    Image.new("1", (9000, 9000)).save(tmp_path / "large.png")
    with pytest.raises(LivevizError, match="9000x9000; at most 64,000,000 pixels"):
        read_image(tmp_path / "large.png", (16, 16))


def test_an_image_is_cut_around_its_middle_and_upright(tmp_path: Path) -> None:
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, 20:60] = 200
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png", (10, 10)).min() > 180
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    for name in ("b.jpg", "b.tif"):
        Image.fromarray(pixels).save(tmp_path / name, exif=exif)
        assert read_image(tmp_path / name, (10, 20)).shape == (3, 20, 10)
        found = read_image(tmp_path / name, (10, 20))[0]
        assert found[0].max() < 30 and found[8:12].min() > 180


def test_sizes_that_doubling_reaches(options: GanOptions) -> None:
    for size, const in (((256, 256), (4, 4)), ((512, 256), (8, 4)), ((320, 192), (5, 3)), ((96, 160), (6, 10))):
        config = replace(options, size=size, channel_base=4096).config(0)
        assert (config.width, config.height) == size and (config.const_width, config.const_height) in (
            const,
            tuple(c * 2 for c in const),
        )
    for size in ((50, 50), (17, 16), (4096, 16)):
        with pytest.raises(LivevizError, match=r"size \d+x\d+: small numbers doubled"):
            replace(options, size=size, channel_base=4096).config(0)


def test_train_command(liveviz, options: GanOptions, tmp_path: Path) -> None:
    words = ["train", options.data, "-o", tmp_path / "run", "--size", "32x16", "--images", "12", "--batch", "4"]
    small = ["--channel-base", "128", "--channel-max", "8"]
    done = liveviz(*words, *small, "--projected", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert open_model(tmp_path / "run" / "bundle", []).config.classes == 2
    for wrong, says in (
        (["--size", "50x50"], "small numbers doubled"),
        (["--batch", "1"], "batch 1: 2 to 1024"),
        (["--stages", "32:1:1:1:1:1:1"], "are of --pictures; here"),
        (["--pictures"], "one of them"),
        (["--minutes", "0"], "minutes 0: above 0"),
        (["-o", str(options.data / "run")], "its sheets would be taken for images"),
    ):
        args = make_parser("train").parse_args(["train", str(options.data), "-o", str(tmp_path / "x"), *wrong])
        with pytest.raises(UsageError, match=says):
            args.run(args)
