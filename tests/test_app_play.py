"""Whole shows, live, in their real processes: no display, a real window on an X server, real OSC, children killed."""

import contextlib
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
import soundfile
from live_show import LiveShow, ask, free_port, read_stats, screenshot
from PIL import Image
from pythonosc.osc_message_builder import OscMessageBuilder
from waiting import nothing_may_happen_for, pace, wait_until

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone

QUIET = ("--midi", "none", "--osc", "none")
SMALL = ("--size", "320x180")


def osc(address: str, *values: float) -> bytes:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(float(value))
    return builder.build().dgram


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of clicks at 120 bpm over a chord, 44.1 kHz."""
    path = tmp_path_factory.mktemp("song") / "clicks.wav"
    t = np.arange(4 * 44100) / 44100
    sound = 0.1 * sum(np.sin(2 * np.pi * f * t) for f in (261.6, 329.6, 392.0))
    sound += 0.6 * np.exp(-40 * (t % 0.5)) * np.random.default_rng(5).normal(size=t.size)
    soundfile.write(path, np.clip(sound, -1, 1).astype(np.float32), 44100)
    return path


def decode(path: Path) -> tuple[list[np.ndarray], float]:
    """All frames of a video as RGB arrays, and the seconds of its sound; up to where it was cut off."""
    frames, heard = [], 0.0
    with av.open(str(path)) as container, contextlib.suppress(av.error.InvalidDataError):
        for frame in container.decode(video=0):
            frames.append(frame.to_ndarray(format="rgb24"))
    with av.open(str(path)) as container, contextlib.suppress(av.error.InvalidDataError):
        for frame in container.decode(audio=0) if container.streams.audio else ():
            heard += frame.samples / frame.sample_rate
    return frames, heard


def test_a_song_without_a_display_leaves_a_video_behind(home: Path, song: Path, tmp_path: Path) -> None:
    stats = tmp_path / "stats.json"
    with LiveShow(home, song, *SMALL, "--stats", stats, cwd=tmp_path) as show:
        assert show.end(60) == 0, show.said
        said = show.said
    video, still = tmp_path / "liveviz-clicks.mp4", tmp_path / "liveviz-clicks.png"
    assert "headless" in said and str(video.name) in said and str(still.name) in said
    lines = said.splitlines()
    assert len(lines) <= 24 and all(line.startswith("liveviz: ") for line in lines), said  # a screen, and nobody else's
    assert f"with the show default and the generator {read_stats(stats)['engine']['model']}, by openvino in " in said
    for words in ("plays clicks.wav ", "at 30 images a second, 320x180", f"video: {video}, and its last image"):
        assert words in said
    follow = re.search(r"on another machine: ssh \S+ (tail .+) \| ffplay -$", said, re.MULTILINE)
    assert follow and str(video) in follow[1] and "ends with the song or with Ctrl+C" in said
    frames, heard = decode(video)
    assert frames[0].shape == (180, 320, 3)
    with av.open(str(video)) as film:
        rate, base = film.streams.video[0].average_rate, film.streams.video[0].time_base
        places = [float(p.pts * base * 30) for p in film.demux(video=0) if p.pts is not None]
    np.testing.assert_allclose(places, range(len(places)), atol=0.01)  # at its stated rate, and none missing
    assert len(frames) == len(places) and float(rate) == pytest.approx(30.0, abs=0.01)
    assert 60 <= len(frames) <= 125
    assert heard > 2.0
    assert max(np.abs(a.astype(int) - b).mean() for a, b in zip(frames[10:], frames[40:], strict=False)) > 3.0
    last = np.asarray(Image.open(still).convert("RGB")).astype(int)
    assert np.abs(last - frames[-1]).mean() < 20 and last.std() > 10
    figures = read_stats(stats)
    assert figures["audio"]["source"] == "clicks.wav" and figures["audio"]["sample_rate"] == 44100
    assert figures["engine"]["backend"] == "openvino"
    assert set(figures["latency_ms"]["audio_to_frame"]) == {"p50", "p95", "p99"}
    assert set(figures["frames"]["interval_ms"]) == set(figures["engine"]["ms"]) == {"p50", "p95", "p99"}
    assert set(figures["control"]["osc"]) == {"received", "applied", "rejected", "dropped"}
    assert set(figures["control"]["midi"]) == {"received", "applied", "rejected", "reconnects"}


def test_osc_moves_the_show(home: Path, tmp_path: Path) -> None:
    stats, port = tmp_path / "stats.json", free_port()
    args = ("demo", "--headless", *SMALL, "--backend", "testcard", "--midi", "none", "--osc", f"127.0.0.1:{port}")
    with LiveShow(home, *args, "--stats", stats, cwd=tmp_path) as show:
        show.plays()
        show.until(lambda: ask(port, "/liveviz/truncation_psi") is not None, 20, "it listens")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for position in (0.0, 0.5, 1.0):
                sender.sendto(osc("/liveviz/truncation_psi", position), ("127.0.0.1", port))
            sender.sendto(b"#bundle\0" + bytes(8) + b"\xff\xff\xff\xfc", ("127.0.0.1", port))  # size -4
            sender.sendto(b"garbage", ("127.0.0.1", port))
            for n in range(20_000):
                sender.sendto(osc(f"/nobody/{n % 7}", n), ("127.0.0.1", port))
        show.until(lambda: ask(port, "/liveviz/truncation_psi") == pytest.approx(1.0), 20, "it has moved, and answers")
        pace(0.5)  # what is counted is said four times a second
        show.interrupt()
        assert show.process.returncode == 0, show.said
    counted = read_stats(stats)["control"]["osc"]
    assert counted["applied"] >= 1
    assert counted["rejected"] >= 2
    assert counted["received"] > 1000


@pytest.mark.parametrize("room", ["audio", "control", "engine", "stage"])
def test_whoever_dies_comes_back(home: Path, tmp_path: Path, room: str) -> None:
    stats, port, second_tape = tmp_path / "stats.json", free_port(), tmp_path / "liveviz-demo-2.mp4"
    args = ("demo", "--headless", *SMALL, "--midi", "none", "--osc", f"127.0.0.1:{port}", "--debug", "--stats", stats)
    acts = {
        "control": lambda: ask(port, "/liveviz/truncation_psi") is not None,
        "engine": lambda: show.said.count("pictures: from host memory") == 2,
        "stage": lambda: second_tape.exists() and second_tape.stat().st_size > 20_000,
    }
    with LiveShow(home, *args, cwd=tmp_path) as show:
        show.plays()
        first = show.child(room)
        os.kill(first, signal.SIGKILL)
        show.until(lambda: show.child(room) != first, 20, f"{room} again")
        show.until(acts.get(room, lambda: True), 20, f"{room} does its work again")
        nothing_may_happen_for(3.0 if room == "audio" else 1.0)
        assert show.process.poll() is None
        assert show.interrupt() < 4.0
        assert show.process.returncode == 0, show.said
    figures = read_stats(stats)
    assert figures["restarts"][{"audio": "ears", "control": "hands"}.get(room, room)] == 1
    assert figures["frames"]["presented"] > 20
    assert figures["audio"]["hops"] > 200


def test_a_broken_mapping_does_not_outlive_a_crash(home: Path, tmp_path: Path, root: Path) -> None:
    """The file is broken, then engine and stage die: the last good show comes back."""
    show_file, stats = tmp_path / "mine.toml", tmp_path / "stats.json"
    show_file.write_text((root / "mappings/default.toml").read_text())
    args = ("demo", "--headless", *SMALL, *QUIET, "--backend", "testcard", "--mapping", show_file, "--debug")
    with LiveShow(home, *args, "--stats", stats, cwd=tmp_path) as show:
        show.plays()
        show_file.write_text("version = ")
        show.wait_for("mine.toml:1: ", timeout=3)
        os.kill(show.child("engine"), signal.SIGKILL)
        show.until(lambda: show.said.count("pictures: from host memory") == 2, 20, "engine again")
        os.kill(show.child("stage"), signal.SIGKILL)
        second_tape = tmp_path / "liveviz-demo-2.mp4"
        show.until(lambda: second_tape.exists() and second_tape.stat().st_size > 5_000, 20, "stage again")
        assert show.said.count("it is started again") == 2, show.said
        show_file.unlink()
        show.wait_for("cannot be read", timeout=5)
        show.interrupt()
    assert read_stats(stats)["frames"]["presented"] > 20
    assert sorted(p.name for p in tmp_path.glob("*.mp4")) == ["liveviz-demo-2.mp4", "liveviz-demo.mp4"]
    for tape in tmp_path.glob("*.mp4"):
        assert str(tape) in show.said
        assert len(decode(tape)[0]) > 5


def test_nothing_of_ours_is_overwritten_unasked(home: Path, song: Path, tmp_path: Path) -> None:
    precious = [tmp_path / name for name in ("liveviz-clicks.mp4", "liveviz-clicks-2.png")]
    for path in precious:
        path.write_text("precious")
    args = (song, *SMALL, *QUIET, "--backend", "testcard", "--seconds", "1")
    with LiveShow(home, *args, cwd=tmp_path) as show:
        assert show.end(30) == 0, show.said
    assert [path.read_text() for path in precious] == ["precious", "precious"]
    assert len(decode(tmp_path / "liveviz-clicks-2.mp4")[0]) > 5
    assert (tmp_path / "liveviz-clicks-2-2.png").exists()


def test_a_show_that_was_stopped_goes_on(home: Path, tmp_path: Path) -> None:
    """Ctrl+Z and fg: nobody could say anything meanwhile, so nobody hangs."""
    args = ("demo", "--headless", *SMALL, *QUIET, "--backend", "testcard", "--debug")
    with LiveShow(home, *args, cwd=tmp_path) as show:
        show.plays()
        os.killpg(show.process.pid, signal.SIGSTOP)
        nothing_may_happen_for(7.0)  # who says nothing for 6 s has hung
        os.killpg(show.process.pid, signal.SIGCONT)
        nothing_may_happen_for(2.0)
        assert "started again" not in show.said, show.said
        show.interrupt()
        assert show.process.returncode == 0, show.said


def test_ctrl_c_while_recording_leaves_a_playable_file(home: Path, tmp_path: Path) -> None:
    video = tmp_path / "live.mp4"
    with LiveShow(home, "demo", "--headless", *SMALL, *QUIET, "--debug", "--record", video, cwd=tmp_path) as show:
        show.until(lambda: video.exists() and video.stat().st_size > 20_000, 30, "a growing recording")
        children = psutil.Process(show.process.pid).children(recursive=True)
        assert show.interrupt() < 2.5
        assert show.process.returncode == 0, show.said
        # Python's own resource tracker ends when it sees its pipe closed, a moment after the show
        assert not psutil.wait_procs(children, timeout=5)[1]
    frames, heard = decode(video)
    assert len(frames) > 10 and heard > 0.3


@pytest.mark.parametrize("after", [0.2, 0.6, 1.2, 2.5])
def test_ctrl_c_at_any_moment(home: Path, tmp_path: Path, after: float) -> None:
    with LiveShow(home, "demo", "--headless", *SMALL, *QUIET, cwd=tmp_path) as show:
        pace(after)
        assert show.interrupt() < 2.5
        ours = "init_import_site" not in show.said  # Python itself was still starting
        assert not ours or "Traceback" not in show.said, show.said


def test_a_killed_parent_leaves_nobody_behind(home: Path, tmp_path: Path) -> None:
    with LiveShow(home, "demo", "--headless", *SMALL, *QUIET, "--debug", cwd=tmp_path) as show:
        show.plays()
        children = psutil.Process(show.process.pid).children(recursive=True)
        assert len(children) >= 4
        show.process.kill()
        show.process.wait()
        _, alive = psutil.wait_procs(children, timeout=8)
        assert [p for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []


def test_saving_the_mapping_changes_the_show(home: Path, tmp_path: Path, root: Path) -> None:
    mapping = tmp_path / "mine.toml"
    good = (root / "mappings/default.toml").read_text()
    mapping.write_text(good)
    args = ("demo", "--headless", *SMALL, *QUIET, "--backend", "testcard", "--mapping", mapping)
    with LiveShow(home, *args, cwd=tmp_path) as show:
        show.plays()
        mapping.write_text("version = 1\n[[route]]\nfrom = 'rms'\nto = 'truncation_psy'\n")
        show.wait_for("mine.toml:4: ", timeout=3)
        assert "truncation_psi" in show.said and "goes on" in show.said
        mapping.write_text(good + "\n# saved again\n")
        show.wait_for("loaded again", timeout=3)
        assert show.interrupt() < 4.0


def test_a_disk_that_fills_up_stops_the_tape_and_not_the_show(home: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", disk]).returncode != 0:
        pytest.skip("a small disk can only be mounted by root")
    try:
        video, stats = disk / "live.mp4", tmp_path / "stats.json"
        with LiveShow(home, "demo", "--headless", *QUIET, "--record", video, "--stats", stats, cwd=tmp_path) as show:
            show.wait_for("record:", timeout=60)
            nothing_may_happen_for(1.0)
            assert show.process.poll() is None
            show.interrupt()
            assert show.process.returncode == 0 and "goes on" in show.said
        assert read_stats(stats)["frames"]["presented"] > 30
        assert len(decode(video)[0]) > 5
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.parametrize(
    "args, says",
    [
        (("no-such-device",), "no-such-device"),
        (("/no/such/song.wav",), "/no/such/song.wav"),
        (("pyproject.toml",), "pyproject.toml"),
        (("demo", "--midi", "no-such-port"), "no-such-port"),
    ],
)
def test_a_show_that_cannot_start_says_why(home: Path, args: tuple[str, ...], says: str) -> None:
    with LiveShow(home, *args, *SMALL, "--osc", "none", "--backend", "testcard", "--seconds", "3") as show:
        code = show.end(30)
        lines = [line for line in show.said.splitlines() if says in line]
        assert lines and "Traceback" not in show.said, show.said
        assert code == 1, show.said


def test_a_taken_osc_port(home: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with LiveShow(home, "demo", *SMALL, "--midi", "none", "--osc", f"127.0.0.1:{port}", cwd=tmp_path) as show:
            assert show.end(30) == 1
            assert re.search(rf"{port}.*in use", show.said), show.said


def test_window(home: Path, tmp_path: Path, display: str) -> None:
    stats = tmp_path / "stats.json"
    args = ("demo", "--size", "640x360", *QUIET, "--stats", stats)
    with LiveShow(home, *args, display=display, cwd=tmp_path) as show:

        def pixels() -> np.ndarray:
            return screenshot(display)

        show.until(lambda: pixels().std() > 15, 30, "an image in the window")
        first = pixels()
        show.until(lambda: np.abs(pixels() - first).mean() > 0.5, 10, "it moves")

        def key(name: str) -> None:
            subprocess.run(["xdotool", "key", name], check=True, env={**os.environ, "DISPLAY": display})

        window = subprocess.run(
            ["xdotool", "search", "--name", "liveviz"],
            capture_output=True,
            text=True,
            env={**os.environ, "DISPLAY": display},
        ).stdout.split()
        assert window
        subprocess.run(["xdotool", "windowfocus", window[-1]], env={**os.environ, "DISPLAY": display})
        key("b")
        show.until(lambda: pixels().max() < 30, 5, "blackout")
        key("b")
        show.until(lambda: pixels().std() > 15, 5, "image again")
        before = pixels()
        key("h")
        show.until(lambda: np.abs(pixels() - before).max() > 100, 5, "overlay")
        key("h")
        key("space")
        frozen = pixels()

        def stands_still() -> bool:
            nonlocal frozen
            before, frozen = frozen, pixels()
            return np.array_equal(frozen, before)

        wait_until(stands_still, 10, "it stands still", look=0.3)
        nothing_may_happen_for(0.7)
        assert np.array_equal(pixels(), frozen)
        key("space")
        key("Escape")
        assert show.end(5) == 0, show.said
    assert read_stats(stats)["frames"]["presented"] > 30
    assert not list(tmp_path.glob("*.mp4"))


@pytest.mark.soak
def test_memory_is_flat(home: Path, tmp_path: Path, display: str) -> None:
    """Five minutes: less than 1.5 GB in all processes together, and no growth after the first minute."""
    args = ("demo", *QUIET, "--debug", "--record", tmp_path / "x.mp4")
    with LiveShow(home, *args, display=display, cwd=tmp_path) as show:
        show.wait_for("audio is process")
        used = []
        for _ in range(30):
            pace(10)
            assert show.process.poll() is None, show.said
            group = [psutil.Process(show.process.pid), *psutil.Process(show.process.pid).children(recursive=True)]
            used.append(sum(p.memory_full_info().pss for p in group) / 2**20)
        show.process.send_signal(signal.SIGINT)
        assert show.end(10) == 0
    print(
        f"MB, all processes: first minute {max(used[:6]):.0f}, at most {max(used):.0f}, last minute {max(used[-6:]):.0f}"
    )
    assert max(used) < 1500
    assert np.median(used[-5:]) - np.median(used[5:10]) < 30, used
