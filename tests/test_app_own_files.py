"""No file is lost: a command writes again what the same command wrote before, and nothing else; recordings are numbered."""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from live_show import LiveShow
from PIL import Image

from liveviz.cli.main import main
from liveviz.runtime import own_files, paths, settings
from liveviz.spec import LivevizError

NEW = ["model", "new", "--resolution", "16", "--channel-base", "64", "--channel-max", "8", "--seed", "1"]


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of noise."""
    path = tmp_path_factory.mktemp("song") / "song.wav"
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.05, (8000, 2)), 8000)
    return path


def foreign_png(path: Path) -> None:
    Image.new("RGB", (8, 8)).save(path)


def foreign_mp4(path: Path) -> None:
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        film.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        film.mux(stream.encode(None))


def foreign_safetensors(path: Path) -> None:
    raw = b'{"__metadata__":{"format":"pt"}}'
    path.write_bytes(len(raw).to_bytes(8, "little") + raw)


COMMANDS: list[tuple[list[str], str, Callable[[Path], object]]] = [
    (["still", "default", "--backend", "reference"], "x.png", foreign_png),
    (
        ["still", "default", "--backend", "reference"],
        "x.npy",
        lambda p: np.save(p, np.zeros((1, 3, 16, 16), np.float32)),
    ),
    (["render", "{song}", "--backend", "testcard", "--size", "64x64", "--fps", "5"], "x.mp4", foreign_mp4),
    (["analyze", "{song}"], "x.json", lambda p: p.write_text('{"sample_rate": 1}')),
    (["analyze", "{song}"], "x.png", foreign_png),
    (["control", "layout", "touchosc"], "x.tosc", lambda p: p.write_bytes(zlib.compress(b"<lexml/>"))),
    (
        ["control", "layout", "open-stage-control"],
        "x.json",
        lambda p: p.write_text('{"createdWith": "Open Stage Control"}'),
    ),
    (NEW, "x.safetensors", foreign_safetensors),
]


@pytest.mark.parametrize(("words", "name", "foreign"), COMMANDS, ids=[f"{c[0][0]} {c[1]}" for c in COMMANDS])
def test_only_what_the_same_command_wrote_is_replaced(
    words: list[str],
    name: str,
    foreign: Callable[[Path], object],
    song: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [word.replace("{song}", str(song)) for word in words]
    out = tmp_path / name
    foreign(out)
    before = out.read_bytes()
    assert main([*words, "-o", str(out)]) == 1
    assert "is there already" in capsys.readouterr().err and out.read_bytes() == before
    out.write_bytes(b"")  # as mktemp leaves it
    assert main([*words, "-o", str(out)]) == 0
    said = capsys.readouterr().err
    first = out.read_bytes()
    assert own_files.writer(out) == " ".join(words[: 2 if words[0] == "model" else 1]) and "earlier" not in said
    assert main([*words, "-o", str(out)]) == 0
    assert "in place of the earlier one" in capsys.readouterr().err and out.read_bytes() == first
    assert os.listdir(tmp_path) == [name]
    if name.endswith(".npy"):
        assert np.load(out).dtype == np.float32 and np.load(out, mmap_mode="r").ndim == 4


def test_a_render_never_replaces_a_recording(song: Path, tmp_path: Path) -> None:
    from liveviz.outputs.recorder import Recorder

    film = Recorder(tmp_path / "night.mp4", (64, 64), 5, None, live=False)
    film.write(np.zeros((64, 64, 3), np.uint8), 0.0)
    film.close()
    before = film.path.read_bytes()
    assert own_files.writer(film.path) == "play"
    assert main(["render", str(song), "-o", str(film.path), "--backend", "testcard"]) == 1
    assert film.path.read_bytes() == before
    render = ["render", str(film.path), "-o"]
    assert main([*render, str(film.path)]) in (1, 2) and film.path.read_bytes() == before


@pytest.mark.parametrize("option", ["--stats", "--record"])
def test_a_show_refuses_its_own_song(liveviz, song: Path, tmp_path: Path, option: str) -> None:
    mine = tmp_path / "song.wav"
    mine.write_bytes(song.read_bytes())
    for suffix in (".wav", ".json", ".mp4"):
        link = tmp_path / f"link{suffix}"
        link.hardlink_to(mine)
        done = liveviz("play", mine, option, link, "--headless", "--seconds", "1")
        assert done.returncode in (1, 2) and mine.read_bytes() == song.read_bytes(), done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.live
def test_two_evenings_on_one_name_and_figures_that_are_not_ours(home: Path, tmp_path: Path) -> None:
    night, stats = tmp_path / "night.mp4", tmp_path / "night.json"
    show = ["demo", "--headless", "--size", "64x64", "--fps", "10", "--backend", "testcard", "--midi", "none"]
    show += ["--osc", "none", "--seconds", "1.5", "--record", night, "--stats", stats]
    said, first = [], b""
    for _ in range(2):
        with LiveShow(home, *show, cwd=tmp_path) as run:
            assert run.end() == 0, run.said
            said.append(run.said)
        first = first or night.read_bytes()
    assert night.read_bytes() == first, "the first evening"
    assert f"written: {night.resolve()}\n" in said[0] and f"written: {tmp_path.resolve()}/night-2.mp4\n" in said[1]
    assert "night.mp4 is there already" in said[1] and "already" not in said[0]
    for path in (night, tmp_path / "night-2.mp4"):
        with av.open(str(path)) as film:
            assert len(list(film.decode(video=0))) > 3 and film.duration > 300_000
    assert json.loads(stats.read_text())["frames"]["presented"] > 5
    stats.write_text('{"frames": {"mine": 1}}')
    with LiveShow(home, *show, cwd=tmp_path) as run:
        assert run.end() == 1 and "night.json is there already" in run.said
    assert stats.read_text() == '{"frames": {"mine": 1}}' and not (tmp_path / "night-3.mp4").exists()


def test_images_to_learn_from_replace_nobody_s(tmp_path: Path) -> None:
    draw = ["dataset", "draw", "--classes", "fog,sunset", "--count", "2", "--size", "16", "-o", str(tmp_path)]
    draw[3] = "sunset"
    foreign_png(tmp_path / "sunset-00001.png")
    before = (tmp_path / "sunset-00001.png").read_bytes()
    assert main(draw) == 1 and os.listdir(tmp_path) == ["sunset-00001.png"]
    assert (tmp_path / "sunset-00001.png").read_bytes() == before
    (tmp_path / "sunset-00001.png").unlink()
    assert main(draw) == 0 and main(draw) == 0 and len(os.listdir(tmp_path)) == 2


def test_a_run_of_training_takes_no_other_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle/card.toml").write_text("mine")
    assert main(["train", "--pictures", "-o", str(tmp_path)]) == 1
    assert "is of no run" in capsys.readouterr().err and (tmp_path / "bundle/card.toml").read_text() == "mine"


def test_settings_that_somebody_wrote_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "path", lambda: tmp_path / "settings.toml")
    settings.keep_latency_offset("a", 0.01)
    settings.keep_latency_offset("b", 0.02)
    assert os.listdir(tmp_path) == ["settings.toml"] and settings.latency_offset("a") == 0.01
    mine = "[latency_offset_ms]\na = 10,0  # ten\n"
    (tmp_path / "settings.toml").write_text(mine)
    settings.keep_latency_offset("b", 0.03)
    assert (tmp_path / "settings-2.toml").read_text() == mine and settings.latency_offset("b") == 0.03


def test_free_names(tmp_path: Path) -> None:
    names = [own_files.claim(tmp_path / "a.mp4").name for _ in range(3)]
    assert names == ["a.mp4", "a-2.mp4", "a-3.mp4"]
    (tmp_path / "b.mp4").symlink_to("nowhere")
    assert own_files.claim(tmp_path / "b.mp4").name == "b-2.mp4"
    with pytest.raises(LivevizError, match="cannot be written"):
        own_files.claim(tmp_path / "no" / "c.mp4")


@pytest.mark.parametrize("name", ["x.png", "x.mp4", "x.json", "x.npy", "x.safetensors", "x.wav"])
def test_what_is_no_such_file_is_nobody_s(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    text = b"tEXtSoftware\0liveviz still"
    chunk = (len(text) - 4).to_bytes(4, "big") + text + zlib.crc32(text).to_bytes(4, "big")
    for content in (b"x", b"\0" * 5000, b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xff" + chunk, chunk):
        path.write_bytes(content)
        assert own_files.writer(path) == ""
        with pytest.raises(LivevizError, match="is there already"):
            paths.check_writable(path, "out", command="still")


def test_a_name_that_is_taken_while_it_renders(song: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.mp4"
    words = ["render", song, "-o", out, "--backend", "testcard", "--size", "640x480", "--fps", "60"]
    run = subprocess.Popen([sys.executable, "-m", "liveviz", *map(str, words)], stderr=subprocess.PIPE)
    while not [*tmp_path.glob(".*.mp4")]:
        assert run.poll() is None
    out.write_text("mine")
    error = run.communicate(timeout=60)[1].decode()
    assert run.returncode == 1 and out.read_text() == "mine"
    with av.open(str(tmp_path / "x-partial.mp4")) as film:
        assert len(list(film.decode(video=0))) == 60 and "x-partial.mp4" in error
