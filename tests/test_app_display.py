"""A display that comes and goes: a show with a window on a real X server, which is started late, killed and started
again."""

import itertools
import os
import shutil
import subprocess
import time
from pathlib import Path

import av
import pytest
from live_show import LiveShow, read_stats
from waiting import nothing_may_happen_for, wait_until

pytestmark = [
    pytest.mark.live,  # its time is the wall clock's: it runs alone
    pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="Xvfb and xdotool are needed"),
]
SHOW = [
    "demo",
    "--size",
    "320x240",
    "--fps",
    "10",
    "--backend",
    "testcard",
    "--midi",
    "none",
    "--osc",
    "none",
    "--debug",
]


class Server:
    """An X server of 640x480 on a display number of our own, to be killed and started again."""

    def __init__(self) -> None:
        read, write = os.pipe()
        self._begin("-displayfd", str(write), pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as answer:
            self.display = f":{answer.readline().strip()}"

    def _begin(self, *words: str, pass_fds: list[int] | None = None) -> None:
        screen = ("-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset")
        self.process = subprocess.Popen(["Xvfb", *words, *screen], pass_fds=pass_fds or [], stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        number = self.display[1:]
        for left in (f"/tmp/.X{number}-lock", f"/tmp/.X11-unix/X{number}"):
            Path(left).unlink(missing_ok=True)

    def start(self) -> float:
        """Start it again on the same number; when it answered."""
        self._begin(self.display)
        wait_until(Path(f"/tmp/.X11-unix/X{self.display[1:]}").exists, what="the X server is there again")
        return time.monotonic()

    def xdotool(self, *words: str) -> str:
        run = subprocess.run(
            ["xdotool", *words], env={**os.environ, "DISPLAY": self.display}, capture_output=True, text=True, timeout=20
        )
        return run.stdout

    def window(self) -> tuple[int, int, int, int] | None:
        """x, y, width, height of the show's window, if it is shown."""
        found = self.xdotool("search", "--onlyvisible", "--name", "^liveviz$").split()
        if not found:
            return None
        told = dict(
            line.split("=", 1)
            for line in self.xdotool("getwindowgeometry", "--shell", found[0]).splitlines()
            if "=" in line
        )
        return (int(told["X"]), int(told["Y"]), int(told["WIDTH"]), int(told["HEIGHT"])) if "WIDTH" in told else None


@pytest.fixture
def server():
    made = Server()
    yield made
    made.kill()


@pytest.mark.parametrize("option", ["--window", "--fullscreen"])
def test_a_window_that_was_asked_for_is_waited_for(home: Path, tmp_path: Path, server: Server, option: str) -> None:
    server.kill()
    with LiveShow(home, *SHOW, option, "--seconds", "1", display=server.display, cwd=tmp_path) as show:
        show.wait_for("the show waits for a display")
        nothing_may_happen_for(1.5)  # the second that it is to play has not begun
        assert show.process.poll() is None
        server.start()
        show.until(lambda: server.window() is not None, 10, "a window")
        assert show.end(20) == 0, show.said
        assert "headless" not in show.said and "started again" not in show.said
    assert not [*tmp_path.glob("*.mp4")], "somebody watched"


def test_a_show_that_nobody_saw_is_a_failure(home: Path, tmp_path: Path, server: Server) -> None:
    server.kill()
    with LiveShow(home, *SHOW, "--window", "--seconds", "1", display=server.display, cwd=tmp_path) as show:
        show.wait_for("the show waits for a display")
        assert show.interrupt() < 4.0
        assert show.process.returncode == 1 and "ended before there was a display" in show.said.splitlines()[-1]


@pytest.mark.parametrize("how", ["--fullscreen", "F"])
def test_the_display_dies_and_the_window_comes_back(home: Path, tmp_path: Path, server: Server, how: str) -> None:
    video, stats = tmp_path / "tape.mp4", tmp_path / "stats.json"
    words = ["--window"] if how == "F" else [how]
    whole = (0, 0, 640, 480)
    args = [*SHOW, *words, "--record", video, "--stats", stats]
    with LiveShow(home, *args, display=server.display, cwd=tmp_path) as show:
        show.until(lambda: server.window() is not None, 30, "a window")
        if how == "F":
            window = server.xdotool("search", "--name", "^liveviz$").split()[0]
            assert server.window() != whole
            server.xdotool("windowfocus", window)
            server.xdotool("key", "f")
        show.until(lambda: server.window() == whole, 10, "the whole monitor")
        show.until(lambda: video.exists() and video.stat().st_size > 5000, 20, "a recording")
        began = time.monotonic()
        for n in range(2):
            server.kill()
            show.until(lambda n=n: show.said.count("the show goes on unseen") == n + 1, 10, "it says so")
            size = video.stat().st_size
            show.until(lambda size=size: video.stat().st_size > size, 10, "it records meanwhile")
            assert show.process.poll() is None
            back = server.start()
            show.until(lambda: server.window() == whole, 3.0 - (time.monotonic() - back), "back within 3 s, as before")
        unseen = time.monotonic() - began
        show.interrupt()
        assert show.process.returncode == 0, show.said
    assert show.said.count("so is the window") == 2
    figures = read_stats(stats)
    assert set(figures["restarts"].values()) == {0}, "sound, engine and stage went on"
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["tape.mp4"]
    with av.open(str(video)) as film:
        times = [frame.time for frame in film.decode(video=0)]
    assert times[-1] >= unseen - 1.0 and max(b - a for a, b in itertools.pairwise(times)) < 1.5
