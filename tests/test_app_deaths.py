"""Whatever dies under a live show, sound comes back and nothing is left behind: the sound server killed, its sink taken
away, its sample rate changed, the ears themselves killed, by turns."""

import os
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from test_inputs_audio_device import Server, needs_pulse

from liveviz.app import paths
from liveviz.app.options import ShowOptions
from liveviz.app.show import Show

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone

LIMIT = 15.0  # seconds: a guard against hanging; what was measured is printed


class Chaos(threading.Thread):
    """Kills something `cycles` times and waits for sound after each; then ends the show.

    took: seconds from the device's return (or the death of the ears) to sound. left: (files, threads, processes, shared
    memory) of the show, early and at the end. error: what went wrong, or nothing.
    """

    def __init__(self, show: Show, server: Server, cycles: int) -> None:
        super().__init__(daemon=True)
        self.show, self.server, self.cycles = show, server, cycles
        self.took: list[float] = []
        self.left: list[tuple[int, int, int, int]] = []
        self.error = ""
        self._modules = -1

    def run(self) -> None:
        try:
            self.sound(self.hops(), 60.0)
            for cycle in range(self.cycles):
                began = (self.kill_server, self.take_sink, self.change_rate, self.kill_ears)[cycle % 4](cycle)
                self.sound(self.hops(), LIMIT)
                self.took.append(time.monotonic() - began)
                if cycle in (3, self.cycles - 1):
                    time.sleep(1.5)
                    self.left.append(self.count())
        except (AssertionError, OSError, subprocess.SubprocessError, psutil.Error) as error:
            self.error = f"{type(error).__name__}: {error}"
        finally:
            self.show._interrupted = True

    def status(self) -> dict:
        return self.show._links.status["ears"].read()

    def hops(self) -> int:
        return self.status().get("hops", -1)

    def sound(self, before: int, limit: float) -> None:
        """Wait until hops are counted up."""
        until = time.monotonic() + limit
        while time.monotonic() < until:
            found = self.hops()
            if found > before >= 0:
                return
            before = found
            time.sleep(0.02)
        raise AssertionError(f"no sound within {limit} s: {self.status()}")

    def silence(self) -> None:
        """Wait until no hop has come for a while."""
        until, last, since = time.monotonic() + LIMIT, self.hops(), time.monotonic()
        while time.monotonic() < until and time.monotonic() - since < 0.9:
            if self.hops() != last:
                last, since = self.hops(), time.monotonic()
            time.sleep(0.02)

    def kill_server(self, cycle: int) -> float:
        self.server.kill()
        self.silence()
        self.server.start()
        return time.monotonic()

    def take_sink(self, cycle: int) -> float:
        self.pactl("unload-module", "module-null-sink")
        self.silence()
        self.pactl("load-module", "module-null-sink", "sink_name=stage")
        return time.monotonic()

    def change_rate(self, cycle: int) -> float:
        self.pactl("unload-module", "module-null-sink")
        time.sleep(0.2)
        rate = (44_100, 48_000, 96_000)[cycle // 4 % 3]
        self.pactl("load-module", "module-null-sink", "sink_name=stage", f"rate={rate}")
        return time.monotonic()

    def kill_ears(self, cycle: int) -> float:
        process = self.show._rooms["ears"].process
        assert process is not None and process.pid is not None
        os.kill(process.pid, 9)
        began = time.monotonic()
        process.join(5.0)
        return began

    def pactl(self, *words: str) -> None:
        subprocess.run(["pactl", *words], capture_output=True, check=True, timeout=10)

    def count(self) -> tuple[int, int, int, int]:
        me = psutil.Process()
        shared = len(list(Path("/dev/shm").iterdir())) if Path("/dev/shm").is_dir() else 0
        return me.num_fds(), me.num_threads(), len(me.children(recursive=True)), shared


def play(folder: Path, cycles: int, monkeypatch: pytest.MonkeyPatch) -> Chaos:
    server = Server(folder / "pulse")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    mapping = paths.find_mapping("default")
    options = ShowOptions("pulse", "default", mapping, (320, 180), 15.0, 0, "testcard", "headless", None, None, False,
                          "none", None, None, folder / "stats.json", False, started=time.monotonic())  # fmt: skip
    show = Show(options)
    chaos = Chaos(show, server, cycles)
    monkeypatch.setattr(show, "_report", lambda: 0)
    start = show._start

    def begin(room: object) -> None:
        start(room)
        if not chaos.ident and len([r for r in show._rooms.values() if r.process is not None]) == 4:
            chaos.start()

    monkeypatch.setattr(show, "_start", begin)
    try:
        assert show.run() == 0
        chaos.join(5.0)
    finally:
        server.kill()
    assert chaos.error == ""
    assert not [c for c in psutil.Process().children(recursive=True) if "liveviz-" in " ".join(c.cmdline())]
    (early, late) = chaos.left
    assert all(b <= a + 2 for a, b in zip(early[:2], late[:2], strict=True)) and late[2:] == early[2:], (early, late)
    for n, kind in enumerate(("server killed", "sink taken", "rate changed", "ears killed")):
        took = chaos.took[n::4]
        print(
            f"\n{kind}: sound back after {np.median(took):.2f} s (median), {max(took):.2f} s (worst of {len(took)})",
            end="",
        )
    print(f"\nfiles, threads, processes, shared memory: {early} after 4 deaths, {late} after {cycles}")
    return chaos


@needs_pulse
def test_the_show_outlives_one_death_of_each_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(play(tmp_path, 5, monkeypatch).took) == 5


@needs_pulse
@pytest.mark.soak
def test_two_hundred_deaths_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(play(tmp_path, 200, monkeypatch).took) == 200
