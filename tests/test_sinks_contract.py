"""What every sink promises: it takes what its file declares and nothing else, it never makes the image wait, it says what
is wrong in one line, it ends in time. Every file in `sinks/` is run through all of it, and so is the one to copy."""

import contextlib
import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from live_show import LiveShow, read_stats
from numpy.typing import NDArray
from own_copy import copy, run
from waiting import nothing_may_happen_for, pace

import liveviz
from liveviz.outputs import sinks
from liveviz.outputs.sink import Pixels, PresentedFrame, ShowFormat, Sink, SinkChoice, SinkFile, SinkStats, Takes
from liveviz.spec import AudioBlock, LivevizError, UsageError

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone

FOLDER = Path(sinks.__file__).parent
FILES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
SIZE, WORKING, FPS, RATE = (320, 180), (160, 90), 30.0, 44100
SHOW = ShowFormat(SIZE, FPS, RATE)
A_FEW_MS = 0.008  # in the middle of them: what runs beside the test may cost single ones more
CLOSE_S = 3.0


class Frame(PresentedFrame):
    """A frame that notes what is asked of it."""

    def __init__(self, number: int, black: bool = False) -> None:
        self.asked: set[Pixels] = set()
        texture: object = None if black else object()
        super().__init__(number, 100.0 + number / FPS, SIZE, WORKING, texture, self._draw)  # type: ignore[arg-type]

    def _draw(self, enlarged: bool) -> NDArray[np.uint8]:
        width, height = SIZE if enlarged else WORKING
        return np.random.RandomState(self.number).randint(0, 256, (height, width, 3)).astype(np.uint8)

    def pixels(self, which: Pixels) -> NDArray[np.uint8]:
        self.asked.add(which)
        return super().pixels(which)


def block(number: int) -> AudioBlock:
    """The sound of one frame."""
    count = RATE // int(FPS)
    return AudioBlock(np.full((count, 2), 0.1, np.float32), RATE, 100.0 + (number + 1) / FPS)


def where(file: SinkFile, folder: Path) -> str:
    """A good place for it, from what its help says."""
    return str(folder / file.WHERE.lower()) if file.WHERE.startswith("FILE") else file.WHERE.lower()


def play(sink: Sink, file: SinkFile, numbers: range, pause: float = 0.01) -> list[float]:
    """Frames and sound as a stage hands them over; the seconds that each frame held it up."""
    took = []
    frame: Frame | None = None
    for number in numbers:
        if frame is not None:
            frame.expire()  # the last one stays, as at the end of a show
        frame = Frame(number, black=number % 8 == 5)
        began = time.perf_counter()
        sink.write(frame)
        if file.TAKES.sound:
            sink.write_sound(block(number))
        stats = sink.stats
        took.append(time.perf_counter() - began)
        assert isinstance(stats, SinkStats) and "\n" not in stats.error
        assert frame.asked <= {file.TAKES.pixels}, "only pixels that it declares"
        pace(pause)
    return took


def end(sink: Sink, timeout: float = CLOSE_S) -> float:
    """Finish and close it; the seconds that it took."""
    began = time.perf_counter()
    sink.finish()
    assert time.perf_counter() - began < 0.1
    sink.close(timeout)
    return time.perf_counter() - began


@pytest.fixture(params=FILES)
def file(request: pytest.FixtureRequest) -> SinkFile:
    return sinks.load(request.param)


def test_none_is_missing() -> None:
    assert sinks.names() == [name for name in FILES if not name.startswith("_")] != []
    assert len(sinks.usages()) == len(sinks.names()) and not any("broken" in usage for usage in sinks.usages())
    assert {"_template", "record", "still"} <= set(FILES)


def test_a_file_declares_itself(file: SinkFile) -> None:
    assert isinstance(file.TAKES, Takes) and file.HELP and "\n" not in file.HELP + file.WHERE
    assert file.WHERE == "" or file.WHERE.partition(".")[0].isupper()


def test_finding_them_loads_no_heavy_library() -> None:
    code = (
        "import sys; from liveviz.outputs import sinks; sinks.usages()\n"
        "print([m for m in ('moderngl', 'glfw', 'av', 'PIL', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_it_takes_frames_and_ends_in_time(file: SinkFile, tmp_path: Path) -> None:
    place = where(file, tmp_path)
    file.check_where(place)
    assert list(tmp_path.iterdir()) == [], "checking leaves nothing"
    sink = file.open_sink(place, SHOW)
    took = play(sink, file, range(24))
    assert sorted(took)[len(took) // 2] < A_FEW_MS and max(took) < 0.2, took
    assert end(sink) < CLOSE_S
    stats = sink.stats
    assert stats.error == "" and 1 <= stats.frames <= 24 and stats.frames + stats.dropped <= 24
    for path in map(Path, stats.written):
        assert path.is_absolute() and path.stat().st_size > 0
    before = stats
    play(sink, file, range(24, 26), 0.0)  # after its end: nothing happens
    sink.close(0.1)
    assert (sink.stats.frames, sink.stats.written, sink.stats.error) == (before.frames, before.written, "")


def test_nothing_that_is_there_is_written_over(file: SinkFile, tmp_path: Path) -> None:
    if not file.WHERE.startswith("FILE"):
        pytest.skip("it writes no file")
    place = Path(where(file, tmp_path))
    place.write_text("dear diary")
    for _ in range(2):
        sink = file.open_sink(str(place), SHOW)
        play(sink, file, range(3))
        end(sink)
        assert sink.stats.error == "" and sink.stats.written
    assert place.read_text() == "dear diary"
    assert {path.name for path in tmp_path.iterdir()} == {place.name, *(f"file-{n}{place.suffix}" for n in (2, 3))}


def test_without_a_frame_it_ends(file: SinkFile, tmp_path: Path) -> None:
    sink = file.open_sink(where(file, tmp_path), SHOW)
    assert end(sink) < CLOSE_S and sink.stats.frames == sink.stats.dropped == 0


@contextlib.contextmanager
def stuck(after: threading.Event) -> Iterator[set[int]]:
    """Every thread of liveviz's that is started in here hangs at its next call once `after` is set, as on a disk that has
    gone; the threads that do."""
    gate, hang = threading.Event(), set[int]()
    package = str(Path(liveviz.__file__).parent)

    def look(frame, event: str, argument: object) -> None:
        if event == "call" and after.is_set() and frame.f_code.co_filename.startswith(package):
            hang.add(threading.get_ident())
            gate.wait(30)

    threading.setprofile(look)
    try:
        yield hang
    finally:
        threading.setprofile(None)
        gate.set()


@pytest.mark.parametrize("first", [0, 6])
def test_a_thread_that_hangs_holds_nobody_up(file: SinkFile, tmp_path: Path, first: int) -> None:
    hangs = threading.Event()
    if not first:
        hangs.set()
    with stuck(hangs) as threads:
        sink = file.open_sink(where(file, tmp_path), SHOW)
        play(sink, file, range(first))
        hangs.set()
        took = play(sink, file, range(first, first + 60), 0.003)
        assert sorted(took)[30] < A_FEW_MS and max(took) < 0.2, took
        if threads:
            assert sink.stats.dropped > 30, "its queue has an end"
        assert end(sink, 0.4) < 1.0
        if threads:
            assert sink.stats.error and "\n" not in sink.stats.error
    nothing_may_happen_for(0.2)  # what hung comes to its end


def test_a_full_disk_is_one_line(file: SinkFile, tmp_path: Path) -> None:
    sink = file.open_sink(where(file, tmp_path), SHOW)
    play(sink, file, range(2))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
        took = play(sink, file, range(2, 62), 0.005)
        took_end = end(sink)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sorted(took)[30] < A_FEW_MS and max(took) < 0.2 and took_end < CLOSE_S
    assert bool(sink.stats.error) == file.WHERE.startswith("FILE") and "\n" not in sink.stats.error


def test_a_wrong_place_is_one_line(file: SinkFile, tmp_path: Path) -> None:
    name = file.__name__.rpartition(".")[2]  # type: ignore[attr-defined]
    if not name.startswith("_"):
        for text in [name, f"{name}:"] if file.WHERE else [f"{name}:x"]:
            with pytest.raises(UsageError, match="is written"):
                sinks.parse(text)
        assert sinks.parse(f"{name}:{where(file, tmp_path)}" if file.WHERE else name).name == name
    if file.WHERE.startswith("FILE"):
        ending = Path(file.WHERE).suffix
        (tmp_path / f"folder{ending}").mkdir()
        for bad, kind in [
            ("x.xyz", UsageError),
            (f"no/such/x{ending}", LivevizError),
            (f"folder{ending}", LivevizError),
        ]:
            with pytest.raises(kind) as caught:
                file.check_where(str(tmp_path / bad))
            assert bad in str(caught.value) and "\n" not in str(caught.value)
        with pytest.raises(LivevizError) as caught:  # it was good when the show began
            sink = file.open_sink(str(tmp_path / "gone" / f"x{ending}"), SHOW)
            play(sink, file, range(2))
            end(sink)
            raise LivevizError(sink.stats.error)
        assert "gone" in str(caught.value) and "\n" not in str(caught.value)


def test_all_together_read_every_frame_once(tmp_path: Path) -> None:
    files = [sinks.load(name) for name in FILES]
    opened = [
        (f, f.open_sink(where(f, tmp_path / f.__name__), SHOW))
        for f in files
        if (tmp_path / f.__name__).mkdir() is None
    ]  # type: ignore[attr-defined]
    kinds = {f.TAKES.pixels for f in files} - {Pixels.NONE}
    reads = []
    for number in range(12):
        frame = Frame(number)
        for _, sink in opened:
            sink.write(frame)
        reads.append(frame.read_backs)
        pace(0.02)
    for _, sink in opened:
        end(sink)
    assert max(reads) <= len(kinds) and sum(reads) >= 6
    assert [sink.stats.error for _, sink in opened] == [""] * len(opened)


@pytest.mark.parametrize("text", ["nonsense", "nonsense:x.mp4", ":x.mp4", "_template:x.txt", ""])
def test_an_unknown_name_says_what_there_is(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        sinks.parse(text)
    assert "record:FILE.mp4" in str(caught.value) and "\n" not in str(caught.value)
    assert sinks.parse("record:a:b.mp4") == SinkChoice("record", "a:b.mp4")


NEW = '''"""watch: what comes, a line each."""

import json
from pathlib import Path

from liveviz.outputs.sink import Pixels, SinkStats, Takes

WHERE = "FILE.json"
HELP = "what comes"
TAKES = Takes(Pixels.WORKING, texture=True)


def check_where(where):
    pass


def open_sink(where, show):
    return Watch(Path(where), show)


class Watch:
    def __init__(self, path, show):
        self.path, self.size, self.seen = path, show.size, []

    def write(self, frame):
        pixels = frame.pixels(Pixels.WORKING)
        again = frame.pixels(Pixels.WORKING)
        fits = frame.black or frame.texture.size == frame.working_size == pixels.shape[1::-1]
        same = pixels is again and fits
        self.seen.append([frame.number, frame.time, frame.read_backs, same, int(pixels.astype(int).sum())])

    @property
    def stats(self):
        return SinkStats(frames=len(self.seen))

    def finish(self):
        pass

    def close(self, timeout):
        self.path.write_text(json.dumps(self.seen))
'''


def test_a_new_file_gets_every_frame_without_a_second_read_back(tmp_path: Path) -> None:
    folder = copy(tmp_path / "copy")
    home = folder / "liveviz" / "outputs" / "sinks"
    (home / "watch.py").write_text(NEW)
    (home / "tripped.py").write_text(
        NEW.replace("        pixels =", "        raise KeyError('no such door')\n        pixels =")
    )
    (home / "half.py").write_text('"""half: of a file."""\nWHERE = ""\n')
    listed = run(folder, "play", "--sink", "nonsense", home=tmp_path)
    assert listed.returncode == 2 and len(listed.stderr.splitlines()) == 1
    for usage in ("watch:FILE.json (what comes)", "half (broken)", "still:FILE.png"):
        assert usage in listed.stderr
    broken = run(folder, "play", "--sink", "half", home=tmp_path)
    assert broken.returncode == 1 and "has no HELP, TAKES, check_where, open_sink" in broken.stderr
    film, seen, stats = tmp_path / "film.mp4", tmp_path / "seen.json", tmp_path / "stats.json"
    words = ["demo", "--backend", "testcard", "--headless", "--size", "320x180", "--osc", "none", "--midi", "none"]
    words += ["--seconds", "3", "--record", film, "--stats", stats, "--debug"]
    words += ["--sink", f"watch:{seen}", "--sink", "tripped:x.json", "--sink", f"still:{tmp_path / 'last.png'}"]
    with LiveShow(tmp_path, *words, env={"PYTHONPATH": str(folder)}, cwd=folder) as show:
        assert show.end() == 0, show.said
    frames = json.loads(seen.read_text())
    presented = read_stats(stats)["frames"]["presented"]
    assert presented > 30 and [frame[0] for frame in frames] == list(range(presented))
    assert {(reads, same) for _, _, reads, same, _ in frames} == {(1, True)}
    assert len({total for *_, total in frames}) > presented // 4, "the image moves"
    assert f"sinks: {presented} frames presented, {presented} read back" in show.said
    assert show.said.count("tripped: KeyError: 'no such door'; the show goes on without it") == 1
    assert f"written: {film}" in show.said and f"written: {tmp_path / 'last.png'}" in show.said
    with av.open(str(film)) as opened:
        assert sum(1 for _ in opened.decode(video=0)) > presented // 2
    assert sorted(p.name for p in folder.glob("*.mp4")) == [], "what was asked for, and nothing else"
