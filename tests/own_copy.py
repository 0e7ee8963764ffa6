"""A copy of the program that a test may write new files into."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copy(folder: Path) -> Path:
    """The program in `folder`, with all that comes with it; generators are links."""
    shutil.copytree(ROOT / "liveviz", folder / "liveviz", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("shaders", "mappings"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "engines").symlink_to(ROOT / "engines")
    return folder


def run(folder: Path, *words: object, home: Path) -> subprocess.CompletedProcess[str]:
    """`liveviz WORDS` of that copy."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "liveviz", *map(str, words)]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
