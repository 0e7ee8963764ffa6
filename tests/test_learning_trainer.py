"""The trainer: exports draw the same image, a killed run resumes exactly, and questions have the right answers."""

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from liveviz.fields import CHANNELS, COLOURS, COUNT, as_drawn
from liveviz.fields import NAMES as NAMES_OF_FIELDS
from liveviz.learning import FieldsNetwork, Progress, Stopped, TrainOptions, TrainStage, generator, grain, train
from liveviz.learning.checkpoint import METADATA_KEY
from liveviz.learning.optimiser import Optimiser, orthogonal
from liveviz.learning.pictures import (
    COARSE_NUMBERS,
    MIDDLE_NUMBERS,
    PALETTES,
    draw_fields,
    normalise,
    numbers_of,
    programs,
    resting,
)
from liveviz.learning.precision import has_bfloat16, training_dtype
from liveviz.learning.procedural.export import network_of
from liveviz.learning.procedural.losses import fields_loss
from liveviz.learning.procedural.network import BLOCK_ROWS, HEAD_ROWS, SHAPE_W, Conv
from liveviz.learning.procedural.run import Run, size_of
from liveviz.learning.procedural.targets import BETWEEN, MIXED, PLAIN, TRUNCATED, Questions, answers, ask, latents, way
from liveviz.learning.sheets import write_sheet
from liveviz.learning.staged import CHECKPOINT_FILE
from liveviz.models import GeneratorConfig, new, open_model, small_config
from liveviz.models.palette import Palette
from liveviz.models.stylegan.reference import Layer, network
from liveviz.models.tensors import Container
from liveviz.spec import LivevizError

NAMES = list(programs())


@pytest.fixture(scope="module")
def trained() -> FieldsNetwork:
    torch.manual_seed(0)
    net = FieldsNetwork(len(NAMES))
    with torch.no_grad():
        for p in net.parameters():
            p.add_(torch.randn_like(p) * 0.1)
    return net.requires_grad_(False)


def test_export_draws_the_same_image(trained: FieldsNetwork) -> None:
    """Also with middle rows from another z and class, and fine rows from a third."""
    made = generator(trained, NAMES)
    stock = network(made)
    random = torch.Generator().manual_seed(1)
    z = torch.randn(3, 3, 16, generator=random) * torch.tensor([0.3, 1.0, 4.0])[:, None, None]  # any length of z
    classes = torch.tensor([[0, 5, 9], [3, 3, 15], [7, 1, 2]])
    w = [trained.w(normalise(z[i]), classes[i]) for i in range(3)]
    wanted = trained(w[0], w[1], BLOCK_ROWS[-1])
    ws = torch.stack([stock.mapping(z[i], torch.eye(len(NAMES))[classes[i]]) for i in (0, 0, 1, 1, 2, 2)], dim=1)
    ws = ws.repeat_interleave(2, dim=1)  # two rows a block: 0-3 coarse, 4-7 middle, 8-11 fine
    drawn = stock.synthesis(ws)
    colours = torch.from_numpy(Palette(made)(ws.numpy()))
    assert (colours - trained.colours(normalise(z[2])[:, COARSE_NUMBERS + MIDDLE_NUMBERS :])).abs().max() < 1e-4
    assert wanted.std() > 0.05
    assert (drawn - wanted).abs().max() < 1e-4 * wanted.abs().max()


def test_a_bundle_is_a_network_again(trained: FieldsNetwork) -> None:
    """What is exported can be trained on: the same fields, palettes and average."""
    again = network_of(generator(trained, NAMES))
    z = normalise(torch.randn(4, 16, generator=torch.Generator().manual_seed(2)))
    classes = torch.tensor([0, 3, 7, 11])
    one, two = (net(net.w(z, classes), net.w(z, classes), BLOCK_ROWS[-1]) for net in (trained, again))
    assert (one - two).abs().max() < 1e-3 * one.abs().max()
    numbers = z[:, COARSE_NUMBERS + MIDDLE_NUMBERS :]
    assert torch.allclose(trained.colours(numbers), again.colours(numbers), atol=1e-4)
    with pytest.raises(LivevizError, match="was not trained by program"):
        network_of(new(small_config(32, 256, 16)))


def test_truncation_pulls_to_the_resting_palette_and_keeps_colour(trained: FieldsNetwork) -> None:
    stock = network(generator(trained, NAMES))
    w = stock.mapping.w_avg[None, SHAPE_W:]
    assert torch.allclose(trained.palette_out(w).reshape(COLOURS, 3), resting(), atol=1e-4)
    spread = PALETTES[:, 1:3].amax(dim=2) - PALETTES[:, 1:3].amin(dim=2)
    pulled = 0.7 * PALETTES + 0.3 * resting()
    kept = (pulled[:, 1:3].amax(dim=2) - pulled[:, 1:3].amin(dim=2)) / spread
    assert kept.median() > 0.65 and kept.min() > 0.4


def test_fast_up_convolution_is_the_papers() -> None:
    config = GeneratorConfig(resolution=16, channel_base=256, channel_max=24, z_dim=8, w_dim=128)
    torch.manual_seed(1)
    fast, slow = Conv(24, 16, up=True, styled=True), Layer(config, 24, 16, 16, up=True)
    slow.weight.data.copy_(fast.weight)
    slow.bias.data.copy_(fast.bias.data.normal_())
    slow.affine.weight.data.copy_(fast.affine.weight)
    slow.affine.bias.data.copy_(fast.affine.bias)
    slow.noise_strength.data.zero_()
    x, w = torch.randn(2, 24, 8, 8), torch.randn(2, 128)
    assert torch.allclose(fast(x, w), slow(x, w, torch.zeros(16, 16)), atol=1e-5)


def options(folder: Path, steps: int) -> TrainOptions:
    stages = (
        TrainStage(32, min(steps, 3), 4, (0.004, 0.002)),
        TrainStage(64, max(steps - 3, 0), 4, (0.003, 0.001), 0.3),
    )
    return TrainOptions(folder=folder, stages=stages, save=1, export=1000, every=2, palette_steps=20)


class Killed(Exception):
    pass


@pytest.fixture(scope="module")
def brief() -> Iterator[None]:
    """Exports measure their grain by one image: whether two runs end in the same bytes does not hang on how many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grain, "PROBE_IMAGES", 1)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, brief: None) -> Path:
    """A run of six steps that was left alone."""
    folder = tmp_path_factory.mktemp("whole")
    train(options(folder, 6), lambda: 0.0)
    return folder


def test_a_killed_run_resumes_exactly(whole: Path, tmp_path: Path) -> None:
    """Killed after a step that was not saved, and gone on with: the same bytes as a run that was left alone."""

    def dies(progress: Progress) -> None:
        if progress.step == 4:
            raise Killed

    with pytest.raises(Killed):
        train(options(tmp_path, 6), lambda: 0.0, report=dies)
    assert place(tmp_path)["step"] == 3 and place(tmp_path)["stage"] == 1
    steps: list[int] = []
    train(options(tmp_path, 6), lambda: 0.0, report=lambda progress: steps.append(progress.step))
    assert steps == [4, 5, 6]
    assert (tmp_path / CHECKPOINT_FILE).read_bytes() == (whole / CHECKPOINT_FILE).read_bytes()
    for name in ("generator.safetensors", "directions.safetensors", "card.toml"):
        assert (tmp_path / "bundle" / name).read_bytes() == (whole / "bundle" / name).read_bytes()


def test_a_stop_anywhere_in_a_step_is_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at each of the four places of the second step where it may be."""
    monkeypatch.setattr(Run, "export", lambda run: None)
    stages = (TrainStage(32, 3, 4, (0.004, 0.002)),)
    train(TrainOptions(folder=tmp_path / "whole", stages=stages, palette_steps=5), lambda: 0.0)
    for at in range(4):
        cut = TrainOptions(folder=tmp_path / str(at), stages=stages, palette_steps=5)
        calls = 0

        def stops(last: int = 5 + 4 + at) -> None:  # after the palettes' steps and the first one
            nonlocal calls
            calls += 1
            if calls == last + 1:
                raise Stopped

        with pytest.raises(Stopped):
            train(cut, lambda: 0.0, check=stops)
        assert place(cut.folder)["step"] == 1
        train(cut, lambda: 0.0)
        assert (cut.folder / CHECKPOINT_FILE).read_bytes() == (tmp_path / "whole" / CHECKPOINT_FILE).read_bytes()


def test_a_stop_before_the_first_step_leaves_nothing(tmp_path: Path) -> None:
    def stops() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        train(options(tmp_path, 6), lambda: 0.0, check=stops)
    assert list(tmp_path.iterdir()) == []


def test_a_finished_run_stays(whole: Path) -> None:
    made = open_model(whole / "bundle", [])
    assert made.card is not None and made.card.trained and made.card.class_names == tuple(NAMES)
    assert made.directions is not None
    assert (whole / "bundle" / "generator.safetensors").stat().st_size < 8e6
    before = (whole / CHECKPOINT_FILE).stat().st_mtime_ns
    train(options(whole, 6), lambda: 0.0)
    assert (whole / CHECKPOINT_FILE).stat().st_mtime_ns == before


def test_progress_grows_to_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "export", lambda run: None)
    found: list[Progress] = []
    train(options(tmp_path, 4), lambda: 0.0, report=found.append)
    shares = [progress.share for progress in found]
    assert shares == sorted(shares) and shares[0] > 0.0 and shares[-1] == pytest.approx(1.0)
    assert [(p.size, p.at) for p in found] == [(32, 1), (32, 2), (32, 3), (64, 1)]
    assert all(0.0 < p.error < 1.0 for p in found)


def spoil(data: bytes, **changes: object) -> bytes:
    """A checkpoint with other facts about where it stands; None leaves one out."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    facts = json.loads(header["__metadata__"][METADATA_KEY]) | changes
    header["__metadata__"][METADATA_KEY] = json.dumps({k: v for k, v in facts.items() if v is not None})
    raw = json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data[8 + length :]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data[: len(data) // 2], "cut"),
        (lambda data: data[:5], "no safetensors file"),
        (lambda data: b"PK\x03\x04" + bytes(5000), "no safetensors file"),
        (lambda data: data.replace(b"network.const", b"network.conts", 1), "network.const is missing"),
        (lambda data: data.replace(METADATA_KEY.encode(), b"x" * len(METADATA_KEY)), "no checkpoint of this trainer"),
        (lambda data: spoil(data, step=-1), "cannot be read"),
        (lambda data: spoil(data, at=None), "cannot be read"),
        (lambda data: spoil(data, stages=7), "cannot be read"),
        (lambda data: spoil(data, stage=9), "stages so far"),
        (lambda data: spoil(data, classes=["fog"]), "other classes"),
        (lambda data: spoil(data, seed=5), "seed 5, not 0"),
        (lambda data: spoil(data, stages=[[32, 9, 4, 0.004, 0.002, 1]]), "32:9:4:0.004:0.002:1"),
        (lambda data: data[:-100] + b"\xff" * 100, "not finite|random state"),
    ],
)
def test_a_spoilt_checkpoint(whole: Path, tmp_path: Path, change: Callable[[bytes], bytes], says: str) -> None:
    spoilt = change((whole / CHECKPOINT_FILE).read_bytes())
    (tmp_path / CHECKPOINT_FILE).write_bytes(spoilt)
    with pytest.raises(LivevizError, match=says) as caught:
        train(options(tmp_path, 6), lambda: 0.0)
    assert CHECKPOINT_FILE in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 500
    assert (tmp_path / CHECKPOINT_FILE).read_bytes() == spoilt  # what cannot be gone on with is left as it was


def place(folder: Path) -> dict:
    return json.loads(Container(folder / CHECKPOINT_FILE).metadata[METADATA_KEY])


def test_a_sheet_is_a_png_like_any_other(tmp_path: Path) -> None:
    from PIL import Image

    images = torch.rand(3, 3, 5, 7, generator=torch.Generator().manual_seed(1)) * 2 - 1
    write_sheet(images, 2, tmp_path / "s.png")
    pixels = np.asarray(Image.open(tmp_path / "s.png"))
    assert pixels.shape == (10, 14, 3)
    found = torch.from_numpy(pixels[5:, :7].copy()).permute(2, 0, 1) / 127.5 - 1  # the third image
    assert (found - images[2]).abs().max() < 0.005 and (pixels[5:, 7:] == 0).all()


def test_training_learns(tmp_path: Path) -> None:
    stage = TrainStage(32, 40, 8, (0.006, 0.003))
    net, found = FieldsNetwork(len(NAMES)), []
    optimiser = Optimiser({n: p for n, p in net.named_parameters() if not n.startswith("palette")})
    random = torch.Generator().manual_seed(0)
    for step in range(stage.steps):
        q = ask(stage.batch, len(NAMES), random, slice(None), torch.device("cpu"))
        coarse, middle, _ = latents(net, q)
        loss = fields_loss(net(coarse, middle, 32), answers(NAMES, q, 32))
        loss.backward()
        optimiser.step(stage.rates({name: size_of(name) for name in optimiser.named}, step))
        net.zero_grad(set_to_none=True)
        found.append(loss.item())
    assert sum(found[-5:]) < 0.75 * sum(found[:5])


def test_questions_are_balanced_and_shared_out() -> None:
    count = 4 * len(NAMES)
    whole = ask(count, len(NAMES), torch.Generator().manual_seed(5), slice(None), torch.device("cpu"))
    assert torch.bincount(whole.classes, minlength=len(NAMES)).tolist() == [4] * len(NAMES)
    assert torch.allclose(whole.z.square().mean(dim=1), torch.ones(count), atol=1e-4)
    halves = [
        ask(count, len(NAMES), torch.Generator().manual_seed(5), slice(r, count, 2), torch.device("cpu"))
        for r in (0, 1)
    ]
    assert torch.equal(halves[0].z, whole.z[0::2]) and torch.equal(halves[1].t, whole.t[1::2])


def test_answers() -> None:
    base = ask(8, len(NAMES), torch.Generator().manual_seed(6), slice(None), torch.device("cpu"))
    one, two = numbers_of(base.z), numbers_of(base.other)

    def asked(kind: int, t: float, **other: torch.Tensor) -> torch.Tensor:
        q = replace(base, kind=torch.full([8], kind), t=torch.full([8, 1], t), **other)
        return answers(NAMES, q, 32)

    def drawn(numbers: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        found = draw_fields(NAMES, numbers, classes, 32)
        for n, channel in enumerate(CHANNELS):
            found[:, n] = as_drawn(found[:, n], channel.low, channel.high)
        return found

    assert torch.equal(asked(PLAIN, 0.5), drawn(one, base.classes))
    assert torch.equal(asked(TRUNCATED, 0.5), drawn(one * 0.5, base.classes))
    assert torch.equal(
        asked(MIXED, 0.5), drawn(torch.cat([one[:, :COARSE_NUMBERS], two[:, COARSE_NUMBERS:]], 1), base.classes)
    )
    within = asked(BETWEEN, 0.25, others=base.classes)
    assert torch.allclose(within, drawn(one * 0.75 + two * 0.25, base.classes), atol=1e-5)
    across = asked(BETWEEN, 0.5, others=(base.classes + 1) % len(NAMES))
    half = (drawn(one, base.classes) + drawn(two, (base.classes + 1) % len(NAMES))) / 2
    assert torch.allclose(across, half, atol=1e-5)
    assert way(torch.tensor([0.0, 0.5, 1.0])).tolist() == [0.0, 0.5, 1.0]


def test_latents_are_the_ones_asked_for() -> None:
    torch.manual_seed(2)
    net = FieldsNetwork(len(NAMES)).requires_grad_(False)
    net.w_avg.normal_()
    q: Questions = replace(
        ask(4, len(NAMES), torch.Generator().manual_seed(7), slice(None), torch.device("cpu")),
        kind=torch.tensor([PLAIN, MIXED, TRUNCATED, BETWEEN]),
        t=torch.full([4, 1], 0.75),
    )
    a, b = net.w(q.z, q.classes), net.w(q.other, q.others)
    coarse, middle, plain = latents(net, q)
    wanted = torch.stack([a[0], a[1], net.w_avg + 0.75 * (a[2] - net.w_avg), a[3] * 0.25 + b[3] * 0.75])
    assert torch.allclose(coarse, wanted, atol=1e-5) and torch.allclose(plain, a, atol=1e-5)
    wanted[1] = b[1]
    assert torch.allclose(middle, wanted, atol=1e-5)


def test_muon_steps_are_nearly_orthogonal() -> None:
    for shape in ((2, 24, 60), (1, 60, 24)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape, generator=torch.Generator().manual_seed(8))))
        assert values.min() > 0.5 and values.max() < 1.35


def test_rates_leave_what_is_not_drawn_yet_alone() -> None:
    named = dict(FieldsNetwork(len(NAMES)).named_parameters())
    stage = TrainStage(64, 1000, 4, (0.01, 0.001), lower=0.2)
    found = stage.rates({name: size_of(name) for name in named}, 500)
    assert found["conv0.64.weight"] == pytest.approx(0.0055, rel=0.01)
    assert found["conv1.8.weight"] == pytest.approx(0.2 * found["conv0.64.weight"])
    assert found["conv0.128.weight"] == found["head.128.weight"] == 0.0
    assert set(HEAD_ROWS) == {32, 64, 128}


def test_training_runs_in_bfloat16_only_where_the_processor_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of a cap on the instruction set, which works on every machine."""
    cpu = torch.device("cpu")
    for cap, units, wanted in (
        ("", {"avx512_bf16": True}, True),
        ("DEFAULT", {"amx_bf16": True}, True),
        ("AVX2", {"avx512_bf16": True, "amx_bf16": True}, False),
        ("avx512_core", {"avx512_bf16": True}, False),
        ("", {"avx2": True, "avx512_f": True}, False),
        ("", {"neon": True, "bf16": True}, False),
    ):
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", cap)
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda units=units: units)
        assert has_bfloat16(cpu) is wanted and training_dtype(cpu) == (torch.bfloat16 if wanted else torch.float32)


def test_loss_is_smallest_where_right_and_weighs_the_border() -> None:
    wanted = torch.rand(2, COUNT, 64, 64, generator=torch.Generator().manual_seed(9))
    right = fields_loss(wanted, wanted)
    inner, outer = wanted.clone(), wanted.clone()
    inner[..., 30:34, 30] += 0.5
    outer[..., 30:34, 0] += 0.5
    assert right < fields_loss(inner, wanted) < fields_loss(outer, wanted)


def test_what_is_hidden_hardly_counts() -> None:
    """The ground behind a figure, and u where no detail is seen, against the same errors where they show."""
    wanted = torch.full((1, COUNT, 32, 32), -1.0)
    wanted[:, NAMES_OF_FIELDS.index("detail")] = 0.0
    wanted[:, NAMES_OF_FIELDS.index("figure_edge"), :, :16] = 1.0

    def cost(name: str, columns: slice) -> float:
        drawn = wanted.clone()
        drawn[:, NAMES_OF_FIELDS.index(name), 8:24, columns] += 0.3
        return float(fields_loss(drawn, wanted) - fields_loss(wanted, wanted))

    assert cost("ground_place", slice(2, 10)) < 0.3 * cost("ground_place", slice(22, 30))
    assert cost("figure_place", slice(22, 30)) < 0.3 * cost("figure_place", slice(2, 10))
    assert cost("front_place", slice(2, 10)) < 0.3 * cost("figure_place", slice(2, 10))
    hidden = cost("u", slice(2, 10))
    wanted[:, NAMES_OF_FIELDS.index("detail")] = 0.8
    assert hidden < 0.3 * cost("u", slice(2, 10))


def test_grain_is_as_strong_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each layer's noise alone changes the image by its share, measured by another way than the setting was."""
    from liveviz.models import MappingNetwork, new, small_config
    from liveviz.models.stylegan.reference import network

    plain = new(small_config(32, 512, 32, 2), seed=3)
    monkeypatch.setattr(grain, "PROBE_IMAGES", 8)
    grained = grain.with_grain(plain)
    names = [n for n in grained.weights if n.endswith("noise_strength")]
    assert all(float(grained.weights[n]) > 0.0 for n in names)
    mapping = MappingNetwork(grained)
    z = np.random.default_rng(8).normal(size=(16, grained.config.z_dim)).astype(np.float32)
    ws = torch.from_numpy(mapping.ws(mapping(z, mapping.one_hot(np.arange(16) % 2))))
    with torch.no_grad():
        silent = network(
            replace(grained, weights={n: v * (n not in names) for n, v in grained.weights.items()})
        ).synthesis(ws)
        loud = network(grained).synthesis(ws)
    change = (loud - silent).square().mean().sqrt().item()
    expected = sum(grain.LAYER_RMS[int(n.split(".")[1][1:])] ** 2 for n in names) ** 0.5
    assert 0.4 * expected < change < 2.5 * expected
