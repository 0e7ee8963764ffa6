"""A live show under test: the real command in its own process, watched from outside."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from waiting import wait_until

ROOT = Path(__file__).parents[1]


class LiveShow:
    """`liveviz play ...` in the background; use as a context manager.

    Args:
        home: folder for caches. args: after `play`. display: X display, None for none.
    """

    def __init__(
        self, home: Path, *args: object, display: str | None = None, env: dict[str, str] | None = None, cwd: Path = ROOT
    ):
        environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        environment |= {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "PYTHONPATH": str(ROOT),
            **(env or {}),
        }
        if display:
            environment["DISPLAY"] = display
        self.log = Path(home) / f"show-{time.monotonic_ns()}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "liveviz", "play", *map(str, args)],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
                cwd=cwd,
                start_new_session=True,
            )

    def __enter__(self) -> "LiveShow":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    @property
    def said(self) -> str:
        """Everything it has printed so far."""
        return self.log.read_text()

    def wait_for(self, text: str, timeout: float = 30.0) -> None:
        """Wait until it has said `text`."""
        self.until(lambda: text in self.said, timeout, f"{text!r} in {self.said!r}")

    def plays(self, timeout: float = 60.0) -> None:
        """Wait until everything plays: sound is heard, images are drawn and seen, what is recorded has its file."""
        self.wait_for(" images a second, ", timeout)

    def until(self, true, timeout: float, what: str = "") -> None:
        """Wait until `true()`."""
        wait_until(true, timeout, lambda: f"{what}; it said: {self.said}", look=0.05)

    def child(self, room: str) -> int:
        """Process number of the newest child of that room, as `--debug` tells it."""
        self.wait_for(f"{room} is process ")
        return int(re.findall(rf"{room} is process (\d+)", self.said)[-1])

    def interrupt(self) -> float:
        """Ctrl+C for the whole group, as a terminal sends it; returns the seconds until the end."""
        began = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(timeout=20)
        return time.monotonic() - began

    def end(self, timeout: float = 60.0) -> int:
        """Wait for its own end; the exit code."""
        return self.process.wait(timeout=timeout)


def screenshot(display: str) -> np.ndarray:
    """What an X server shows, int `[h, w, 3]`; by ffmpeg, since the tests install it anyway."""
    source = ["ffmpeg", "-v", "error", "-f", "x11grab", "-draw_mouse", "0", "-i", display]
    made = subprocess.run(
        [*source, "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"], capture_output=True, timeout=30, check=True
    )
    return np.asarray(Image.open(io.BytesIO(made.stdout)).convert("RGB")).astype(int)


def free_port() -> int:
    """A UDP port of this machine that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port: int, address: str, seconds: float = 0.5) -> object:
    """What a show on this machine answers over OSC where it is asked for a value; None where it does not."""
    builder = OscMessageBuilder(address)
    builder.add_arg("?")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(seconds)
        one.sendto(builder.build().dgram, ("127.0.0.1", port))
        try:
            return OscMessage(one.recv(1024)).params[0]
        except TimeoutError:
            return None


def read_stats(path: Path) -> dict:
    """The figures that `--stats` wrote."""
    return json.loads(path.read_text())
