"""Compiling beside a show, in a process of its own that may fail, die or be no longer wanted."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from heart import bundle
from waiting import wait_until

from liveviz.bending import BendSlot
from liveviz.runtime import precompile
from liveviz.runtime.options import ShowOptions
from liveviz.spec import LivevizError
from liveviz.system.threads import start_behind, step_up

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone


@pytest.fixture
def options(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShowOptions:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(root))
    no = None
    mapping = root / "mappings" / "default.toml"
    return ShowOptions(
        "demo", "x", mapping, (64, 64), 30.0, no, "auto", "headless", no, no, False, no, (), no, no, False, 0.0
    )


def children() -> list[psutil.Process]:
    return [c for c in psutil.Process().children(recursive=True) if "compile" in c.cmdline()]


def until_there() -> psutil.Process:
    return wait_until(children, 20.0, "a process that compiles")[0]


def test_stages_survive_the_command_line() -> None:
    stages = frozenset({BendSlot(8, "*move"), BendSlot(64, "blur"), BendSlot(8, "*move.1")})
    assert precompile.parse_stages(precompile.stages_text(stages)) == stages
    assert precompile.parse_stages("") == precompile.parse_stages("x:y,,:") == frozenset()


def test_what_is_compiled_lies_in_the_cache_for_the_show(tmp_path: Path, options: ShowOptions) -> None:
    a, b = (str(bundle(tmp_path, name, 32, 1)) for name in ("a", "b"))  # one family
    told: list[tuple[int, int]] = []
    precompile.prepare(b, a, frozenset({BendSlot(8, "*move")}), options, lambda: True, lambda *part: told.append(part))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4)]  # three on the way, and the one itself
    assert (
        len(list((tmp_path / "cache" / "liveviz").rglob("*.openvino"))) == 1
    )  # of these two, all mixtures are the same


def test_what_cannot_be_had_is_told_in_its_own_line(tmp_path: Path, options: ShowOptions) -> None:
    a = str(bundle(tmp_path, "a", 32, 1))
    cut = bundle(tmp_path, "cut", 32, 2)
    whole = (cut / "generator.safetensors").read_bytes()
    (cut / "generator.safetensors").write_bytes(whole[: len(whole) // 2])
    for name in (str(cut), "nowhere"):
        with pytest.raises(LivevizError) as told:
            precompile.prepare(name, a, frozenset(), options, lambda: True)
        assert name in str(told.value) and "\n" not in str(told.value) and "Traceback" not in str(told.value)


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel has no groups of sessions")
@pytest.mark.parametrize(("load", "quiet"), [(0.1, 19), (1e3, 15)])
def test_it_has_a_session_of_its_own_that_goes_behind(load: float, quiet: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, load, load))
    started = start_behind([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert os.getsid(started.pid) == started.pid != os.getsid(0)
        assert Path(f"/proc/{started.pid}/autogroup").read_text().split()[-1] == str(quiet)
        assert (os.sched_getscheduler(started.pid) == os.SCHED_IDLE) == (quiet == 19)
        assert os.getpriority(os.PRIO_PROCESS, started.pid) == (0 if quiet == 19 else 15)
    finally:
        started.communicate("\n")
    assert started.returncode == 0


def test_it_may_be_killed_in_the_middle_or_be_wanted_no_more(tmp_path: Path, options: ShowOptions) -> None:
    a = str(bundle(tmp_path, "a", 32, 1))
    said: list[str] = []
    wanted = threading.Event()
    wanted.set()

    def work() -> None:
        try:
            precompile.prepare(a, a, frozenset(), options, wanted.is_set)
        except LivevizError as error:
            said.append(str(error))

    for end in (lambda: until_there().kill(), wanted.clear):
        thread = threading.Thread(target=work)
        thread.start()
        assert until_there().nice() in (0, 15)
        end()
        thread.join(10)
        assert not thread.is_alive() and not children()
    assert said == ["compiling it was ended by signal 9", "is not wanted any more"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a class of idle time")
def test_who_was_patient_for_long_goes_behind_the_others_as_usual() -> None:
    started = start_behind(
        [sys.executable, "-c", "import threading; threading.Thread(target=input).start()"], stdin=subprocess.PIPE
    )
    try:
        step_up(started.pid, process=True)
        assert os.sched_getscheduler(started.pid) == os.SCHED_OTHER
        assert os.getpriority(os.PRIO_PROCESS, started.pid) == 15
        step_up(2**22 + 1, process=False)  # it has ended: nothing happens
    finally:
        started.communicate("\n")
