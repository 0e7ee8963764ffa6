"""Files made to harm: each is refused in one line that says why, in a second and a gigabyte, and nothing in it runs."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import hostile_files
import pytest
from foreign_files import generator_module, stylegan, tensorflow
from heart import plain_generator, small
from hypothesis import given, settings
from hypothesis import strategies as st
from pickle_writer import pickled

from liveviz.models.importing import import_file
from liveviz.spec import LivevizError

HERE = Path(__file__).parent
SOAK = 100_000


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list]:
    """What a process of its own says of every file."""
    folder = tmp_path_factory.mktemp("hostile")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(HERE)}
    done = subprocess.run(
        [sys.executable, str(HERE / "hostile_reader.py"), str(folder)],
        capture_output=True, text=True, timeout=300, env=environment, cwd=HERE.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_there_are_enough_of_them(report: dict[str, list]) -> None:
    assert set(report) == set(hostile_files.files())
    assert len(report) >= 30


def test_every_one_is_refused_in_one_line_that_says_why(report: dict[str, list]) -> None:
    words = {name: answer for name, (_, answer) in hostile_files.files().items()}
    for name, (answer, _, _) in report.items():
        assert answer is not None, f"{name}: was taken"
        assert words[name] in answer, f"{name}: {answer}"
        assert answer.isprintable() and len(answer) < 400, name


def test_every_one_takes_little_time(report: dict[str, list]) -> None:
    slow = {name: seconds for name, (_, seconds, _) in report.items() if seconds > 5.0}  # a guard; 1 s is the goal
    assert not slow


def test_nothing_is_imported_run_or_opened(report: dict[str, list]) -> None:
    for name, (_, _, events) in report.items():
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


def _seeds() -> list[bytes]:
    """Good files of every container."""
    generator = plain_generator(small(16, channel_base=64, channel_max=4, z_dim=4, w_dim=4), 30)
    return [
        pickled({"G_ema": generator_module(generator)}),
        stylegan(
            plain_generator(small(16, architecture="stylegan3-t", num_layers=3, num_critical=1, channel_max=4), 31)
        ),
        tensorflow(generator),
        hostile_files.zipped_checkpoint(),
        b"".join(hostile_files.row()),
    ]


def _mutated(data: bytes, luck: random.Random) -> bytes:
    """The same with a few bytes changed, cut out, doubled or swapped, where opcodes are more often than where numbers are."""
    changed = bytearray(data)
    for _ in range(luck.choice((1, 1, 2, 4, 16))):
        at = luck.randrange(len(changed))
        length = luck.choice((1, 1, 2, 4, 8, 64))
        match luck.randrange(5):
            case 0:
                changed[at] = luck.randrange(256)
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length]
            case 3:
                changed[at : at + length] = luck.randbytes(length)
            case 4:
                other = luck.randrange(len(changed))
                changed[at : at + length] = changed[other : other + length]
        changed = changed or bytearray(b"\x80")
    return bytes(changed)


def _fuzz(path: Path, runs: int, seed: int) -> int:
    """How many of so many mutated files were taken."""
    luck, seeds = random.Random(seed), _seeds()
    return sum(_survives(path, _mutated(luck.choice(seeds), luck)) for _ in range(runs))


def test_mutated_files_are_taken_or_refused(tmp_path: Path) -> None:
    assert _fuzz(tmp_path / "mutated", 300, 1) < 300


@pytest.mark.soak
def test_a_hundred_thousand_mutated_files_are_taken_or_refused(tmp_path: Path) -> None:
    taken = _fuzz(tmp_path / "mutated", SOAK, 2)
    print(f"{SOAK} mutated files: {taken} taken, {SOAK - taken} refused")


CODES = b"NKJMG\x88\x89)(012}]tl\x85\x86\x87\x94qrhjc\x93R\x81\x92bsudae\x90QCX.B\x8a\x8f\x91"
OPCODES = st.sampled_from([bytes([code]) for code in CODES])
ARGUMENTS = st.sampled_from([b"\x8c\x01a", b"K\x01", b"ca\nb\n", b"cnumpy\ndtype\n"])
PIECES = st.one_of(OPCODES, OPCODES, ARGUMENTS, st.binary(max_size=6))


@settings(derandomize=True, max_examples=300, deadline=None)
@given(pieces=st.lists(PIECES, max_size=40))
def test_any_row_of_opcodes_is_refused(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]) -> None:
    path = tmp_path_factory.getbasetemp() / "opcodes"
    assert not _survives(path, b"\x80\x04" + b"".join(pieces) + b".")
