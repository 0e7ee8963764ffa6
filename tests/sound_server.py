"""A PulseAudio of our own for tests: a null sink is played to, its monitor is captured, and the server can be killed and
started again."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from waiting import wait_until

from liveviz.inputs.audio import sources
from liveviz.inputs.audio.portaudio import refresh
from liveviz.spec import LivevizError

RATE = 44_100
needs_pulse = pytest.mark.skipif(shutil.which("pulseaudio") is None, reason="pulseaudio is not installed")


class Server:
    """A PulseAudio of our own in `folder`, to be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        self.environment = {
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": f"unix:{folder}/pulse.sock",
            "PULSE_SOURCE": "stage.monitor",
            "PULSE_SINK": "stage",
        }
        self.start()

    def start(self) -> None:
        socket = self.folder / "pulse.sock"
        socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [
                *("pulseaudio", "-n", "--exit-idle-time=-1", "--daemonize=no", "--use-pid-file=no"),
                f"--load=module-native-protocol-unix socket={socket}",
                "--load=module-null-sink sink_name=stage",
            ],
            env={**os.environ, **self.environment, "HOME": str(self.folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: socket.exists() or self.process.poll() is not None, 15.0, "pulseaudio starts")
        assert self.process.poll() is None, "pulseaudio does not start"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A running server that this process's PortAudio finds."""
    server = Server(tmp_path_factory.mktemp("pulse"))
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    refresh()
    yield server
    server.kill()
    with contextlib.suppress(LivevizError):  # a sound system that hangs must not take the tests with it
        sources.look_again()


def sweep(seconds: float) -> np.ndarray:
    """A sound that is like itself at one lag only."""
    t = np.arange(int(seconds * RATE)) / RATE
    mono = 0.5 * np.sin(2 * np.pi * (150 * t + 400 * t * t)) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * t))
    return np.stack([mono, -0.5 * mono], axis=1).astype(np.float32)


def collect(sources: list, seconds: float, until: Callable[[], object] = lambda: False) -> list[list]:
    """What each source hands out in `seconds`, or until `until()`."""
    got: list[list] = [[] for _ in sources]
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        for blocks, source in zip(got, sources, strict=True):
            blocks += source.blocks(0.01)
    return got
