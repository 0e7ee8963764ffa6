"""What was recorded is decoded again: every image, its colours, its time, the sound beside it; also after a full disk,
a kill in the middle and an encoder that is too slow."""

import os
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from waiting import GUARD_S, pace, wait_until

from liveviz.outputs import recorder as module
from liveviz.outputs.recorder import HELD_SECONDS, Recorder
from liveviz.spec import LivevizError

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone

COLOURS = [(200, 40, 30), (30, 180, 60), (40, 60, 220), (128, 128, 128)]


def quadrants(width: int = 160, height: int = 96) -> NDArray[np.uint8]:
    pixels = np.zeros((height, width, 3), np.uint8)
    for i, colour in enumerate(COLOURS):
        top, left = (i // 2) * (height // 2), (i % 2) * (width // 2)
        pixels[top : top + height // 2, left : left + width // 2] = colour
    return pixels


def decode(path: Path) -> tuple[list[NDArray[np.uint8]], list[float]]:
    """Images as RGB and their times; a cut end is the end."""
    frames, times = [], []
    with av.open(str(path)) as film:
        try:
            for frame in film.decode(film.streams.video[0]):
                frames.append(frame.to_ndarray(format="rgb24"))
                times.append(float(frame.time))
        except av.FFmpegError:
            pass
    return frames, times


def decode_sound(path: Path) -> tuple[NDArray[np.float32], int, float]:
    """Samples [channels, n], their rate, the time of the first."""
    with av.open(str(path)) as film:
        pieces = list(film.decode(film.streams.audio[0]))
    return np.concatenate([p.to_ndarray() for p in pieces], axis=1), pieces[0].sample_rate, float(pieces[0].time)


@pytest.mark.parametrize("live", [False, True])
def test_images_come_back_in_number_order_size_and_colour(tmp_path: Path, live: bool) -> None:
    film = Recorder(tmp_path / "a.mp4", (160, 96), 25, None, live=live)
    for i in range(20):
        pixels = quadrants()
        pixels[40:56, 8 * i : 8 * i + 8] = 255
        film.write(pixels, 7.0 + i / 25)
        if live:
            pace(0.01)
    film.close(10.0)
    assert film.error is None
    frames, times = decode(film.path)
    assert len(frames) == 20 - film.dropped and (live or film.dropped == 0)
    assert frames[0].shape == (96, 160, 3)
    if film.dropped == 0:
        assert times == pytest.approx([i / 25 for i in range(20)], abs=1e-3)
        for i, frame in enumerate(frames):
            bright = frame[44:52].astype(int).sum(axis=(0, 2)).argmax()
            assert 8 * i - 2 <= bright <= 8 * i + 9
    for (y, x), colour in zip([(20, 40), (20, 120), (76, 40), (76, 120)], COLOURS, strict=True):
        assert np.abs(frames[-1][y, x].astype(int) - colour).max() <= 6
    with av.open(str(film.path)) as opened:
        stream = opened.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == Fraction(25)


def test_where_the_show_had_no_image_the_film_repeats_one(tmp_path: Path) -> None:
    """A film of a constant rate: players and editors show 30 of 30 images a second, whatever the show managed."""
    path = tmp_path / "a.mp4"
    film = Recorder(path, (160, 96), 30, None)

    def write(level: int, time: float) -> None:
        """Until it is taken: what waits for the encoder when the next one comes seconds later would be old."""

        def taken() -> bool:
            before = film.dropped
            film.write(np.full((96, 160, 3), level, np.uint8), time)
            return film.dropped == before

        wait_until(taken, GUARD_S, "taken")

    slots = [0, 1, 4, 5, 11, 12]
    for number, slot in enumerate(slots):
        write(40 * number, 7.0 + slot / 30)
    write(250, 7.0 + 12 / 30 + HELD_SECONDS + 1.0)  # it was stopped: a gap
    film.close()
    frames, times = decode(path)
    assert times == pytest.approx([*(slot / 30 for slot in range(13)), 12 / 30 + HELD_SECONDS + 1.0], abs=1e-3)
    shown = [max(n for n, slot in enumerate(slots) if slot <= place) for place in range(13)]
    np.testing.assert_allclose([frame.mean() for frame in frames[:-1]], [40 * n for n in shown], atol=6)


@pytest.mark.parametrize(("size", "kept"), [((161, 97), (160, 96)), ((2, 2), (2, 2)), ((3, 5), (2, 4))])
def test_an_odd_last_row_is_left_out(tmp_path: Path, size: tuple[int, int], kept: tuple[int, int]) -> None:
    film = Recorder(tmp_path / "a.mp4", size, 30, None, live=False)
    for i in range(3):
        film.write(np.full((size[1], size[0], 3), 80, np.uint8), i / 30)
    film.close()
    frames, _ = decode(film.path)
    assert film.error is None and len(frames) == 3 and frames[0].shape == (kept[1], kept[0], 3)
    with pytest.raises(ValueError, match="expected uint8"):
        film.write(np.zeros((9, 9, 4), np.uint8), 0.0)


def test_images_of_another_size_fill_the_film_with_the_same_colours(tmp_path: Path) -> None:
    film = Recorder(tmp_path / "a.mp4", (320, 192), 30, None, live=False)
    for n, size in enumerate([(160, 96), (2, 2), (91, 55), (640, 384)]):
        image = np.kron(np.array([[0, 1], [2, 3]]), np.ones((size[1] // 2, size[0] // 2), int))
        image = np.pad(image, [(0, size[1] % 2), (0, size[0] % 2)], mode="edge")
        film.write(np.array(COLOURS, np.uint8)[image], n / 30)
    film.close()
    frames, _ = decode(film.path)
    assert film.error is None and [frame.shape for frame in frames] == [(192, 320, 3)] * 4
    for frame in frames:
        for (y, x), colour in zip([(20, 40), (20, 280), (170, 40), (170, 280)], COLOURS, strict=True):
            assert np.abs(frame[y, x].astype(int) - colour).max() <= 6


def record_song(path: Path, rate: int, channels: int, live: bool = False, first: float = 0.0) -> Recorder:
    """2 s at 30 fps; a flash and a click at 1 s; sound before images in every tick, as a show has it."""
    film = Recorder(path, (64, 48), 30, rate, channels, live=live)
    done = 0
    for i in range(60):
        while (done + 512) / rate <= (i + 1) / 30:
            n = np.arange(done, done + 512)
            done += 512
            click = ((n >= rate) & (n < rate + rate // 100)) * 0.8 * np.sin(n * 0.3)
            film.write_audio(np.repeat(click[:, None], channels, axis=1).astype(np.float32), first + done / rate)
        film.write(np.full((48, 64, 3), 255 if i == 30 else 10, np.uint8), first + i / 30)
        if live:
            pace(0.004)
    film.close(10.0 if live else None)
    return film


@pytest.mark.parametrize(
    ("rate", "channels", "live"), [(44100, 2, False), (48000, 1, True), (37800, 2, False), (192000, 6, False)]
)
def test_sound_and_image_stay_together(tmp_path: Path, rate: int, channels: int, live: bool) -> None:
    film = record_song(tmp_path / "a.mp4", rate, channels, live, first=1000.0)
    assert film.error is None and film.dropped == 0
    frames, times = decode(film.path)
    samples, decoded_rate, start = decode_sound(film.path)
    assert samples.shape[0] == min(channels, 2)
    flash = next(t for f, t in zip(frames, times, strict=True) if f.mean() > 200)
    click = start + np.flatnonzero(np.abs(samples[0]) > 0.2)[0] / decoded_rate
    assert flash == pytest.approx(1.0, abs=1e-3)
    assert click == pytest.approx(1.0, abs=0.004)
    assert samples.shape[1] / decoded_rate == pytest.approx(2.0, abs=0.06)


def test_missing_sound_becomes_silence_of_that_length(tmp_path: Path) -> None:
    film = Recorder(tmp_path / "a.mp4", (64, 48), 30, 48000, 1, live=False)
    tone = (0.5 * np.sin(np.arange(24000) * 0.1)).astype(np.float32)[:, None]
    for i in range(60):
        film.write(np.full((48, 64, 3), 9, np.uint8), i / 30)
        if i == 14:
            film.write_audio(tone, 0.5)  # ends at 0.5 s
        if i == 59:
            film.write_audio(np.where(tone > 0, np.nan, tone), 2.0)
    film.close()
    samples, rate, _ = decode_sound(film.path)
    loud = np.abs(samples[0]).reshape(-1, 1024).max(axis=1) > 0.2
    times = np.flatnonzero(loud) * 1024 / rate
    assert not ((times > 0.55) & (times < 1.45)).any() and (times < 0.45).any() and (times > 1.55).any()
    assert np.isfinite(samples).all()


def test_the_same_input_gives_the_same_file(tmp_path: Path) -> None:
    first, second = (record_song(tmp_path / name, 44100, 2).path for name in ("a.mp4", "b.mp4"))
    assert first.read_bytes() == second.read_bytes()
    assert all(np.array_equal(a, b) for a, b in zip(decode(first)[0], decode(second)[0], strict=True))


def test_live_never_blocks_and_counts_what_it_drops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    image = module.Mp4.image

    def slow(self: module.Mp4, pixels: NDArray[np.uint8], when: float) -> None:
        gate.wait(20)
        image(self, pixels, when)

    monkeypatch.setattr(module.Mp4, "image", slow)
    film = Recorder(tmp_path / "a.mp4", (64, 48), 30, 48000, 2, live=True)
    for i in range(100):  # returns although nothing is encoded; a blocking write would never get here
        film.write(np.full((48, 64, 3), i, np.uint8), i / 30)
        film.write_audio(np.zeros((1600, 2), np.float32), i / 30)
    assert 85 <= film.dropped <= 95
    gate.set()
    film.close(20.0)
    frames, _ = decode(film.path)
    assert film.error is None and len(frames) == 100 - film.dropped


def test_a_hanging_disk_does_not_hold_up_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(module.Mp4, "image", lambda *_: gate.wait(20))
    film = Recorder(tmp_path / "a.mp4", (64, 48), 30, None, live=True)
    film.write(np.zeros((48, 64, 3), np.uint8), 0.0)
    film.close(0.2)
    assert not gate.is_set() and film.error is not None and "not finished" in film.error
    film.write(np.zeros((48, 64, 3), np.uint8), 1.0)  # after the end: nothing happens
    film.close()
    gate.set()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    for path in (tmp_path / "nowhere" / "a.mp4", tmp_path / "folder.mp4"):
        with pytest.raises(LivevizError) as caught:
            Recorder(path, (64, 48), 30, 48000)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    for size, fps, rate in [((0, 0), 30, None), ((64, 48), 0, None), ((64, 48), 30, 1)]:
        with pytest.raises(LivevizError, match="cannot record"):
            Recorder(tmp_path / "a.mp4", size, fps, rate)


NOISE = """
import resource, sys, time
import numpy as np
from liveviz.outputs.recorder import Recorder
path, limit, live, count = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "live", int(sys.argv[4])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
film = Recorder(path, (320, 240), 30, 48000, 2, live=live)
noise = np.random.RandomState(0).randint(0, 256, (8, 240, 320, 3)).astype(np.uint8)
for i in range(count):
    film.write_audio(np.full((1600, 2), 0.1, np.float32), (i + 1) / 30)
    film.write(noise[i % 8].copy(), i / 30)
    print(i, film.error, film.dropped, flush=True)
    if live:
        time.sleep(0.012)  # the pace of a show
film.close()
print("closed", film.error, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
@pytest.mark.parametrize("mode", ["live", "offline"])
def test_a_full_disk_stops_the_recording_once_and_keeps_what_was_written(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.mp4"
    limit = 3_000_000
    done = subprocess.run(
        [sys.executable, "-c", NOISE, str(path), str(limit), mode, "120"], capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith("closed recording to") and str(path) in last and "File too large" in last
    reasons = {line.split(" ", 1)[1].rsplit(" ", 1)[0] for line in done.stdout.splitlines()[:-1]}
    assert len(reasons) == 2, "None, then one and the same line"
    assert path.stat().st_size <= limit
    frames, _ = decode(path)
    assert len(frames) >= 25


def test_no_room_at_all(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    path = tmp_path / "a.mp4"
    path.symlink_to("/dev/full")
    with pytest.raises(LivevizError, match="No space left"):
        Recorder(path, (64, 48), 30, None, live=False)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_killed_recording_can_be_played(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    child = subprocess.Popen([sys.executable, "-c", NOISE, str(path), "0", "live", "100000"], stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        for line in child.stdout:
            number, _, dropped = line.decode().split()
            if int(number) - int(dropped) >= 110:
                break
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10)
        child.stdout.close()
    frames, times = decode(path)
    assert len(frames) >= 30
    assert times == sorted(times) and frames[0].shape == (240, 320, 3)
    samples, rate, _ = decode_sound(path)
    assert samples.shape[1] / rate == pytest.approx(times[-1], abs=1.2)


TIMED = """
import sys, time
import numpy as np
from liveviz.outputs.recorder import Recorder
path, fps = sys.argv[1], float(sys.argv[2])
film = Recorder(path, (320, 240), fps, 48000, 2, live=True)
noise = np.random.RandomState(0).randint(0, 256, (240, 320, 3)).astype(np.uint8)
print("ready", flush=True)
begun = time.monotonic()
heard = shown = 0
while True:
    t = time.monotonic() - begun
    while heard / 48000 < t:
        heard += 960
        film.write_audio(np.full((960, 2), 0.1, np.float32), heard / 48000)
    if shown <= t * fps:
        film.write(np.roll(noise, shown, 1), shown / fps)
        shown += 1
    print(t, flush=True)
    time.sleep(0.01)  # the pace of a show
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_killed_recording_loses_a_second_at_most_at_any_rate(tmp_path: Path) -> None:
    rates = [1, 2, 5, 15, 30]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", TIMED, tmp_path / f"{r}.mp4", str(r)], stdout=subprocess.PIPE, text=True
        )
        for r in rates
    ]
    lived = []
    try:
        for number, child in enumerate(children):
            assert child.stdout is not None and child.stdout.readline() == "ready\n"
            until = 3.93 + 0.21 * number  # just before an image is due, too
            t = 0.0
            while t < until:
                t = float(child.stdout.readline())
            child.kill()
            lived.append(max([t, *map(float, child.stdout.read().split()[:-1])]))  # the last number may be cut
    finally:
        for child in children:
            child.kill()
            child.wait(10)
            assert child.stdout is not None
            child.stdout.close()
    for rate, until in zip(rates, lived, strict=True):
        _, times = decode(tmp_path / f"{rate}.mp4")
        assert until - 1.0 < times[-1] + 1 / rate, f"at {rate} a second, killed after {until:.2f} s: {times[-1]:.2f}"
        samples, hertz, _ = decode_sound(tmp_path / f"{rate}.mp4")
        assert samples.shape[1] / hertz > until - 1.0


def probe(path: Path, *words: str) -> str:
    return subprocess.run(
        ["ffprobe", "-v", "error", *words, "-of", "csv=p=0", path], check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize(("live", "fps"), [(True, 30), (True, 2), (False, 30), (False, 2)])
def test_a_finished_recording_says_how_long_it_is_and_can_be_sought(tmp_path: Path, live: bool, fps: int) -> None:
    film = Recorder(tmp_path / "a.mp4", (64, 48), fps, 48000, live=live)
    for i in range(6 * fps):
        film.write_audio(np.zeros((48000 // fps, 2), np.float32), (i + 1) / fps)
        film.write(np.full((48, 64, 3), 40 * (i // fps), np.uint8), i / fps)
        pace(0.01 * live)
    film.close(10.0 if live else None)
    assert film.error is None and module.written_by(film.path) == "play" and module.playable(film.path)
    durations = probe(film.path, "-show_entries", "format=duration:stream=duration").split()
    assert [float(d) for d in durations] == pytest.approx([6.0] * 3, abs=0.1)
    with av.open(str(film.path)) as opened:
        for second in (4, 1, 3):  # on the way there an image each second stands by itself
            opened.seek(second * 1_000_000)
            frame = next(opened.decode(video=0))
            assert second - 1.01 <= frame.time <= second
            assert abs(int(frame.to_ndarray(format="rgb24").mean()) - 40 * int(frame.time + 1e-6)) <= 4


@pytest.mark.parametrize("size", [(1080, 1920), (5760, 1080), (3840, 2160)])
def test_a_short_large_recording_on_a_busy_machine_plays(tmp_path: Path, size: tuple[int, int]) -> None:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        film = Recorder(tmp_path / "a.mp4", size, 30, 48000, live=True)
        pixels = np.random.RandomState(0).randint(0, 256, (size[1] // 8, size[0] // 8, 3)).astype(np.uint8)
        pixels = np.ascontiguousarray(pixels.repeat(8, 0).repeat(8, 1))
        begun = time.monotonic()
        while (t := time.monotonic() - begun) < 1.0:
            film.write_audio(np.zeros((1600, 2), np.float32), t)
            film.write(pixels, t)
            pace(1 / 30)
        film.close(4.0)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert module.playable(film.path), film.error
    assert film.error is None and decode(film.path)[0][0].shape == (size[1], size[0], 3)


def test_what_does_not_play_is_not_called_a_film(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("dear diary " * 99)
    film = Recorder(tmp_path / "none.mp4", (64, 48), 30, 48000, live=False)
    film.close()
    for path in tmp_path.iterdir():
        assert not module.playable(path)
    assert not module.playable(tmp_path / "missing.mp4")
