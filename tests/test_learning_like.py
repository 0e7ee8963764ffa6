"""A light generator and its teacher: what is theirs together, what pruning keeps, that learning helps, and that a run which
was killed goes on as if nothing had been."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from liveviz.cli import train_like
from liveviz.cli.main import make_parser
from liveviz.fields import COUNT
from liveviz.learning import Progress, Stopped, TrainStage
from liveviz.learning.gan.generator import Window, noises, synthesize
from liveviz.learning.like import LikeOptions, train
from liveviz.learning.like.compare import MARGIN_PIXELS, drawn_at, look_at
from liveviz.learning.like.prune import pruned
from liveviz.learning.like.questions import ask
from liveviz.learning.staged import CHECKPOINT_FILE
from liveviz.models import Card, Generator, new, open_model, pca, read, row_kinds, small_config, write_bundle
from liveviz.models.stylegan.reference import network
from liveviz.spec import LivevizError, UsageError

STAGES = (TrainStage(16, 6, 4, (0.004, 0.002)), TrainStage(32, 3, 2, (0.002, 0.001), lower=0.5))


def doubled(small: Generator) -> Generator:
    """A generator with twice the channels, every one there twice: it says the same twice everywhere."""
    config = replace(small.config, widths=tuple(2 * small.config.channels(r) for r in small.config.resolutions))
    weights = {}
    for name, shape in config.shapes().items():
        value = small.weights[name]
        for axis, (now, wanted) in enumerate(zip(value.shape, shape, strict=True)):
            value = np.repeat(value, wanted // now, axis=axis)
        weights[name] = value
    return Generator(config, weights, "heavy")


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    """A bundle of three classes with directions and a card, as it is in its file."""
    config = replace(small_config(32, 512, 32, classes=3, const=(7, 4)), conv_clamp=None)
    made = new(config, seed=4)
    card = Card("heavy", True, "CC0-1.0", "Random numbers.", class_names=("a", "b", "c"), direction_names=("turn",))
    folder = tmp_path_factory.mktemp("models") / "heavy"
    write_bundle(folder, replace(made, name="heavy", card=card, directions=pca(made, 300, 8)))
    return open_model(str(folder), [])


def some_ws(teacher: Generator, count: int, seed: int) -> torch.Tensor:
    mapping = network(teacher).mapping
    with torch.no_grad():
        return ask(mapping, teacher.config, teacher.directions, count, torch.Generator().manual_seed(seed))


@torch.no_grad()
def error(one: Generator, other: Generator, ws: torch.Tensor) -> float:
    drawn = [synthesize(network(generator), ws) for generator in (one, other)]
    return float((drawn[0] - drawn[1]).abs().mean())


def test_pruning_takes_copies_once(teacher: Generator) -> None:
    heavy = doubled(teacher)
    light = pruned(heavy, replace(heavy.config, widths=()), some_ws(heavy, 300, 1), torch.Generator().manual_seed(1))
    ws = some_ws(heavy, 8, 2)
    assert error(light, heavy, ws) < 1e-3
    cut = {n: v for n, v in light.weights.items() if n.startswith("mapping.")}
    assert all(np.array_equal(v, heavy.weights[n]) for n, v in cut.items()) and len(cut) > 8


def test_pruned_is_nearer_than_channels_taken_as_they_come(teacher: Generator) -> None:
    config = replace(teacher.config, widths=(24, 24, 24, 12))
    light = pruned(teacher, config, some_ws(teacher, 300, 1), torch.Generator().manual_seed(1))
    plain = {}
    for name, shape in config.shapes().items():
        plain[name] = teacher.weights[name][tuple(slice(n) for n in shape)].copy()
    ws = some_ws(teacher, 16, 2)
    assert error(light, teacher, ws) < 0.7 * error(Generator(config, plain), teacher, ws)


def test_a_palette_s_channel_is_worth_several_places() -> None:
    """A channel whose colour turns with w is drawn right only if it is there three times."""
    base = new(replace(small_config(16, 256, 12), conv_clamp=None), seed=3)
    name, weights = "synthesis.b16.torgb", dict(base.weights)
    for part in ("synthesis.b16.conv1.weight", "synthesis.b16.conv1.bias"):
        weights[part] = weights[part].copy()
        weights[part][1:3] = weights[part][0]  # three copies of one channel, each with a colour and a style of its own
    weights["synthesis.b16.conv1.weight"][:, 3:] = 0.0  # and three channels below are all that they read
    weights[f"{name}.weight"] = np.zeros_like(weights[f"{name}.weight"])
    weights[f"{name}.weight"][[0, 1, 2], [0, 1, 2]] = 1.0
    weights[f"{name}.affine.weight"] = 4.0 * weights[f"{name}.affine.weight"]
    for r in (4, 8):
        weights[f"synthesis.b{r}.torgb.weight"] = np.zeros_like(weights[f"synthesis.b{r}.torgb.weight"])
    heavy = replace(base, weights=weights)
    light = pruned(
        heavy, replace(heavy.config, widths=(12, 12, 3)), some_ws(heavy, 300, 1), torch.Generator().manual_seed(1)
    )
    ws = some_ws(heavy, 8, 2)
    with torch.no_grad():
        size = float(synthesize(network(heavy), ws).std())
    assert error(light, heavy, ws) < 0.02 * size


def test_only_channels_may_differ_and_only_be_fewer(teacher: Generator, tmp_path: Path) -> None:
    with pytest.raises(LivevizError, match="40 channels at 8 pixels: the larger one has 32"):
        _ = LikeOptions(folder=tmp_path, teacher=teacher, widths=(8, 40, 8, 8)).config
    with pytest.raises(LivevizError, match="4 whole numbers from 1 to 1024"):
        _ = LikeOptions(folder=tmp_path, teacher=teacher, widths=(8, 8)).config
    with pytest.raises(LivevizError, match="64: the teacher has 4, 8, 16, 32"):
        _ = LikeOptions(folder=tmp_path, teacher=teacher, widths=(8, 8, 8, 8)).config
    other = new(small_config(32, 512, 32, architecture="stylegan2-resnet"))
    with pytest.raises(LivevizError, match="resnet"):
        _ = LikeOptions(folder=tmp_path, teacher=other, widths=(8, 8, 8, 8), stages=STAGES).config


def test_questions_are_what_shows_draw(teacher: Generator) -> None:
    mapping = network(teacher).mapping
    with torch.no_grad():
        ws = ask(mapping, teacher.config, None, 400, torch.Generator().manual_seed(5))
        pushed = ask(mapping, teacher.config, teacher.directions, 400, torch.Generator().manual_seed(5))
    kinds = torch.tensor(row_kinds(teacher.config))
    for kind in range(int(kinds.max()) + 1):  # one w for all rows of a range
        rows = ws[:, kinds == kind]
        assert torch.equal(rows, rows[:, :1].expand_as(rows))
    alike = (ws == ws[:, :1]).all(dim=(1, 2)).float().mean()
    assert 0.4 < alike < 0.8  # the others are other samples on coarse rows than on fine ones
    still = (ws == pushed).all(dim=(1, 2)).float().mean()
    assert 0.35 < still < 0.65
    assert teacher.directions is not None
    off = (pushed - ws) - (pushed - ws) @ torch.from_numpy(
        teacher.directions.components.T @ teacher.directions.components
    )
    assert off.abs().max() < 1e-4  # along directions and nowhere else


@pytest.mark.parametrize("window", [Window(16, 3, 5, 10, 10), Window(16, 0, 18, 10, 10), Window(16, 6, 0, 10, 10)])
def test_a_part_is_what_the_whole_has_there(window: Window) -> None:
    """In the middle, in the upper right corner, in the lower left one; at the size and half of it."""
    net = network(new(replace(small_config(64, 512, 12, const=(7, 4)), conv_clamp=None), seed=2))
    ws = net.mapping.ws(net.mapping(torch.randn(2, 64, generator=torch.Generator().manual_seed(3))))
    noise = noises(net, 1, torch.Generator().manual_seed(4))
    whole, part = (drawn_at(net, ws, noise, 64, w) for w in (None, window))
    assert torch.equal(whole[16], part[16])
    for r, k in ((32, 2), (64, 4)):
        height, width = whole[r].shape[-2:]
        top, left = k * window.top, k * window.left
        bottom, right = top + k * window.height, left + k * window.width
        inner = [MARGIN_PIXELS * k * inside for inside in (top > 0, left > 0, bottom < height, right < width)]
        there = whole[r][..., top + inner[0] : bottom - inner[2], left + inner[1] : right - inner[3]]
        assert part[r].shape == there.shape and (part[r] - there).abs().max() < 1e-5 * whole[r].abs().max()


def test_large_images_are_learned_in_parts(tmp_path: Path) -> None:
    heavy = new(small_config(256, 1024, 8, const=(7, 4)), seed=1)
    places = [look_at(heavy.config, 256, torch.Generator().manual_seed(n)) for n in range(200)]
    assert all(w is not None and w.resolution == 64 and w.top <= 32 and w.left <= 80 for w in places)
    assert {w.top for w in places if w} >= {0, 32} and len({w.left for w in places if w}) > 40
    assert look_at(heavy.config, 128, torch.Generator()) is None
    options = LikeOptions(
        folder=tmp_path, teacher=heavy, widths=(4,) * 7, stages=(TrainStage(256, 2, 2, (0.002, 0.001)),)
    )
    assert (train(options, lambda: 0.0) / "generator.safetensors").exists()


def run(folder: Path, teacher: Generator, **rest: object) -> list[Progress]:
    seen: list[Progress] = []
    train(
        LikeOptions(folder=folder, teacher=teacher, widths=(16, 16, 16, 8), stages=STAGES, **rest),
        lambda: 0.0,
        report=seen.append,
    )  # type: ignore[arg-type]
    return seen


def test_learning_comes_nearer(teacher: Generator, tmp_path: Path) -> None:
    options = LikeOptions(
        folder=tmp_path,
        teacher=teacher,
        widths=(12, 12, 12, 6),
        stages=(TrainStage(32, 40, 8, (0.01, 0.002)),),
        ema_images=40.0,
    )
    first = pruned(teacher, options.config, some_ws(teacher, 300, 1), torch.Generator().manual_seed(1))
    bundle = train(options, lambda: 0.0)
    ws = some_ws(teacher, 16, 9)
    assert error(open_model(str(bundle), []), teacher, ws) < 0.85 * error(first, teacher, ws)


def test_a_stopped_run_goes_on_bit_for_bit(teacher: Generator, tmp_path: Path) -> None:
    """Stopped in either stage, in the middle of a step."""
    whole = run(tmp_path / "whole", teacher)
    assert [p.step for p in whole] == list(range(1, 10)) and whole[-1].share == pytest.approx(1.0)
    for number, after in enumerate((4, 11, 22)):
        left = [after]

        def stop(left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Stopped

        options = LikeOptions(folder=tmp_path / str(number), teacher=teacher, widths=(16, 16, 16, 8), stages=STAGES)
        with pytest.raises(Stopped):
            train(options, lambda: 0.0, check=stop)
        train(options, lambda: 0.0)
        same = [(tmp_path / name / CHECKPOINT_FILE).read_bytes() for name in ("whole", str(number))]
        assert same[0] == same[1]


def test_w_is_the_teacher_s(teacher: Generator, tmp_path: Path) -> None:
    run(tmp_path / "light", teacher)
    light = open_model(str(tmp_path / "light" / "bundle"), [])
    for name, value in light.weights.items():
        if name.startswith("mapping.") or name.endswith("noise_const"):
            assert np.array_equal(value, teacher.weights[name]), name
    assert light.directions is not None and teacher.directions is not None and light.card is not None
    assert light.directions.fingerprint == light.fingerprint
    for part in ("components", "std", "range", "layers", "share"):
        assert np.array_equal(getattr(light.directions, part), getattr(teacher.directions, part))
    assert light.card.class_names == ("a", "b", "c") and light.card.direction_names == ("turn",)
    assert light.card.licence == "CC0-1.0" and "Random numbers." in light.card.origin


def test_a_light_one_of_fields_has_its_teacher_s_palette(tmp_path: Path) -> None:
    config = replace(small_config(32, 512, 32, classes=3, const=(7, 4)), conv_clamp=None, img_channels=COUNT)
    made = new(config, seed=4)
    card = Card("heavy", True, "CC0-1.0", "Random numbers.", class_names=("a", "b", "c"), channels="fields")
    teacher = replace(made, name="heavy", card=card, directions=pca(made, 300, 8))
    assert [progress.step for progress in run(tmp_path / "light", teacher)] == list(range(1, 10))
    light = open_model(str(tmp_path / "light" / "bundle"), [])
    assert light.config.draws_fields and light.card is not None and light.card.channels == "fields"
    for name in ("palette.weight", "palette.bias"):  # rounded by the file
        assert np.allclose(light.weights[name], teacher.weights[name], atol=2e-3)


def test_another_run_s_checkpoint_is_refused(teacher: Generator, tmp_path: Path) -> None:
    run(tmp_path, teacher)
    other = replace(teacher, weights={**teacher.weights, "mapping.w_avg": teacher.weights["mapping.w_avg"] + 1.0})
    for options, says in (
        (LikeOptions(folder=tmp_path, teacher=other, widths=(16, 16, 16, 8), stages=STAGES), "another teacher"),
        (LikeOptions(folder=tmp_path, teacher=teacher, widths=(16, 16, 16, 9), stages=STAGES), r"network\.|widths"),
        (LikeOptions(folder=tmp_path, teacher=teacher, widths=(16, 16, 16, 8), stages=STAGES, seed=3), "seed 0, not 3"),
    ):
        with pytest.raises(LivevizError, match=says):
            train(options, lambda: 0.0)


def test_stages_that_nobody_asked_for_end_at_the_teacher_s_size(tmp_path: Path) -> None:
    for rows, sizes in ((16, [16]), (64, [64]), (128, [64, 128]), (512, [64, 128, 256])):
        heavy = replace(new(small_config(rows, 512, 32)), card=Card("heavy", True, "CC0-1.0", "Random numbers."))
        write_bundle(tmp_path / f"heavy{rows}", heavy)
        words = ["train", "--like", str(tmp_path / f"heavy{rows}"), "-o", str(tmp_path / "light")]
        asked = train_like.options(make_parser("train").parse_args(words))
        assert [stage.size for stage in asked.stages] == sizes


def test_the_command(teacher: Generator, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_bundle(tmp_path / "heavy", teacher)
    words = ["--like", str(tmp_path / "heavy"), "-o", str(tmp_path / "light"), "--stages", "32:2:2:0.004:0.002:1"]
    with caplog.at_level("INFO", "liveviz"):
        args = make_parser("train").parse_args(["train", *words, "--widths", "16", "16", "16", "8"])
        assert args.run(args) == 0
    assert "GMAC an image" in caplog.text
    assert read(tmp_path / "light" / "bundle" / "generator.safetensors").config.widths == (16, 16, 16, 8)
    for more, says in (
        (["--widths", "64", "8", "8", "8"], "64 channels at 4 pixels"),
        (["--columns", "7"], "--columns is not for it"),
        (["--pictures"], "one of them"),
        (["--stages", "128:2:2:0.004:0.002:1"], "128: the teacher has"),
    ):
        args = make_parser("train").parse_args(["train", *words, *more])
        with pytest.raises(UsageError, match=says):
            args.run(args)
    args = make_parser("train").parse_args(["train", "--pictures", "-o", str(tmp_path / "other"), "--widths", "8"])
    with pytest.raises(UsageError, match="goes with --like"):
        args.run(args)
