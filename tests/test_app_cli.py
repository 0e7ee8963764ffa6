"""The command line as a user meets it: exit codes, one line per mistake, never a traceback."""

import json
import logging
import re
from pathlib import Path

import pytest

MISTAKES = [  # (arguments, exit code, what the line must say)
    (["play", "--size", "0x0"], 2, "0x0"),
    (["play", "--size", "banana"], 2, "banana"),
    (["play", "--fps", "0"], 2, "fps"),
    (["play", "--fps", "nan"], 2, "fps"),
    (["play", "--seconds", "-1"], 2, "seconds"),
    (["play", "--backend", "abacus"], 2, "abacus"),
    (["model", "compile", "nonsense"], 1, "default"),
    (["model", "compile", "default", "--backend", "abacus"], 2, "abacus"),
    (["bench", "--new", "512:banana:128"], 2, "512:banana:128"),
    (["bench", "--new", "513:8192:128"], 2, "resolution"),
    (["play", "--fullscreen", "demo"], 2, "put SOURCE before --fullscreen"),
    (["play", "--fullscreen", "README.md"], 2, "put SOURCE before --fullscreen"),
    (["play", "README.md", "--stats", "./README.md"], 2, "must end in .json"),
    (["model", "score", "default", "pictures:1", "--json", "song.wav"], 2, "must end in .json"),
    (["train", "--hearing", "songs", "-o", "song.wav"], 2, "must end in .safetensors"),
    (["train", "--hearing", "songs", "-o", "engines/default/generator.safetensors"], 1, "is there already"),
    (["train", "--features", "-o", "engines/default/generator.safetensors"], 1, "is there already"),
    (["play", ""], 2, "SOURCE: is empty"),
    (["model", "info", ""], 2, "MODEL: is empty"),
    (["mapping", "check", " "], 2, "NAME|PATH: is empty"),
    (["play", "--osc", "nowhere"], 2, "HOST:PORT"),
    (["play", "--w", "off"], 2, "--w (did you mean --wide or --window?) (`liveviz play --help`"),
    (["render", "demo", "-o", "{tmp}/x.mp4", "--backen", "testcard"], 2, "--backen"),
    (["model", "info", "default", "--deb"], 2, "did you mean --debug"),
    (["play", "--seed", "-1"], 2, "seed"),
    (["play", "--window", "--headless"], 2, "not allowed"),
    (["play", "--record", "x.avi"], 2, ".mp4"),
    (["play", "--record", "/proc/nope/x.mp4"], 1, "/proc/nope/x.mp4"),
    (["play", "--sink", "nonsense:x"], 2, "record:FILE.mp4"),
    (["play", "--sink", "still"], 2, "is written still:FILE.png"),
    (["play", "--sink", "record:x.avi"], 2, ".mp4"),
    (["play", "--sink", "still:/proc/nope/x.png"], 1, "/proc/nope/x.png"),
    (["play", "--mapping", "nonsense"], 1, "chroma, default, drums, knobs"),
    (["play", "demo", "--model", "nonsense"], 1, "default"),
    (["play", "demo", "--model", "README.md"], 1, "README.md"),
    (["render", "missing.wav", "-o", "{tmp}/x.mp4"], 1, "missing.wav"),
    (["render", "README.md", "-o", "{tmp}/x.mp4"], 1, "README.md"),
    (["render", "demo", "-o", "{tmp}/no/such/x.mp4"], 1, "no/such"),
    (["analyze", "README.md", "-o", "{tmp}/x.json"], 1, "README.md"),
    (["analyze", "demo", "-o", "{tmp}/x.txt"], 2, ".json or .png"),
    (["analyze", "demo", "-o", "{tmp}/x.json", "--hop", "3"], 2, "hop"),
    (["still", "default", "-o", "{tmp}/x.npy", "--class", "99"], 2, "0 to 19"),
    (["still", "default", "-o", "{tmp}/x.npy", "--size", "wide"], 2, "wide"),
    (["play", "--wide", "sideways"], 2, "sideways"),
    (["still", "default", "-o", "{tmp}/x.npy", "--z", "README.md"], 1, "README.md"),
    (
        [
            "model",
            "new",
            "--resolution",
            "100",
            "--channel-base",
            "64",
            "--channel-max",
            "8",
            "--seed",
            "1",
            "-o",
            "{tmp}/x.safetensors",
        ],
        2,
        "100",
    ),
    (["model", "info", "README.md"], 1, "README.md"),
    (["model", "sheet", "README.md", "-o", "{tmp}/x.png"], 1, "README.md"),
    (["model", "sheet", "default", "-o", "{tmp}/x.jpg"], 2, ".png"),
    (["dataset", "draw", "--count", "0", "-o", "{tmp}/x"], 2, "count 0"),
    (["dataset", "draw", "--count", "2", "--size", "9", "-o", "{tmp}/x"], 2, "size 9"),
    (["dataset", "draw", "--count", "2", "--seed", "-1", "-o", "{tmp}/x"], 2, "seed -1"),
    (
        ["dataset", "draw", "--count", "2", "--classes", "fog", "-o", "{tmp}/x"],
        2,
        "'fog' is none; there are all, atlas",
    ),
    (["dataset", "draw", "--count", "2", "-o", "README.md/x"], 1, "README.md/x"),
    (["train", "my-pictures", "-o", "{tmp}/x"], 1, "my-pictures: there is no such folder"),
    (["train", "-o", "{tmp}/x"], 2, "--pictures"),
    (["train", "--pictures"], 2, "-o DIR"),
    (["train", "--pictures", "-o", "{tmp}/x", "--workers", "17"], 2, "workers 17: 1 to 16"),
    (["train", "--pictures", "-o", "{tmp}/x", "--stages", "64:9:2"], 2, "64:9:2"),
    (["train", "--pictures", "-o", "{tmp}/x", "--stages", "48:9:2:0.1:0.1:1"], 2, "32, 64, 128 or 256"),
    (["train", "--pictures", "-o", "{tmp}/x", "--stages", "64:9:2:nan:0.1:1"], 2, "rates nan"),
    (["train", "--pictures", "-o", "{tmp}/x", "--stages", "64:9:2:0.1:0.1:1:1"], 2, "six numbers"),
    (["train", "--pictures", "-o", "{tmp}/x", "--stages", "256:9:2:0.1:0.1:1"], 2, "32, 64 or 128"),
    (["train", "--pictures", "-o", "README.md"], 1, "README.md"),
    (["mapping", "check", "nope"], 1, "nope"),
    (["bench", "--backend", "abacus"], 2, "abacus"),
    (["nonsense"], 2, "nonsense"),
    ([], 2, "COMMAND"),
]


@pytest.mark.parametrize("words, code, says", MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_one_clear_line(liveviz, tmp_path: Path, words: list[str], code: int, says: str) -> None:
    done = liveviz(*(w.replace("{tmp}", str(tmp_path)) for w in words), timeout=60)
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert says in lines[0]
    assert "Traceback" not in done.stderr + done.stdout
    assert list(tmp_path.iterdir()) == []


def test_help_of_every_command(liveviz) -> None:
    from liveviz.cli.main import COMMANDS

    top = liveviz("--help").stdout
    for command in COMMANDS:
        assert command in top
        done = liveviz(command, "--help")
        assert done.returncode == 0 and "usage: liveviz" in done.stdout


def test_help_offers_the_backends_that_there_are(liveviz) -> None:
    from liveviz import engine

    assert f"{{{','.join(['auto', *engine.backends()])}}}" in liveviz("play", "--help").stdout


@pytest.mark.parametrize("debug", [False, True])
def test_a_message_cannot_steer_the_terminal(debug: bool, capsys: pytest.CaptureFixture[str]) -> None:
    from liveviz.runtime import logs

    root = logging.getLogger("liveviz")
    before = root.handlers[:], root.level, root.propagate, logging.raiseExceptions
    try:
        logs.setup(debug)
        root.warning("a\x1b[2Jb\x9bc\u202ed\udce9 é")
    finally:
        root.handlers[:], root.level, root.propagate, logging.raiseExceptions = before
    assert capsys.readouterr().err == "liveviz: warning: a\\x1b[2Jb\\x9bc\\u202ed\\udce9 é\n"


def test_model_new_info_and_still(liveviz, tmp_path: Path) -> None:
    import numpy as np

    model = tmp_path / "m.safetensors"
    new = [
        "model",
        "new",
        "--resolution",
        "32",
        "--channel-base",
        "512",
        "--channel-max",
        "32",
        "--classes",
        "3",
        "--seed",
        "7",
    ]
    assert liveviz(*new, "-o", model).returncode == 0
    again = tmp_path / "again.safetensors"
    assert liveviz(*new, "-o", again).returncode == 0
    assert model.read_bytes() == again.read_bytes()
    assert "32 x 32" in liveviz("model", "info", model).stdout
    z = np.random.default_rng(3).normal(size=(4, 64)).astype(np.float32)
    np.save(tmp_path / "z.npy", z)
    images = {}
    for backend in ("reference", "openvino"):
        out = tmp_path / f"{backend}.npy"
        done = liveviz(
            "still", model, "-o", out, "--z", tmp_path / "z.npy", "--class", "1", "--backend", backend, "--psi", "0.7"
        )
        assert done.returncode == 0, done.stderr
        images[backend] = np.load(out)
    assert images["reference"].shape == (4, 3, 32, 32) and images["reference"].dtype == np.float32
    scale = np.abs(images["reference"]).max()
    assert np.abs(images["reference"] - images["openvino"]).max() <= 1e-4 * scale
    assert np.ptp(images["reference"]) > 0.2
    sheet = tmp_path / "sheet.png"
    assert liveviz("still", model, "-o", sheet, "--z", tmp_path / "z.npy", "--noise", "none").returncode == 0
    from PIL import Image

    assert Image.open(sheet).size == (64, 64)
    wall = tmp_path / "wall.npy"
    assert liveviz("still", model, "-o", wall, "--size", "1920x1080").returncode == 0
    assert np.load(wall).shape == (1, 3, 32, 56)
    plane = ["--architecture", "stylegan3-r", "--const", "4x8", "-o", tmp_path / "plane.safetensors"]
    assert liveviz(*new, *plane).returncode == 0
    assert "32 x 64" in liveviz("model", "info", plane[-1]).stdout


def test_a_model_cut_in_half(liveviz, tmp_path: Path, root: Path) -> None:
    whole = (root / "engines/default/generator.safetensors").read_bytes()
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(whole[: len(whole) // 2])
    for words in (["play", "demo", "--headless", "--model", cut], ["model", "info", cut], ["bench", "--model", cut]):
        done = liveviz(*words)
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 1 and "cut.safetensors" in done.stderr


def test_mapping_commands(liveviz, tmp_path: Path, root: Path) -> None:
    from liveviz.runtime.composition import registry

    listed = liveviz("mapping", "list").stdout
    assert all(name in listed for name in ("default", "chroma", "knobs"))
    shown = liveviz("mapping", "show", "knobs").stdout
    for parameter in registry():
        assert parameter.osc in shown
    assert liveviz("mapping", "check", "default").returncode == 0
    bad = tmp_path / "bad.toml"
    text = (root / "mappings/default.toml").read_text()
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row.startswith("to ="))
    bad.write_text(
        "\n".join('to = "truncation_psy"' if n == line else row for n, row in enumerate(text.splitlines(), 1))
    )
    done = liveviz("mapping", "check", bad)
    assert done.returncode == 1
    assert f"bad.toml:{line}: " in done.stderr and "truncation_psi" in done.stderr


def test_devices_and_doctor(liveviz, root: Path) -> None:
    assert "Audio inputs" in liveviz("devices").stdout
    done = liveviz("doctor")
    assert done.returncode == 0, done.stdout
    parts = {line[9:20].strip(): (line[:9].strip(), line[20:]) for line in done.stdout.splitlines()}
    for part in ("processor", "engine", "speed", "OpenGL", "generator"):
        assert parts[part][0] == "ok", done.stdout
    assert re.match(r".+, \d+ cores: ", parts["processor"][1])
    told = dict(re.findall(r"(\d+) (?:images/s )?of (\w+)", parts["speed"][1].partition(";")[0]))
    assert {*told.values()} == {path.name for path in (root / "engines").iterdir()}
    assert all(int(rate) > 0 for rate in told) and re.search(r" in (f32|bf16|f16)\b", parts["speed"][1])
    capped = liveviz("doctor", env={"ONEDNN_MAX_CPU_ISA": "AVX2"})
    assert "kept to AVX2 by ONEDNN_MAX_CPU_ISA" in capped.stdout
    if "openvino" in parts["engine"][1].split(" (")[0]:
        assert " in f32" in capped.stdout, capped.stdout


def test_bench_writes_its_figures(liveviz, tmp_path: Path) -> None:
    model = tmp_path / "m.safetensors"
    liveviz(
        "model", "new", "--resolution", "16", "--channel-base", "256", "--channel-max", "16", "--seed", "1", "-o", model
    )
    out = tmp_path / "bench.json"
    done = liveviz("bench", "--backend", "reference,openvino", "--model", model, "--frames", "20", "--json", out)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())["backends"]
    assert set(figures) == {"reference", "openvino"}
    for row in figures.values():
        assert set(row) == {"device", "precision", "ms", "fps", "ratio", "roofline_ms"}
        assert 0 < row["ms"]["p50"] <= row["ms"]["p95"] <= row["ms"]["p99"]
