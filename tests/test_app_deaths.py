"""Whatever dies under a live show, sound comes back and nothing is left behind: the sound server killed, its sink taken
away, its sample rate changed, the ears themselves killed, by turns.

A null sink renders two seconds ahead when it is made, so that its monitor is mute for as long, whoever listens (`parec`
alone: 2.0 to 2.1 s). A witness, `parec` on the same monitor, therefore says when the device is back."""

import os
import select
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from sound_server import Server, needs_pulse
from waiting import pace, wait_until

from liveviz.runtime import paths
from liveviz.runtime.ipc.status import AudioStatus
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.processes.supervisor import Supervisor

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone

GAP = 0.3  # seconds without a hop: it was gone
LIMIT = 30.0  # seconds: a guard against hanging; what was measured is printed


class Chaos(threading.Thread):
    """Kills something `cycles` times and waits for sound after each; then ends the show.

    took: seconds from the first sound that the witness gets (or from the death of the ears) to the first hop of the show.
    made: the same from the moment the device was made. left: (files, threads, processes, shared memory) of the show, early
    and at the end. error: what went wrong, or nothing.
    """

    def __init__(self, show: Supervisor, server: Server, cycles: int) -> None:
        super().__init__(daemon=True)
        self.show, self.server, self.cycles = show, server, cycles
        self.took: list[float] = []
        self.made: list[float] = []
        self.witness: subprocess.Popen[bytes] | None = None
        self.left: list[tuple[int, int, int, int]] = []
        self.error = ""
        self.memory: set[str] = set()

    def run(self) -> None:
        try:
            wait_until(lambda: len(self.show.children) == 4, LIMIT, "four processes")
            self.sound(0.0, 60.0)
            self.watch()
            for cycle in range(self.cycles):
                kill = (self.kill_server, self.take_sink, self.change_rate, self.kill_ears)[cycle % 4]
                killed = time.monotonic()
                made = kill(cycle)
                if kill != self.kill_ears:
                    self.watch()
                heard, back = self.sound(0.0 if kill == self.kill_ears else killed, LIMIT)  # nobody else writes hops
                self.took.append(max(0.0, heard - (made if kill == self.kill_ears else back)))
                self.made.append(heard - made)
                if cycle in (3, self.cycles - 1):
                    self.left.append(self.settled())
        except (AssertionError, OSError, subprocess.SubprocessError, psutil.Error) as error:
            self.error = f"{type(error).__name__}: {error}"
        finally:
            self.show.stop()
            if self.witness is not None:
                self.witness.kill()
                self.witness.communicate()

    def status(self) -> AudioStatus:
        return self.show.links.audio_status.read()

    def hops(self) -> int:
        return self.show.links.signals.sequence

    def sound(self, since: float, limit: float) -> tuple[float, float]:
        """Wait for the first hop after a gap that began after `since`: when it came, and when the witness heard."""
        until = time.monotonic() + limit
        last, moved, back = self.hops(), since, 0.0
        while (at := time.monotonic()) < until:
            if self.witness is not None and not back and select.select([self.witness.stdout], [], [], 0.0)[0]:
                back = at
            if (found := self.hops()) != last:
                if at - moved > GAP:
                    return at, back or at
                last, moved = found, at
            pace(0.005)
        raise AssertionError(f"no sound within {limit} s: {self.status()}")

    def silence(self) -> None:
        """Wait until no hop has come for a while."""
        until, last, since = time.monotonic() + LIMIT, self.hops(), time.monotonic()
        while time.monotonic() < until and time.monotonic() - since < 0.9:
            if self.hops() != last:
                last, since = self.hops(), time.monotonic()
            pace(0.02)

    def watch(self) -> None:
        """Put the witness to the device that has just been made."""
        if self.witness is not None:
            self.witness.kill()
            self.witness.communicate()
        command = ["parec", "--device=stage.monitor", "--latency-msec=20", "--raw"]
        self.witness = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

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
        pace(0.2)  # it is gone for so long
        rate = (44_100, 48_000, 96_000)[cycle // 4 % 3]
        self.pactl("load-module", "module-null-sink", "sink_name=stage", f"rate={rate}")
        return time.monotonic()

    def kill_ears(self, cycle: int) -> float:
        number = self.show.children["audio"]
        os.kill(number, 9)
        began = time.monotonic()
        wait_until(lambda: self.show.children.get("audio") != number, 5.0, "missed")
        return began

    def pactl(self, *words: str) -> None:
        subprocess.run(["pactl", *words], capture_output=True, check=True, timeout=10)

    def settled(self) -> tuple[int, int, int, int]:
        """What there is once it has been the same for a while."""
        seen = [self.count()]
        wait_until(
            lambda: seen.append(self.count()) or len(set(seen[-6:])) == 1 < len(seen) - 5, LIMIT, "rest", look=0.2
        )
        return seen[-1]

    def count(self) -> tuple[int, int, int, int]:
        me = psutil.Process()
        witness = self.witness is not None
        self.memory = mapped()
        return me.num_fds() - witness, me.num_threads(), len(me.children(recursive=True)) - witness, len(self.memory)


def mapped() -> set[str]:
    """The shared memory of this process and its children, by name."""
    me = psutil.Process()
    places = (m.path for p in (me, *me.children(recursive=True)) for m in p.memory_maps())
    return {place.removesuffix(" (deleted)") for place in places if place.startswith("/dev/shm/psm_")}


def play(folder: Path, cycles: int, monkeypatch: pytest.MonkeyPatch) -> Chaos:
    server = Server(folder / "pulse")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    mapping = paths.find_mapping("default")
    options = ShowOptions("pulse", "default", mapping, (320, 180), 15.0, 0, "testcard", "headless", None, None, False,
                          "none", (), None, folder / "stats.json", False, started=time.monotonic())  # fmt: skip
    show = Supervisor(options)
    chaos = Chaos(show, server, cycles)
    chaos.start()
    try:
        assert show.run() == 0
        chaos.join(5.0)
    finally:
        server.kill()
    assert chaos.error == "", f"{len(chaos.took)} cycles: {chaos.error}; took {[round(t, 2) for t in chaos.took]}"
    assert not [c for c in psutil.Process().children(recursive=True) if "liveviz-" in " ".join(c.cmdline())]
    for n, kind in enumerate(("server killed", "sink taken", "rate changed", "ears killed")):
        took, made = (np.percentile(times[n::4], (50, 95, 100)).round(2) for times in (chaos.took, chaos.made))
        print(f"\n{kind}: {took} s after the device gives sound, {made} s after it was made (p50, p95, worst)", end="")
    print(
        f"\nfiles, threads, processes, shared memory: {chaos.left[0]} after 4 deaths, {chaos.left[-1]} after {cycles}"
    )
    assert not [place for place in chaos.memory if Path(place).exists()], "shared memory is left behind"
    (early, late) = chaos.left
    assert all(b <= a + 2 for a, b in zip(early[:2], late[:2], strict=True)) and late[2:] == early[2:], (early, late)
    return chaos


@needs_pulse
def test_the_show_outlives_one_death_of_each_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(play(tmp_path, 5, monkeypatch).took) == 5


@needs_pulse
@pytest.mark.soak
def test_two_hundred_deaths_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(play(tmp_path, 200, monkeypatch).took) == 200
