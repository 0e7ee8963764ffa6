"""What several tests need: the repository's root, an X server of our own, a context for drawing."""

import contextlib

with contextlib.suppress(ImportError):
    import triton  # noqa: F401 - torch's optimisers load it, and its LLVM crashes where Mesa's was loaded before it


import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
os.environ.setdefault("LIBGL_ALWAYS_SOFTWARE", "1")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home folder for the session: caches are made anew, nobody's files are touched."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def liveviz(home: Path):
    """Runs the command as a user does: `liveviz("play", "demo", ...)` gives the finished process, its output as text."""

    def run(*args: str, timeout: float = 90.0, env: dict[str, str] | None = None, cwd: Path | None = None):
        environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), **(env or {})}
        return subprocess.run(
            [sys.executable, "-m", "liveviz", *map(str, args)],
            capture_output=True,
            text=True,
            timeout=timeout,
            env=environment,
            cwd=cwd or ROOT,
            stdin=subprocess.DEVNULL,
        )

    return run


@pytest.fixture(scope="session")
def display(tmp_path_factory: pytest.TempPathFactory):
    """An X server of our own, which does not begin anew when its last client leaves: it lets nobody in then; its display name."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x720x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(10)


@pytest.fixture(scope="module")
def ctx():
    """An OpenGL context without a window, of the file's own: a moderngl.Context."""
    from liveviz.outputs.headless import Headless  # loads GL, which most tests have no use for

    headless = Headless((64, 64))
    yield headless.ctx
    headless.close()
