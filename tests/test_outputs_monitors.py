"""Monitors as they are listed: on a real X server of one screen, and in words."""

import subprocess
import sys

import pytest

from liveviz.outputs.monitors import Monitor

_LIST = "from liveviz.outputs.monitors import monitors\nfor m in monitors(): print(tuple(m))"


def test_the_one_screen_of_a_server_is_the_first_and_primary(display: str, root) -> None:
    """In a process of its own: GLFW keeps to the display that it first found."""
    command = [sys.executable, "-c", _LIST]
    done = subprocess.run(
        command, env={"DISPLAY": display, "PATH": "/usr/bin"}, capture_output=True, text=True, timeout=60, cwd=root
    )
    assert done.returncode == 0, done.stderr
    number, name, width, height, x, y, rate, primary = eval_free(done.stdout)
    assert (number, width, height, x, y, primary) == ("0", "1280", "720", "0", "0", "True") and name and int(rate) >= 0


def eval_free(line: str) -> list[str]:
    """The parts of a printed tuple, as text."""
    return [part.strip().strip("'") for part in line.strip().strip("()").split(",")]


@pytest.mark.parametrize(
    ("rate", "primary", "words"), [(60, True, ", 60 Hz, primary)"), (0, False, "1920x1080 at -1920,0)")]
)
def test_in_words(rate: int, primary: bool, words: str) -> None:
    assert str(Monitor(1, "HDMI-1", 1920, 1080, -1920, 0, rate, primary)).endswith(words)
