"""CONTRIBUTING.md tells the truth: each recipe is followed literally. The file is taken from the page, written into a copy of
the program, and must be there and do what it says."""

import json
import re
import socket
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from live_show import LiveShow
from own_copy import ROOT, copy, run
from walls import check_length, check_manners, check_walls

PAGE = (ROOT / "CONTRIBUTING.md").read_text()
FILES = dict(re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```", PAGE, re.S | re.M))
RATE, SECONDS = 22_050, 0.5
SHOW = "version = 1\n[latent]\nbase = {{ seeds = [1, 2], loop_bars = 8 }}\n{}"


def follow(folder: Path, path: str) -> Path:
    """A copy of the program with the page's file of that path in it."""
    copy(folder)
    assert not (folder / path).exists(), f"{path} is there already: the recipe adds nothing"
    (folder / path).write_text(FILES[path])
    return folder


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second, silent at first, then a sine of half of full scale."""
    path = tmp_path_factory.mktemp("song") / "song.wav"
    t = np.arange(int(RATE * SECONDS)) / RATE
    samples = np.where(t < 0.25, 0.0, 0.5 * np.sin(2 * np.pi * 440 * t))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory, liveviz) -> Path:
    """A small one, of random weights."""
    path = tmp_path_factory.mktemp("generator") / "small.safetensors"
    words = "model new --resolution 32 --channel-base 512 --channel-max 32 --seed 1 -o"
    assert liveviz(*words.split(), path).returncode == 0
    return path


def frames(folder: Path, home: Path, song: Path, show: str, *words: object) -> np.ndarray:
    """What `render` makes of the song with that show: uint8 `[frames, h, w, 3]`."""
    import av

    mapping, film = home / "show.toml", home / "film.mp4"
    mapping.write_text(SHOW.format(show))
    done = run(folder, "render", song, "-o", film, "--mapping", mapping, "--size", "96x64", *words, home=home)
    assert done.returncode == 0, done.stderr
    with av.open(str(film)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]).astype(np.int16)


def differ(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Mean difference of each frame, of 255."""
    return np.abs(a[: len(b)] - b[: len(a)]).mean(axis=(1, 2, 3))


def test_every_file_on_the_page_is_followed() -> None:
    source = Path(__file__).read_text()
    assert FILES
    assert [path for path in FILES if f'"{path}"' not in source] == []


@pytest.mark.parametrize("path", [path for path in FILES if path.endswith(".py")])
def test_the_files_keep_the_house_rules(path: str, tmp_path: Path) -> None:
    """Walls, manners and length as of every file, style by ruff."""
    written = tmp_path / path
    written.parent.mkdir(parents=True)
    written.write_text(FILES[path])
    check_walls(written, tmp_path / "liveviz")
    check_manners(written, tmp_path / "liveviz")
    check_length(written)
    for words in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *words, "--config", str(ROOT / "pyproject.toml"), str(written)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_signal(tmp_path: Path, song: Path) -> None:
    folder = follow(tmp_path / "copy", "liveviz/signals/peak.py")
    out = tmp_path / "song.json"
    done = run(folder, "analyze", song, "-o", out, home=tmp_path)
    assert done.returncode == 0, done.stderr
    heard = json.loads(out.read_text())["signals"]
    peaks = dict(zip(heard["t"], heard["peak"], strict=True))
    assert all(peak == 0.0 for t, peak in peaks.items() if t < 0.24)
    assert all(abs(peak - 0.5) < 0.05 for t, peak in peaks.items() if t > 0.3)
    route = '[[route]]\nfrom = "peak"\nto = "truncation_psi"\nrange = [0.0, 1.0]'
    with_it = frames(folder, tmp_path, song, route, "--backend", "testcard")
    without = frames(folder, tmp_path, song, "[set]\ntruncation_psi = 0.0", "--backend", "testcard")
    moved = differ(with_it, without)
    assert moved[:6].max() < 0.5 and moved[-4:].min() > 1.0


def test_a_modulator(tmp_path: Path, song: Path) -> None:
    folder = follow(tmp_path / "copy", "liveviz/mapping/modulators/bounce.py")
    ball = '[modulator.ball]\nkind = "bounce"\non = "rms"\ngravity = 20\n'
    route = '[[route]]\nfrom = "modulator.ball"\nto = "truncation_psi"\nrange = [0.0, 1.0]'
    with_it = frames(folder, tmp_path, song, ball + route, "--backend", "testcard")
    without = frames(folder, tmp_path, song, "[set]\ntruncation_psi = 0.0", "--backend", "testcard")
    moved = differ(with_it, without)
    assert moved[:6].max() < 0.5 and moved[-6:].max() > 1.0


def test_a_bend(tmp_path: Path, song: Path, generator: Path) -> None:
    folder = follow(tmp_path / "copy", "liveviz/bending/nudge.py")
    known = run(folder, "mapping", "show", "default", home=tmp_path).stdout
    assert "bend.nudge" in known and "/liveviz/bend/nudge" in known
    words = ("--backend", "reference", "--model", generator)
    bent = frames(folder, tmp_path, song, "[set]\nbend.nudge = { value = 0.5, layer = 16 }", *words)
    rest = frames(folder, tmp_path, song, "[set]\nbend.nudge = { value = 0.0, layer = 16 }", *words)
    plain = frames(folder, tmp_path, song, "", *words)
    assert differ(rest, plain).max() == 0.0 and differ(bent, plain).min() > 1.0


def test_an_effect(tmp_path: Path, song: Path) -> None:
    folder = follow(tmp_path / "copy", "shaders/ink.fs")
    known = run(folder, "mapping", "show", "default", home=tmp_path).stdout
    assert "post.ink.amount" in known and "post.ink.tint" in known and "/liveviz/post/ink/tint" in known
    plain = frames(folder, tmp_path, song, "", "--backend", "testcard")
    ink = frames(folder, tmp_path, song, "[set]\npost.ink.amount = 1.0", "--backend", "testcard")
    assert np.abs((255 - ink) - plain).mean() < 8.0 < differ(ink, plain).min()


def test_a_backend(tmp_path: Path, generator: Path) -> None:
    folder = follow(tmp_path / "copy", "liveviz/engine/backends/plain.py")
    drawn = {}
    for name in ("plain", "reference"):
        out = tmp_path / f"{name}.npy"
        done = run(folder, "still", generator, "-o", out, "--seed", 3, "--backend", name, home=tmp_path)
        assert done.returncode == 0, done.stderr
        drawn[name] = np.load(out)
    np.testing.assert_allclose(drawn["plain"], drawn["reference"], atol=1e-5)
    figures = tmp_path / "bench.json"
    words = ("--backend", "plain", "--model", generator, "--frames", 10, "--json", figures)
    done = run(folder, "bench", *words, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(figures.read_text())["backends"]["plain"]["fps"] > 0


def test_a_class_of_images(tmp_path: Path) -> None:
    folder = follow(tmp_path / "copy", "liveviz/learning/pictures/rings.py")
    words = ("--classes", "rings", "--count", 2, "--size", 64, "-o", tmp_path / "drawn")
    done = run(folder, "dataset", "draw", *words, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "drawn").glob("rings-*.png"))) == 2


@pytest.mark.live
def test_a_sink(tmp_path: Path) -> None:
    folder = follow(tmp_path / "copy", "liveviz/outputs/sinks/colours.py")
    out, stats = tmp_path / "colours.txt", tmp_path / "stats.json"
    words = ["demo", "--backend", "testcard", "--headless", "--size", "160x90", "--osc", "none", "--midi", "none"]
    words += ["--seconds", "2", "--sink", f"colours:{out}", "--stats", str(stats)]
    done = run(folder, "play", *words, home=tmp_path)
    assert done.returncode == 0 and f"written: {out}" in done.stderr, done.stderr
    rows = np.loadtxt(out)
    presented = json.loads(stats.read_text())["frames"]["presented"]
    assert presented >= len(rows) > presented // 2 and (np.diff(rows[:, 0]) > 0).all()
    assert rows[:, 1:].std(axis=0).max() > 0.1 and 0.0 <= rows[:, 1:].min() <= rows[:, 1:].max() <= 255.0


def test_a_control_source(tmp_path: Path) -> None:
    folder = follow(tmp_path / "copy", "liveviz/inputs/control/sources/sensor.py")
    mapping, route = tmp_path / "show.toml", '[[route]]\nfrom = "sensor.{}"\nto = "truncation_psi"'
    mapping.write_text(SHOW.format(route.format(9)))
    assert run(folder, "mapping", "check", mapping, home=tmp_path).returncode == 1
    mapping.write_text(SHOW.format(route.format(3)))
    checked = run(folder, "mapping", "check", mapping, home=tmp_path)
    assert checked.returncode == 0, checked.stderr
    wrong = run(folder, "play", "demo", "--headless", "--control", "sensor:piano", home=tmp_path)
    assert wrong.returncode == 1 and "1 to 65535 is allowed" in wrong.stderr
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.bind(("127.0.0.1", 0))
        port = device.getsockname()[1]
    words = ("demo", "--backend", "testcard", "--headless", "--size", "160x90", "--osc", "none", "--midi", "none")
    more = ("--mapping", mapping, "--control", f"sensor:{port}", "--debug")
    with (
        LiveShow(tmp_path, *words, *more, env={"PYTHONPATH": str(folder)}, cwd=folder) as show,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device,
    ):
        show.wait_for("plays the demo song")

        def played() -> bool:
            device.sendto(b"3 0.75", ("127.0.0.1", port))
            device.sendto(b"three", ("127.0.0.1", port))
            return re.search(r"sensor\.3 0\.750 -> truncation_psi", show.said) is not None

        show.until(played, 20.0, "the sensor moves its parameter")
        show.interrupt()
    assert show.process.returncode == 0 and "Error" not in show.said, show.said
