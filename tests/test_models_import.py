"""Importing: what files may hold besides, what is refused and in which words, and what is kept of an import."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from foreign_files import POISON, generator_module, rosinality, stylegan, tensorflow
from heart import plain_generator, small
from import_kit import STYLEGAN3, assert_same, imported
from pickle_writer import Do, Ref, numpy_array, payload, pickled, rebuilt

from liveviz.models import import_model, open_model, write
from liveviz.models.importing import import_file
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.spec import LivevizError


@pytest.mark.filterwarnings("ignore:TypedStorage")
def test_torch_reads_what_the_writer_of_these_tests_writes() -> None:
    numbers = np.arange(6, dtype=np.float32)
    assert torch.load(io.BytesIO(payload(numbers)), weights_only=False).tolist() == numbers.tolist()


def test_a_tensor_may_be_half_transposed_or_from_the_middle(tmp_path: Path) -> None:
    wanted = plain_generator(small(16), 4)
    weight = wanted.weights["mapping.fc0.weight"].astype(np.float16)
    rows, columns = weight.shape
    storage = np.concatenate([np.zeros(3, np.float16), weight.T.ravel(), np.ones(5, np.float16)])
    node = Do("torch.storage _load_from_bytes", (payload(storage, "HalfStorage"),))
    root = generator_module(wanted)
    fc0 = root.args[0]["state"]["_modules"]["mapping"].args[0]["state"]["_modules"]["fc0"]
    fc0.args[0]["state"]["_parameters"]["weight"] = rebuilt(node, (rows, columns), 3, (1, rows))
    made, _ = imported(tmp_path, pickled({"G_ema": root}))
    np.testing.assert_array_equal(made.weights["mapping.fc0.weight"], weight.astype(np.float32))


def test_a_pickle_of_the_newest_protocol_and_numpy(tmp_path: Path) -> None:
    wanted = plain_generator(small(16), 5)
    root = generator_module(wanted)
    average = wanted.weights["mapping.w_avg"]
    kind = Do("numpy dtype", ("f4", False, True), (3, "<", None, None, None, -1, -1, 0))
    buffers = root.args[0]["state"]["_modules"]["mapping"].args[0]["state"]["_buffers"]
    buffers["w_avg"] = Do("numpy._core.numeric _frombuffer", (average.tobytes(), kind, average.shape, "C"))
    assert_same(imported(tmp_path, pickled({"G_ema": root}, protocol=5))[0], wanted)
    buffers["w_avg"] = numpy_array(average)
    assert_same(imported(tmp_path, pickled({"G_ema": root}))[0], wanted)


def test_what_dill_wrote_beside_it_is_left_alone(tmp_path: Path) -> None:
    """dill writes classes out as calls; instances of them are calls of calls."""
    wanted = plain_generator(small(16), 6)
    made_class = Do(
        "dill._dill _create_type", (Ref("builtins type"), "Net", (Ref("builtins object"),), {"forward": None})
    )
    code = Do(
        "dill._dill _create_function", (Do("dill._dill _create_code", (b"\x64\x00", POISON)), {}, "f", None, None)
    )
    top = {"D": [made_class, code], "G_ema": generator_module(wanted), "G": generator_module(wanted)}
    assert_same(imported(tmp_path, pickled(top))[0], wanted)


def test_layers_without_noise_have_none(tmp_path: Path) -> None:
    wanted = plain_generator(small(16), 7)
    root = generator_module(wanted)
    conv = (
        root.args[0]["state"]["_modules"]["synthesis"].args[0]["state"]["_modules"]["b8"].args[0]["state"]["_modules"]
    )
    state = conv["conv1"].args[0]["state"]
    state["use_noise"] = False
    del state["_parameters"]["noise_strength"], state["_buffers"]["noise_const"]
    made, _ = imported(tmp_path, pickled({"G_ema": root}))
    assert made.weights["synthesis.b8.conv1.noise_strength"] == 0.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"c_dim": 2}, "tensor mapping.embed.weight is missing"),
        ({"img_resolution": 32}, "tensor synthesis.b16.conv1.bias is missing|has no module|is missing"),
        ({"img_channels": 2}, "img_channels: 2 is neither 1"),
        ({"z_dim": "many"}, "z_dim: is 'many', not a whole number"),
        ({"img_resolution": 1 << 40}, "img_resolution: is"),
    ],
)
def test_sizes_that_do_not_fit_are_named(change: dict, words: str, tmp_path: Path) -> None:
    root = generator_module(plain_generator(small(16), 8))
    root.args[0]["state"].update(change)
    with pytest.raises(LivevizError, match=words):
        imported(tmp_path, pickled({"G_ema": root}))


def test_arithmetic_of_another_kind_is_refused(tmp_path: Path) -> None:
    for path, name, value in (
        ("mapping.fc0", "activation", "relu"),
        ("mapping.fc1", "bias_gain", 0.5),
        ("synthesis.b8.conv0", "act_gain", 1.0),
        ("synthesis.b8.conv1", "conv_clamp", 3),
        ("synthesis.b16.torgb", "weight_gain", 2.0),
        ("synthesis.b4", "architecture", "spiral"),
        ("synthesis.b8.conv0", "resample_filter", None),
    ):
        root = generator_module(plain_generator(small(16), 9))
        state = root.args[0]["state"]
        for part in path.split("."):
            state = state["_modules"][part].args[0]["state"]
        if name == "resample_filter":
            state["_buffers"][name] = numpy_array(np.ones((4, 4), np.float32))
        else:
            state[name] = value
        with pytest.raises(LivevizError) as caught:
            imported(tmp_path, pickled({"G_ema": root}))
        assert str(caught.value).count("\n") == 0, (path, name)
    wanted = plain_generator(STYLEGAN3["t"], 9)
    with pytest.raises(LivevizError, match="margin_size: is 4; only 10 can be played"):
        imported(tmp_path, stylegan(wanted, _init_kwargs={"margin_size": 4}))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            {"G_ema": None},
            "holds G_ema, which is None and no network; looked for a module G_ema or G, or tensors named",
        ),
        ({"weights": [1.0]}, "holds a table of 'weights'"),
        (3, "holds 3; looked for"),
        (
            {"G_ema": Do("fastgan Generator", (), {"_modules": {}}, new=True)},
            "'Generator' that is neither a StyleGAN2 nor a StyleGAN3 .FastGAN",
        ),
    ],
)
def test_other_pickles_are_refused_by_what_is_in_them(value: object, words: str, tmp_path: Path) -> None:
    with pytest.raises(LivevizError, match=words):
        imported(tmp_path, pickled(value))


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("4x4/Const/StyleMod/weight", (32, 16), "is a StyleGAN of the first kind"),
        ("ToRGB_lod0/weight", (1, 1, 8, 3), "is a StyleGAN of the first kind"),
        ("4x4/Conv/stranger", (3,), "tensor 'synthesis/4x4/Conv/stranger' does not belong to a stylegan2-skip"),
    ],
)
def test_other_networks_of_the_tensorflow_era(name: str, shape: tuple, words: str, tmp_path: Path) -> None:
    data = tensorflow(plain_generator(small(16), 19), {name: np.zeros(shape, np.float32)})
    with pytest.raises(LivevizError, match=words):
        imported(tmp_path, data)


def test_what_is_no_file_of_any_kind(tmp_path: Path) -> None:
    for data in (b"", b"\x80", b"PK", b"GIF89a" * 20, b"PK\x03\x04" + bytes(60)):
        with pytest.raises(LivevizError) as caught:
            imported(tmp_path, data)
        assert str(tmp_path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_file_of_terabytes_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "hole.pkl"
    with path.open("wb") as file:
        file.write(b"\x80\x04")
        file.truncate(1 << 40)
    for opened in (import_file, import_model, lambda path: open_model(path, [])):
        with pytest.raises(LivevizError, match="1099511627776 bytes; 8589934592 are allowed"):
            opened(path)


def test_a_model_is_imported_once_and_kept_by_its_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = plain_generator(small(16), 10)
    path, cache = tmp_path / "theirs.pkl", tmp_path / "cache"
    path.write_bytes(stylegan(wanted))
    first = open_model(path, [], cache)
    (kept,) = (cache / "imports").iterdir()
    moved = path.rename(tmp_path / "moved.pkl")
    monkeypatch.setattr("liveviz.models.importing.cache.import_file", lambda path: pytest.fail("read again"))
    second = open_model(moved, [], cache)
    assert first.fingerprint == second.fingerprint
    assert (first.name, second.name) == ("theirs", "moved")
    assert second.card is not None
    assert "unknown" in second.card.licence
    assert "moved.pkl, SHA-256 " in second.card.origin
    monkeypatch.undo()
    kept.write_bytes(kept.read_bytes()[:-3])  # a cache that went bad is made anew
    assert open_model(moved, [], cache).fingerprint == first.fingerprint
    moved.write_bytes(stylegan(plain_generator(small(16), 11)))
    assert open_model(moved, [], cache).fingerprint != first.fingerprint
    (tmp_path / "no folder").write_bytes(b"")
    assert open_model(moved, [], tmp_path / "no folder").config == first.config


def test_what_is_kept_stays_within_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go first; what was played within a night stays, whatever it weighs."""
    cache = tmp_path / "cache"
    folder = cache / "imports"
    paths, kept = [], {}
    for n in range(4):
        paths.append(tmp_path / f"{n}.pkl")
        paths[n].write_bytes(stylegan(plain_generator(small(16), 50 + n)))
        open_model(paths[n], [], cache)
        (kept[n],) = set(folder.iterdir()) - set(kept.values())
    size = kept[0].stat().st_size
    monkeypatch.setattr("liveviz.models.importing.cache.MAX_KEPT", int(3.5 * size))
    draft = folder / ".draft of a writer that died"
    draft.write_bytes(bytes(size))
    now, day = kept[3].stat().st_mtime, 86400.0
    for path, age in ((draft, 9), (kept[0], 4), (kept[1], 3), (kept[2], 2), (kept[3], 0)):
        os.utime(path, (now - age * day, now - age * day))
    open_model(paths[0], [], cache)  # played again: it is among the newest now
    another = tmp_path / "another.pkl"
    another.write_bytes(stylegan(plain_generator(small(16), 60)))
    open_model(another, [], cache)
    assert {kept[0], kept[3]} < set(folder.iterdir())
    assert not {draft, kept[1], kept[2]} & set(folder.iterdir())
    monkeypatch.setattr("liveviz.models.importing.cache.MAX_KEPT", 0)
    another.write_bytes(stylegan(plain_generator(small(16), 61)))
    open_model(another, [], cache)
    assert len(list(folder.iterdir())) == 4  # all of tonight


def test_our_own_files_are_opened_as_ever(tmp_path: Path) -> None:
    wanted = plain_generator(small(16), 12)
    write(tmp_path / "ours.safetensors", wanted)
    assert open_model(tmp_path / "ours.safetensors", [], tmp_path / "cache").card is None
    assert not (tmp_path / "cache").exists()
    generator, kind = import_model(tmp_path / "ours.safetensors")
    assert generator.fingerprint == wanted.fingerprint
    assert kind == "liveviz safetensors"


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux says how much memory a process took")
@pytest.mark.parametrize("kind", ["pickle", "zip"])
def test_the_largest_network_is_read_in_seconds(kind: str, tmp_path: Path) -> None:
    """1024 x 1024, channel_base 32768: 33 million weights."""
    wanted = plain_generator(GeneratorConfig(1024), 13)
    path = tmp_path / "large"
    if kind == "pickle":
        path.write_bytes(stylegan(wanted))
    else:
        torch.save({"g_ema": {name: torch.from_numpy(np.array(v)) for name, v in rosinality(wanted).items()}}, path)
    code = (
        "import re, sys, time; from pathlib import Path; from liveviz.models.importing import import_file\n"
        "began = time.perf_counter(); import_file(Path(sys.argv[1])); seconds = time.perf_counter() - began\n"
        "peak = re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1]; print(seconds, int(peak) / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=120, check=True)
    seconds, megabytes = map(float, done.stdout.split())
    print(
        f"{kind}: {path.stat().st_size / 2**20:.0f} MiB read in {seconds:.2f} s, at most {megabytes:.0f} MiB in memory"
    )
    assert seconds < 10.0
    assert megabytes < 1024.0
