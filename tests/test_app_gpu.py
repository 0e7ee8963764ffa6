"""What is done on a GPU, done small on the CPU, with nothing installed but NumPy and PyTorch; and, marked gpu, its checks
on a card."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from liveviz.bench.copies import host_copies
from liveviz.bench.gpu import opengl, right, teach
from liveviz.bench.gpu.__main__ import STEP_NAMES
from liveviz.bench.gpu.report import Report
from liveviz.bending import ops

BARE = """
import sys
ABSENT = {"safetensors", "openvino", "aubio", "sounddevice", "soundfile", "mido", "pylibremidi", "pythonosc", "glfw",
          "moderngl", "av", "PIL", "platformdirs", "matplotlib", "tensorrt_rtx_bindings", "scipy", "triton"}
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name.split(".")[0] in ABSENT else real(name, package)
sys.meta_path.insert(0, Absent())
from liveviz.bench.gpu.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def run(*words: str, folder: Path, root: Path, bare: bool = True) -> subprocess.CompletedProcess:
    start = ["-c", BARE] if bare else ["-m", "liveviz.bench.gpu"]
    environment = {**os.environ, "OUT": str(folder / "out"), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    command = [sys.executable, *start, *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=environment, cwd=folder, check=False
    )


def test_every_step_runs_where_there_is_only_numpy_and_torch(tmp_path: Path, root: Path) -> None:
    done = run("--cpu", "fast", "train", "images", "tensorrt", "opengl", folder=tmp_path, root=root)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "out" / "gpu.json").read_text())
    assert found["machine"]["gpu"] == "none" and found["machine"]["torch"]
    assert set(found) == {"machine", "rows", "fast", "train", "images", "tensorrt", "opengl"}
    assert {"32"} == set(found["fast"]["sizes"])
    said = {what: value for _, what, value, _ in found["rows"]}
    assert said["OpenGL"] == "not run: moderngl is not installed" and said["module"].startswith("none")
    generator = tmp_path / "out" / "generator.safetensors"
    assert 0 < generator.stat().st_size < 16 * 2**20 and list((tmp_path / "out").glob("sheet_*.png"))


def test_the_checks_pass_in_small_on_the_cpu(tmp_path: Path) -> None:
    report = Report(tmp_path, "cpu", small=True)
    report.run("right", right.run)
    assert report.failed == 0, report.rows
    assert {f"bend {name}: 99 % of the levels within" for name in ops()} <= {row[1] for row in report.rows}


def test_the_image_of_another_process_is_compared_in_the_texture(tmp_path: Path) -> None:
    report = Report(tmp_path, "cpu", small=True)
    report.run("opengl", opengl.run)
    said = {what: (value, verdict) for _, what, value, verdict in report.rows}
    way, verdict = said["the texture is the image that was drawn"]
    assert verdict == "ok" and way == "from host memory (backend cuda draws there)" and report.failed == 0
    assert "not counted" in said["copies of an image between GPU and host, a frame"][0]


def test_copies_of_an_image_are_told_from_all_others() -> None:
    def copy(name: str, size: int) -> dict:
        return {"ph": "X", "cat": "gpu_memcpy", "name": f"Memcpy {name}", "args": {"stream": 7, "bytes": size}}

    mine = [copy("HtoD (Pinned -> Device)", 900), copy("DtoD (Device -> Device)", 4096)]
    there_and_back = [copy("DtoH (Device -> Pinned)", 4096), copy("HtoD (Pageable -> Device)", 4096)]
    other = {"cat": "kernel", "name": "Memcpy HtoD", "args": {"bytes": 4096}}
    assert host_copies({"traceEvents": [other]}, 4096) is None
    assert host_copies({"traceEvents": [*mine, other]}, 4096) == 0
    assert host_copies({"traceEvents": mine + there_and_back}, 4096) == 2


def test_a_step_that_fails_costs_no_other(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    report = Report(tmp_path, "cpu", small=True)

    def broken(_: Report) -> None:
        raise RuntimeError("CUDA error: out of memory\nmore of it")

    report.run("fast", broken)
    report.run("train", lambda r: r.say("pictures", 3, True))
    assert report.rows == [
        ("fast", "RuntimeError", "CUDA error: out of memory", "BAD"),
        ("train", "pictures", "3", "ok"),
    ]
    assert report.failed == 1 and "out of memory" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "gpu.json").read_text())["rows"]) == 2


def test_without_a_gpu_it_says_so_in_one_line(tmp_path: Path, root: Path) -> None:
    done = run(folder=tmp_path, root=root, bare=False)
    if done.returncode == 0 or "python" in done.stdout:
        pytest.skip("there is an NVIDIA GPU here")
    assert done.returncode == 1 and done.stderr.startswith("no GPU to run on: ") and done.stderr.count("\n") == 1
    done = run("quickly", folder=tmp_path, root=root, bare=False)
    assert done.returncode == 2 and f"one of {', '.join(STEP_NAMES)}" in done.stderr


def test_large_files_come_back_in_pieces(tmp_path: Path) -> None:
    data = os.urandom(100) * (teach.PIECE_BYTES // 50)
    (tmp_path / "large").write_bytes(data)
    made = teach.pieces(tmp_path / "large", tmp_path / "out")
    assert len(made) == 2 and b"".join(p.read_bytes() for p in made) == data
    assert all(p.stat().st_size < 16 * 2**20 for p in made)


@pytest.mark.gpu
@pytest.mark.parametrize("path", right.fixtures(), ids=lambda p: p.name)
def test_every_fixture_on_the_card(path: Path) -> None:
    assert right.fixture(path, "cuda") <= right.HALF_TOLERANCE
    assert right.fixture(path, "cuda", "f32") <= 2e-3


@pytest.mark.gpu
def test_bends_on_the_card() -> None:
    assert max(right.bends("cuda").values()) <= right.TOLERATED_LEVELS
    assert right.identity("cuda")


@pytest.mark.gpu
def test_replay_on_the_card() -> None:
    assert right.replay("cuda")


@pytest.mark.gpu
def test_memory_on_the_card() -> None:
    host, device = right.memory("cuda", 10_000)
    assert host < 64 and device < 1


@pytest.mark.gpu
def test_kernels_on_the_card(tmp_path: Path) -> None:
    pytest.importorskip("triton")
    report = Report(tmp_path, "cuda", small=False)
    right.kernels(report)
    assert report.failed == 0 and len(report.rows) == 4


@pytest.mark.gpu
def test_a_show_hands_its_images_over_on_the_card(tmp_path: Path) -> None:
    report = Report(tmp_path, "cuda", small=False)
    opengl.run(report)
    assert report.failed == 0, report.rows
