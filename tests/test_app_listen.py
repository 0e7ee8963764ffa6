"""`liveviz listen`: every signal in the terminal, and a plain page in a pipe."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from liveviz.cli import terminal
from liveviz.signals import all_outputs, outputs
from liveviz.spec import Output, SignalFrame, parse_stems

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone


def run(*args: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "liveviz", "listen", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **settings})


def heard(*args: str) -> str:
    """The page of a sound that was heard: on a busy machine the first block takes longer than a quiet one plays."""
    for seconds in ("2", "8", "20"):
        done = run(*args, "--seconds", seconds, PULSE_SERVER="unix:/nowhere")
        assert done.returncode == 0, done.stderr
        if "no sound yet" not in done.stdout:
            break
    return done.stdout


def test_every_signal_of_the_sound_and_of_a_stem_is_on_the_page() -> None:
    page = heard("demo", "--stems", "left=1")
    first = {line[:25].strip() for line in page.splitlines()[1:]}
    for output in all_outputs(parse_stems(["left=1"])):
        assert {output.name[:24], re.sub(r"\.\d+$", "", output.name)[:24]} & first, output.name
    assert "\x1b" not in page


def test_meters_say_what_the_values_are(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = [Output("a"), Output("p", kind="phase"), Output("e", kind="event"), *(Output(f"v.{n}") for n in range(3))]
    with terminal.View(found) as view:
        view.draw(SignalFrame(0, 0.0, np.array([0.5, 0.0, 7.0, 0.0, 0.5, 1.0])), "title", 0.0)
    title, a, p, e, v = capsys.readouterr().out.splitlines()
    assert title == "title"
    assert a.count("█") == 12 and " 0.50" in a
    assert p[25] == "●" and e[25] == "·" and " 7 " in f"{e} "
    assert v.startswith("v ") and v[25:31] == "  ▄▄██"


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["--stems", "drums"], 2, "NAME=CHANNELS"),
        (["--channels", "0"], 2, "numbers from 1 to 32"),
        (["--seconds", "nan", "demo"], 2, "a number above 0"),
        (["nothing.wav"], 1, "no such file"),
    ],
)
def test_a_mistake_is_one_line(args: list[str], code: int, says: str) -> None:
    done = run(*args, PULSE_SERVER="unix:/nowhere")
    assert done.returncode == code and says in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.skipif(shutil.which("script") is None, reason="script is not installed")
def test_a_terminal_is_drawn_over_and_given_back(tmp_path: Path) -> None:
    log = tmp_path / "typed"
    env = {**os.environ, "PULSE_SERVER": "unix:/nowhere", "COLUMNS": "130", "LINES": "60"}
    for seconds in (2, 8, 20):
        command = f"{sys.executable} -m liveviz listen demo --seconds {seconds}"
        subprocess.run(["script", "-qec", command, str(log)], capture_output=True, timeout=60, env=env, check=True)
        typed = log.read_text(errors="replace")
        if "no sound yet" not in typed[typed.rindex("\x1b[H") :]:
            break
    assert typed.count("\x1b[H") > 5 and "\x1b[?25h" in typed[typed.rindex("\x1b[H") :]
    last = typed[typed.rindex("\x1b[H") :]
    missing = [o.name for o in outputs() if re.sub(r"\.\d+$", "", o.name)[:24] not in last]
    assert not missing
