"""What the commands do to files, and to what only looks like one: nothing of the user's is lost, nothing hangs, and a
mistake is one line."""

import contextlib
import io
import logging
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from heart import plain_generator, small
from waiting import wait_until

from liveviz.cli.commands import still
from liveviz.models import Card, open_model, pca, write_bundle
from liveviz.runtime import paths, progress
from liveviz.spec import LivevizError, UsageError
from liveviz.system.files import write_whole

QUICK = ["--backend", "testcard", "--size", "320x240", "--fps", "10", "--seed", "1"]


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of quiet noise."""
    path = tmp_path_factory.mktemp("song") / "song.wav"
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.05, (5 * 8000, 2)), 8000)
    return path


@pytest.fixture
def start(home: Path, root: Path):
    """Starts the command and leaves it running; `limit` bytes is the largest file it may write."""
    running: list[subprocess.Popen[bytes]] = []

    def run(*words: object, limit: int | None = None) -> subprocess.Popen[bytes]:
        def before() -> None:
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        process = subprocess.Popen(
            [sys.executable, "-m", "liveviz", *map(str, words)],
            env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")},
            cwd=root,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=before,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()


def frames(path: Path) -> int:
    """How many a player shows: it stops at an image that was cut in half."""
    count = 0
    with av.open(str(path)) as container, contextlib.suppress(av.error.InvalidDataError):
        for _ in container.decode(video=0):
            count += 1
    return count


def lines(error: bytes) -> list[str]:
    """What was said, less the bar."""
    return [line for line in error.decode().splitlines() if line.startswith("liveviz: ")]


def interrupt(process: subprocess.Popen[bytes], folder: Path, number: int) -> str:
    """Send the signal once a second or two are on the disk; the last line it said."""
    wait_until(
        lambda: process.poll() is not None or any(p.stat().st_size > 20_000 for p in folder.glob(".*.mp4")),
        60.0,
        "a video",
    )
    assert process.poll() is None
    process.send_signal(number)
    error = process.communicate(timeout=20)[1]
    assert process.returncode == 1 and b"Traceback" not in error
    return lines(error)[-1]


@pytest.mark.parametrize("missing", [1, 400, 0.4])
def test_a_disk_that_is_full_at_the_very_end_is_an_error(start, song: Path, tmp_path: Path, missing: float) -> None:
    whole = tmp_path / "whole.mp4"
    assert start("render", song, "-o", whole, *QUICK).wait(60) == 0
    size = whole.stat().st_size
    out = tmp_path / "out.mp4"
    process = start("render", song, "-o", out, *QUICK, limit=int(size * missing if missing < 1 else size - missing))
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    (line,) = lines(error)
    assert f"out: {out}: " in line and "File too large" in line and line.endswith(str(out))
    assert 0 < frames(out) <= 50 and not [*tmp_path.glob(".*")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_cut_render_never_replaces_a_video(start, song: Path, tmp_path: Path, number: int) -> None:
    for name in ("x-partial.mp4", "x.part.mp4", "x.mp4.part"):
        (tmp_path / name).write_text("mine")
    assert start("render", song, "-o", tmp_path / "x.mp4", *QUICK).wait(60) == 0
    words = ["render", "demo", "-o", tmp_path / "x.mp4", *QUICK[:2], "--size", "192x108"]
    line = interrupt(start(*words), tmp_path, number)
    left = tmp_path / "x-partial-2.mp4"
    assert line == f"liveviz: error: interrupted; what was rendered until then: {left}"
    assert frames(left) > 5
    assert sorted(p.name for p in tmp_path.iterdir() if p.read_bytes() == b"mine") == sorted(
        ["x-partial.mp4", "x.part.mp4", "x.mp4.part"]
    )
    assert frames(tmp_path / "x.mp4") == 50
    assert not [*tmp_path.glob(".*")]


def test_a_render_writes_through_a_link(liveviz, song: Path, tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    link = tmp_path / "link.mp4"
    link.symlink_to("films/old.mp4")
    for _ in range(2):
        done = liveviz("render", song, "-o", link, *QUICK)
        assert done.returncode == 0, done.stderr
    assert link.is_symlink() and frames(tmp_path / "films/old.mp4") == 50
    assert os.listdir(tmp_path / "films") == ["old.mp4"]


def test_render_without_a_reader_of_its_messages(song: Path, tmp_path: Path, start) -> None:
    process = start("render", song, "-o", tmp_path / "x.mp4", *QUICK)
    assert process.stderr is not None
    process.stderr.close()
    process.stderr = None
    assert process.wait(60) == 0
    assert frames(tmp_path / "x.mp4") == 50


@pytest.mark.parametrize("kind", ["broken", "closed", "none"])
def test_progress_never_ends_the_work(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    read, write = os.pipe()
    os.close(read)
    stream = os.fdopen(write, "w")
    if kind == "closed":
        stream.close()
    monkeypatch.setattr(sys, "stderr", None if kind == "none" else stream)
    clock = iter(range(100))
    monkeypatch.setattr(progress, "now", lambda: float(next(clock)))
    bar = progress.Progress(3.0, every_s=0.0)
    for step in range(3):
        bar.show(step, "of 3")
    bar.end()
    if kind == "broken":
        with pytest.raises(BrokenPipeError):
            os.write(write, b"the pipe really is of no use")
        os.dup2(os.open(os.devnull, os.O_WRONLY), write)
    stream.close()


def test_progress_does_not_flood_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    log, seconds = io.StringIO(), [0.0]
    monkeypatch.setattr(sys, "stderr", log)
    monkeypatch.setattr(progress, "now", lambda: seconds[0])
    for hours, most in ((1.0, 11), (24.0, 151), (0.01, 9)):
        bar = progress.Progress(1000.0)
        for step in range(1001):
            bar.show(step, f"step {step}")
            seconds[0] += 3.6 * hours
        bar.end()
        lines = log.getvalue().splitlines()
        assert 6 <= len(lines) <= most and "\r" not in log.getvalue() and "█" not in log.getvalue()
        firsts = zip(lines, ("  0%  step 2, ", " 10%  step 10"), strict=False)
        assert hours != 1.0 or all(line.startswith(words) for line, words in firsts)
        log.truncate(log.seek(0))


def test_the_probe_touches_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "x.png.part"
    mine.write_text("mine")
    assert paths.check_writable(tmp_path / "x.png", "out") == tmp_path / "x.png"
    assert mine.read_text() == "mine"
    mine.write_bytes(b"")
    paths.check_writable(tmp_path / "x.png", "out")
    assert os.listdir(tmp_path) == ["x.png.part"]
    long = tmp_path / ("x" * 249 + ".png")
    paths.check_writable(long, "out")
    write_whole(long, b"data")
    assert long.read_bytes() == b"data"
    with pytest.raises(LivevizError, match="File name too long"):
        paths.check_writable(tmp_path / ("x" * 252 + ".png"), "out")


@pytest.mark.parametrize("check", [paths.check_writable, write_whole])
def test_what_is_no_ordinary_file_is_refused(tmp_path: Path, check: Callable[[Path, object], object]) -> None:
    os.mkfifo(tmp_path / "fifo.png")
    (tmp_path / "link.png").symlink_to("fifo.png")
    (tmp_path / "null.png").symlink_to("/dev/null")
    for name in ("fifo.png", "link.png", "null.png"):
        with pytest.raises(LivevizError, match=f"{name}.*: it is no ordinary file"):
            check(tmp_path / name, "out" if check is paths.check_writable else b"data")
    assert len(os.listdir(tmp_path)) == 3 and not Path("/dev/null").is_file()


def test_write_whole_follows_links(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("new")
    write_whole(tmp_path / "link", b"1")
    write_whole(tmp_path / "link", b"2")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "new").read_bytes() == b"2"


def test_an_output_that_is_an_input_is_refused(liveviz, song: Path, tmp_path: Path) -> None:
    file = tmp_path / "in.wav"
    file.write_bytes(song.read_bytes())
    (tmp_path / "hard.mp4").hardlink_to(file)
    (tmp_path / "soft.json").symlink_to("in.wav")
    np.save(tmp_path / "z.npy", np.zeros((1, 64)))
    for words in (
        ["render", file, "-o", tmp_path / "hard.mp4"],
        ["analyze", file, "-o", tmp_path / "soft.json"],
        ["still", "default", "--z", tmp_path / "z.npy", "-o", tmp_path / "z.npy"],
        ["still", "default", "--c", tmp_path / "z.npy", "-o", tmp_path / "z.npy"],
    ):
        done = liveviz(*words)
        assert done.returncode == 2, done.stderr
        (line,) = done.stderr.splitlines()
        assert str(words[-1]) in line and "another name" in line
    assert file.read_bytes() == song.read_bytes()
    with pytest.raises(UsageError):
        paths.check_writable(file, "out", ["demo", "x" * 5000, str(file)])


def npy(path: Path, array: object) -> str:
    np.save(path, np.asarray(array))
    return str(path)


def forged(path: Path, header: bytes, data: bytes = b"") -> str:
    head = header + b" " * (-len(header) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + data)
    return str(path)


def claim(shape: str, dtype: str = "'<f4'") -> bytes:
    return f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}".encode()


def test_arrays_from_outside(tmp_path: Path) -> None:
    path = tmp_path / "z.npy"
    for good in (np.ones((2, 4), np.float16), np.ones((2, 4), np.int64), np.asfortranarray([[1.0, 2, 3, 4]] * 3)):
        found = still.read_array(npy(path, good), "z", 4)
        assert found.dtype == np.float32 and np.array_equal(found, good)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "make, says",
    [
        (lambda p: npy(p, np.full((1, 4), 1e300)), "not finite"),
        (lambda p: npy(p, np.full((1, 4), np.nan)), "not finite"),
        (lambda p: npy(p, np.zeros((1, 5))), r"\[n, 4\] are needed, this is float64 \[1, 5\]"),
        (lambda p: npy(p, np.zeros((0, 4))), "0 rows"),
        (lambda p: npy(p, np.zeros((1, 4), "M8[s]")), "are needed, this is datetime64"),
        (lambda p: npy(p, [["a", "b", "c", "d"]]), "are needed"),
        (lambda p: forged(p, claim("(4096, 4)", "'<f8'")), "is cut"),
        (lambda p: forged(p, claim("(99999999999, 4)")), "99999999999 rows"),
        (lambda p: forged(p, claim("(-1, 4)")), "-1 rows"),
        (lambda p: forged(p, claim("(1, 4)", "'|O'"), b"\x80\x04."), "are needed"),
        (lambda p: forged(p, b"(" * 5000), "not a .npy file"),
        (lambda p: forged(p, b"-" * 9000 + b"1"), "not a .npy file"),
        (lambda p: forged(p, b"{"), "not a .npy file"),
        (lambda p: forged(p, b"\n\nnot\nnumpy"), "not a .npy file"),
        (lambda p: p.write_bytes(b""), "not a .npy file"),
        (lambda p: p.write_bytes(b"PK\x03\x04" + bytes(90)), "not a .npy file"),
        (lambda p: os.mkfifo(p), "there is no such file"),
        (lambda p: p.mkdir(), "there is no such file"),
        (lambda p: None, "there is no such file"),
    ],
)
def test_a_bad_array_is_one_line(tmp_path: Path, make: Callable[[Path], object], says: str) -> None:
    make(tmp_path / "z.npy")
    with pytest.raises(LivevizError, match=says) as caught:
        still.read_array(str(tmp_path / "z.npy"), "z", 4)
    assert str(caught.value).startswith(f"z {tmp_path}/z.npy: ") and len(str(caught.value).splitlines()) == 1
    assert "unsafe" not in str(caught.value)


def test_npy_in_capitals(liveviz, tmp_path: Path) -> None:
    done = liveviz("still", "default", "-o", tmp_path / "X.NPY", "--backend", "reference")
    assert done.returncode == 0, done.stderr
    assert np.load(tmp_path / "X.NPY").ndim == 4 and os.listdir(tmp_path) == ["X.NPY"]


def test_nohup_stays(root: Path) -> None:
    code = (
        "import signal; from liveviz.cli import main as cli; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
        "cli.main(['mapping', 'list']); assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN; "
        "assert callable(signal.getsignal(signal.SIGTERM))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, timeout=60, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("closed", ["2>&-", "<&- >&- 2>&-", ">&-"])
def test_closed_streams(root: Path, song: Path, tmp_path: Path, closed: str) -> None:
    out = tmp_path / "x.json"
    command = f'exec "{sys.executable}" -m liveviz analyze "{song}" -o "{out}" {closed}'
    assert subprocess.run(["sh", "-c", command], cwd=root, timeout=60).returncode == 0
    assert out.read_bytes()[:1] == b"{" and out.read_bytes()[-1:] == b"}"
    command = f'exec "{sys.executable}" -m liveviz mapping list {closed}'
    assert subprocess.run(["sh", "-c", command], cwd=root, timeout=60, stdout=subprocess.DEVNULL).returncode == 0


def test_a_terminal_of_ascii(liveviz) -> None:
    done = liveviz("mapping", "show", "default", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert "?" in done.stdout


@pytest.mark.parametrize("place", ["/dev/null", "{tmp}/file", "{tmp}/file/deeper"])
def test_no_cache_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", place.replace("{tmp}", str(tmp_path)))
    said: list[str] = []
    monkeypatch.setattr(logging.getLogger("liveviz.runtime"), "warning", lambda text, *a: said.append(text % a))
    assert paths.cache() is None
    assert len(said) == 1 and "cannot be made" in said[0]


def test_commands_without_a_cache(liveviz, tmp_path: Path) -> None:
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/cache"}
    done = liveviz("still", "default", "-o", tmp_path / "x.png", env=nowhere)
    assert done.returncode == 0, done.stderr
    warning, written = done.stderr.splitlines()
    assert "warning: no cache" in warning and written == f"liveviz: written: {tmp_path / 'x.png'}"
    done = liveviz("doctor", env=nowhere)
    assert done.returncode == 0 and "without  cache" in done.stdout


@pytest.mark.parametrize("name", ["generator.safetensors", "card.toml", "directions.safetensors"])
def test_a_bundle_with_a_fifo_in_it_is_refused(tmp_path: Path, name: str) -> None:
    generator = plain_generator(small(16), 3)
    write_bundle(tmp_path, replace(generator, card=Card("x", False, "CC0-1.0", "y"), directions=pca(generator, 500, 4)))
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    signal.signal(signal.SIGALRM, lambda *_: pytest.fail("it hangs"))
    signal.alarm(10)
    try:
        with pytest.raises(LivevizError, match=f"{name}: cannot be read: it is no ordinary file"):
            open_model(tmp_path, [])
    finally:
        signal.alarm(0)
