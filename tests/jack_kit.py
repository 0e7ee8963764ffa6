"""A JACK server of our own with its dummy driver, and a process with a virtual port as the controller."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from waiting import GUARD_S, wait_until

from liveviz.inputs.control.midi_ports import survey

SERVER = f"liveviz-test-{os.getuid()}"
SENDER = Path(__file__).with_name("midi_sender.py")
needs_jack = pytest.mark.skipif(shutil.which("jackd") is None, reason="jackd is not installed")


@contextlib.contextmanager
def jack_server():
    """A JACK server of our own, without a sound card, patient with clients on a busy machine."""
    command = ["jackd", "--no-realtime", "-n", SERVER, "-t", "10000", "-d", "dummy", "-r", "48000", "-p", "512"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: survey()[1] == "", what="JACK's dummy server answers")
        yield server
    finally:
        server.kill()  # SIGTERM may take it seconds
        server.wait()


class Controller:
    """The process of midi_sender.py."""

    def __init__(self, name):
        command = [sys.executable, str(SENDER), name]
        path = os.pathsep.join([str(SENDER.parent.parent), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}
        )
        assert self.process.stdout.readline() == "ready\n"

    def send(self, *messages):
        self.process.stdin.write(" ".join(messages) + "\n")
        self.process.stdin.flush()

    def unplug(self):
        self.process.communicate("quit\n", timeout=GUARD_S)

    def kill(self):
        self.process.kill()
        self.process.communicate()


@contextlib.contextmanager
def controller(name):
    one = Controller(name)
    try:
        yield one
    finally:
        one.kill()


@pytest.fixture
def own_server_name(monkeypatch):
    """The name of our server, which one run of the tests has at a time. Fixed, as JACK forgets a killed server only when
    its name is used again."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", SERVER)
    with (Path(tempfile.gettempdir()) / f"{SERVER}.lock").open("w") as lock:
        wait_until(lambda: _locked(lock), what="another run of these tests ends")
        yield


def _locked(lock):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@pytest.fixture
def jack(own_server_name):
    with jack_server() as server:
        yield server
