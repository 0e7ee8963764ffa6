"""Files made to harm: each is refused in one line that says why, in a second and a gigabyte, and nothing in it runs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import hostile_files
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.models.importing import import_file
from liveviz.spec import LivevizError

HERE = Path(__file__).parent
SOAK = 100_000


def _child(program: str, *args: object) -> Any:
    """What a process of its own prints, as JSON."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}",
    }
    done = subprocess.run(
        [sys.executable, str(HERE / program), *map(str, args)],
        capture_output=True, text=True, timeout=7200, env=environment, cwd=HERE.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list]:
    """What a process of its own says of every file."""
    return _child("hostile_reader.py", tmp_path_factory.mktemp("hostile"))


def test_there_are_enough_of_them(report: dict[str, list]) -> None:
    assert set(report) == set(hostile_files.files())
    assert len(report) >= 30


def test_every_one_is_refused_in_one_line_that_says_why(report: dict[str, list]) -> None:
    words = {name: answer for name, (_, answer) in hostile_files.files().items()}
    for name, (answer, _, _, _) in report.items():
        assert answer is not None, f"{name}: was taken"
        assert words[name] in answer, f"{name}: {answer}"
        assert answer.isprintable() and len(answer) < 400, name


def test_every_one_takes_little_time(report: dict[str, list]) -> None:
    slow = {name: seconds for name, (_, seconds, _, _) in report.items() if seconds > 5.0}  # a guard; 1 s is the goal
    assert not slow
    name, (_, seconds, _, _) = max(report.items(), key=lambda item: item[1][1])
    largest = max(report, key=lambda name: report[name][2])
    print(f"{len(report)} files; slowest: {name}, {seconds:.2f} s; most memory: {largest}, {report[largest][2]:.0f} MB")


def test_nothing_is_imported_run_or_opened(report: dict[str, list]) -> None:
    for name, (_, _, _, events) in report.items():
        assert set(events) <= {"open"}, f"{name}: {events}"  # the file itself
    assert not Path("/tmp/liveviz-was-here").exists()


def _survives(path: Path, data: bytes) -> bool:
    """Whether the file is taken; anything but a generator or one clear line fails the test."""
    path.write_bytes(data)
    try:
        generator, _ = import_file(path)
    except LivevizError as error:
        assert str(error).startswith(f"{path}: ")
        assert str(error).isprintable()
        return False
    assert set(generator.weights) == set(generator.config.shapes())
    return True


def _fuzz(folder: Path, runs: int, number: int, size: str) -> None:
    """Run `hostile_fuzz` in a process of its own; nothing may go wrong there."""
    report = _child("hostile_fuzz.py", folder, runs, number, size)
    print(
        f"{runs} mutated files: {report['outcomes']}; slowest {report['slowest']:.3f} s, {report['megabytes']:.0f} MB"
    )
    assert sum(report["outcomes"].values()) == runs
    assert report["wrong"] == []
    assert report["heard"] == []
    assert report["megabytes"] < 1024.0


def test_mutated_files_are_taken_or_refused(tmp_path: Path) -> None:
    _fuzz(tmp_path, 2000, 1, "small")


@pytest.mark.soak
def test_a_hundred_thousand_mutated_files_are_taken_or_refused(tmp_path: Path) -> None:
    """The shared fixtures among them."""
    _fuzz(tmp_path, SOAK, 2, "large")


CODES = b"NKJMG\x88\x89)(012}]tl\x85\x86\x87\x94qrhjc\x93R\x81\x92bsudae\x90QCX.B\x8a\x8f\x91"
OPCODES = st.sampled_from([bytes([code]) for code in CODES])
ARGUMENTS = st.sampled_from([b"\x8c\x01a", b"K\x01", b"ca\nb\n", b"cnumpy\ndtype\n"])
PIECES = st.one_of(OPCODES, OPCODES, ARGUMENTS, st.binary(max_size=6))


@settings(derandomize=True, max_examples=300, deadline=None)
@given(pieces=st.lists(PIECES, max_size=40))
def test_any_row_of_opcodes_is_refused(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]) -> None:
    path = tmp_path_factory.getbasetemp() / "opcodes"
    assert not _survives(path, b"\x80\x04" + b"".join(pieces) + b".")
