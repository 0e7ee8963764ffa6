"""Where a show stands, written down every few seconds: a stage that is started again goes on from there, and so can the next
show where this one ended without an end (`--resume`)."""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import platformdirs

from liveviz.spec import LivevizError
from liveviz.system import files
from liveviz.system.processor import process_is_there

STATE_VERSION = 1
EVERY_SECONDS = 3.0
MAX_BYTES = 256 * 1024
_PREFIX = "show-"


def folder() -> Path:
    """Where the states of shows are."""
    return platformdirs.user_state_path("liveviz")


def path_of(process: int) -> Path:
    """The state of the show whose command is that process."""
    return folder() / f"{_PREFIX}{process}.json"


def write(process: int, state: Mapping[str, Any]) -> None:
    """Write a state down, whole or not at all; where that cannot be, the show goes on without."""
    path = path_of(process)
    with contextlib.suppress(LivevizError, OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_whole(path, json.dumps({"version": STATE_VERSION, **state}, allow_nan=False).encode())


def forget(process: int) -> None:
    """The show ended in order."""
    _unlink([path_of(process)])


def read(process: int) -> dict[str, Any] | None:
    """The state of that show; None where there is none that can be read."""
    return _read(path_of(process))


def left_behind() -> dict[str, Any] | None:
    """The newest state of a show that ended without an end; None where there is none. Older ones are taken away."""
    left = _left_files()
    _unlink(left[:-1])
    return _read(left[-1]) if left else None


def take_left_behind() -> dict[str, Any] | None:
    """The same, for going on from it: it is not offered again."""
    state = left_behind()
    _unlink(_left_files())
    return state


def _left_files() -> list[Path]:
    """The states of shows whose process is gone, the newest last."""
    found: list[tuple[float, Path]] = []
    with contextlib.suppress(OSError):
        for path in folder().glob(f"{_PREFIX}*.json"):
            number = path.stem.removeprefix(_PREFIX)
            if number.isdecimal() and not process_is_there(int(number)):
                found.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(found)]


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()


def _read(path: Path) -> dict[str, Any] | None:
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        state = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    good = isinstance(state, dict) and state.get("version") == STATE_VERSION
    return state if good and isinstance(state.get("mapping"), str) and isinstance(state.get("model"), str) else None


def mapping_of(state: Mapping[str, Any]) -> Path:
    """The mapping file of a state; LivevizError where it is gone."""
    path = Path(state["mapping"])
    if not path.is_file():
        raise LivevizError(f"resume: {path}: the mapping file of the last show is not there any more")
    return path


def own_process() -> int:
    """The process of the command whose child this is."""
    return os.getppid()
