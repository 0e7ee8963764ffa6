"""Runs what is in server_deaths.py, each in a process of its own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sound_server import needs_pulse

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone

FILE = Path(__file__).with_name("server_deaths.py")


@needs_pulse
@pytest.mark.parametrize("name", re.findall(r"^def (test_\w+)", FILE.read_text(), re.M))
def test_in_a_process_of_its_own(name: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{FILE}::{name}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-4000:]
