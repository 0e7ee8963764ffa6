"""`train`, `dataset draw` and `model sheet` as a user meets them: what is written, what Ctrl+C does, who is left behind."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from waiting import wait_until

from liveviz.cli.main import make_parser
from liveviz.learning import TrainOptions, TrainStage, train
from liveviz.learning.checkpoint import METADATA_KEY
from liveviz.learning.pictures import programs
from liveviz.learning.procedural.run import Run
from liveviz.learning.staged import CHECKPOINT_FILE
from liveviz.models import Card, MappingNetwork, new, small_config, write
from liveviz.models.tensors import Container
from liveviz.reports.model_sheet import COLUMN_COUNT, SHEET_PSI, looks, sections
from liveviz.spec import ws_range

SHORT, LONG = "32:2:4:0.004:0.002:1", "32:100000:4:0.004:0.002:1"
GUARD = 90.0  # seconds; only so that nothing hangs


def image(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_dataset_draw(liveviz, tmp_path: Path) -> None:
    done = liveviz("dataset", "draw", "--count", "22", "--size", "16", "--seed", "5", "-o", tmp_path / "a")
    assert done.returncode == 0, done.stderr
    found = Counter(re.fullmatch(r"(\w+)-(\d{5})\.png", p.name)[1] for p in (tmp_path / "a").iterdir())
    assert set(found) == set(programs()) and sum(found.values()) == 22 and max(found.values()) == 2
    assert image(tmp_path / "a" / "lotus-00000.png").shape == (16, 16, 3)
    assert np.ptp(image(tmp_path / "a" / "lotus-00000.png")) > 60
    some = ["dataset", "draw", "--classes", "dunes,aurora", "--size", "16"]
    for name, count, seed in (("b", 5, 5), ("c", 2, 6)):
        words = [*some, "--count", str(count), "--seed", str(seed), "-o", str(tmp_path / name)]
        args = make_parser("dataset").parse_args(words)
        assert args.run(args) == 0
    names = sorted(p.name for p in (tmp_path / "b").iterdir())
    assert names == [
        f"{c}-{n:05}.png" for c, n in (("aurora", 0), ("aurora", 1), ("dunes", 0), ("dunes", 1), ("dunes", 2))
    ]
    for name in ("aurora-00000.png", "aurora-00001.png", "dunes-00000.png"):  # whatever else was asked for
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    same = [(tmp_path / f / "dunes-00000.png").read_bytes() for f in ("b", "c")]
    assert same[0] != same[1]


@pytest.fixture(scope="module")
def trained(liveviz, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of two steps. It begins with the network of another, which learned its palettes in a
    few steps: the thousands that the command takes are half a minute."""
    start, folder = (tmp_path_factory.mktemp("trained") / name for name in ("start", "run"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "export", lambda run: None)
        train(TrainOptions(folder=start, stages=(TrainStage(32, 1, 4, (0.004, 0.002)),), palette_steps=5), lambda: 0.0)
    done = liveviz("train", "--pictures", "-o", folder, "--stages", SHORT, "--start", start)
    assert done.returncode == 0 and f"begun with the network of {start / CHECKPOINT_FILE}" in done.stderr, done.stderr
    return folder


def test_train_and_again(liveviz, trained: Path, tmp_path: Path) -> None:
    assert {p.name for p in trained.iterdir()} == {"bundle", "sheet_000002.png", CHECKPOINT_FILE}
    assert "atlas, aurora" in liveviz("model", "info", trained / "bundle").stdout
    words = ["train", "--pictures", "-o", trained, "--stages", SHORT]
    again = liveviz(*words)
    assert again.returncode == 0 and "resumed at step 2" in again.stderr
    (tmp_path / CHECKPOINT_FILE).write_bytes((trained / CHECKPOINT_FILE).read_bytes()[:-9])
    cut = liveviz("train", "--pictures", "-o", tmp_path, "--stages", SHORT)
    assert cut.returncode == 1 and len(cut.stderr.splitlines()) == 1
    assert CHECKPOINT_FILE in cut.stderr and "is cut" in cut.stderr


class Training:
    """A `liveviz train` in a process group of its own, so that it can be sent what a terminal sends."""

    def __init__(self, words: list[str], root: Path, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "liveviz", *words],
            cwd=root,
            env={**os.environ, "HOME": str(home)},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_for_worker(self) -> psutil.Process:
        return wait_until(psutil.Process(self.process.pid).children, GUARD, "a worker", look=0.1)[0]

    def wait_for_line(self, pattern: str) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if re.search(pattern, line):
                return line
        raise AssertionError(f"it ended without {pattern!r}")


def gone(worker: psutil.Process) -> bool:
    try:
        worker.wait(GUARD)
    except psutil.NoSuchProcess:
        return True
    return not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE


def test_ctrl_c_and_a_kill_leave_nobody_behind(trained: Path, tmp_path: Path, root: Path, home: Path) -> None:
    (tmp_path / "run").mkdir()
    shutil.copy(trained / CHECKPOINT_FILE, tmp_path / "run")
    words = ["train", "--pictures", "-o", str(tmp_path / "run"), "--workers", "2", "--stages", SHORT, LONG]
    first = Training(words, root, home)
    worker = first.wait_for_worker()
    line = first.wait_for_line("left$")
    assert re.search(r"step \d+, 32 px \d+/100000, error 0\.\d+, \d+ images/s", line)
    os.killpg(first.process.pid, signal.SIGINT)
    lines = [line for line in first.process.communicate(timeout=GUARD)[1].splitlines() if "left" not in line]
    assert first.process.returncode == 1 and gone(worker)
    assert len(lines) == 1 and "this goes on: liveviz train" in lines[0], lines
    step = json.loads(Container(tmp_path / "run" / CHECKPOINT_FILE).metadata[METADATA_KEY])["step"]
    assert step > 2
    second = Training(shlex.split(lines[0].partition("goes on: liveviz ")[2]), root, home)
    worker = second.wait_for_worker()
    second.wait_for_line(f"resumed at step {step}$")
    second.process.kill()
    second.process.communicate(timeout=GUARD)
    assert gone(worker)


def test_sheet(liveviz, tmp_path: Path) -> None:
    write(tmp_path / "m.safetensors", new(small_config(16, 256, 16, 3), 1))
    done = liveviz("model", "sheet", tmp_path / "m.safetensors", "-o", tmp_path / "s.png")
    assert done.returncode == 0, done.stderr
    pixels = image(tmp_path / "s.png")
    assert pixels.shape[0] > 3 * pixels.shape[1] > 3000 and len(np.unique(pixels)) > 100


def test_a_knob_is_shown_on_the_class_that_it_moves_most() -> None:
    generator = new(small_config(16, 256, 16, 3), 1)
    asked: list[np.ndarray] = []

    def painter(ws: np.ndarray) -> np.ndarray:  # both ends of a knob, knob by knob, class by class
        cls, knob = divmod(len(asked), 16)
        asked.append(ws)
        far = 1.0 if (cls, knob) == (2, 1) else 0.1 * (3 - cls)
        return np.broadcast_to(np.float32([0.0, far])[:, None, None, None], (2, 3, 2, 2))

    along = next(part.strips for part in sections(generator, painter) if part.title == "PCA directions")
    assert sum(len(ws) for ws in asked) == looks(generator)
    assert [strip.label.endswith("in class 2") for strip in along] == [n == 1 for n in range(16)]
    mapping = MappingNetwork(generator)
    for n, strip in enumerate(along):
        rest = mapping.ws(mapping.w(2, 2 if n == 1 else 0)[None], SHEET_PSI)
        np.testing.assert_array_equal(strip.ws[COLUMN_COUNT // 2], rest[0])
        np.testing.assert_allclose(asked[(32 if n == 1 else 0) + n], strip.ws[[0, -1]], atol=1e-5)


@pytest.mark.parametrize("classes", [0, 1, 2, 40])
def test_what_is_on_a_sheet(classes: int) -> None:
    generator = new(small_config(64, 256, 16, classes), 1)
    found = {part.title: [strip.ws for strip in part.strips] for part in sections(generator)}
    config = generator.config
    assert all(ws.shape == (COLUMN_COUNT, config.num_ws, config.w_dim) for rows in found.values() for ws in rows)
    assert len(found["64 images"]) == 8 and len(found["PCA directions"]) == 16
    assert len(found.get("Classes", ())) == min(classes, 32)
    assert ("Ways between classes" in found) == (classes > 1)
    upper, lower, *mixed = found["Mixing"]
    for index, ws in enumerate(mixed):
        for row in range(config.num_ws):
            np.testing.assert_array_equal(ws[:, row], (lower if ws_range(row) == index else upper)[:, row])
    for way in [*found.get("Ways", ()), *found.get("Ways within a class", ()), *found.get("Ways between classes", ())]:
        np.testing.assert_allclose(np.diff(way, axis=0), (way[-1:] - way[:1]).repeat(7, 0) / 7, atol=1e-5)
        assert np.abs(way[-1] - way[0]).max() > 0.1
    for along in found["PCA directions"]:
        assert np.linalg.matrix_rank(along[:, 0] - along[0, 0], tol=1e-4) == 1


def test_names_on_a_sheet_are_the_card_s() -> None:
    card = Card("x", True, "CC0-1.0", "here", "", ("fog", "rain"))
    generator = replace(new(small_config(16, 256, 16, 2), 1), card=card)
    labels = {part.title: [strip.label for strip in part.strips] for part in sections(generator)}
    assert labels["Classes"] == ["fog", "rain"]
    assert set(labels["Ways between classes"]) == {"fog\nto rain", "rain\nto fog"}
