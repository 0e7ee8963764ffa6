"""What this machine was found to be: a small file in the user's configuration folder, written by `calibrate` and read by
`play`. A file that somebody broke costs its settings, not the show."""

import json
import logging
import math
import tomllib
from pathlib import Path

import platformdirs

from liveviz.runtime.own_files import set_aside
from liveviz.signals import MOST_OFFSET
from liveviz.spec import LivevizError
from liveviz.system.files import write_whole

_log = logging.getLogger("liveviz.runtime")
_OFFSETS_TABLE = "latency_offset_ms"
_MOST_BYTES = 1 << 16


def path() -> Path:
    """Where they are."""
    return platformdirs.user_config_path("liveviz") / "settings.toml"


def latency_offset(device: str) -> float:
    """Seconds by which sound is heard before `device` captures it; 0 where nobody measured."""
    return _offsets().get(device, 0.0) / 1000.0


def keep_latency_offset(device: str, seconds: float) -> Path:
    """Keep what was measured and return the file; LivevizError where it cannot be written."""
    offsets = _offsets() | {device: round(1000.0 * seconds, 1)}
    # JSON's quoted text is TOML's too
    lines = [f"{json.dumps(name, ensure_ascii=False)} = {ms!r}\n" for name, ms in sorted(offsets.items())]
    target = path()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LivevizError(f"settings: {target.parent} cannot be made: {error.strerror}") from error
    if target.exists() and not _ours(target):
        _log.warning("%s: held more than latency offsets; it is kept as %s", target, set_aside(target))
    write_whole(target, f"[{_OFFSETS_TABLE}]\n{''.join(lines)}".encode())
    return target


def _offsets() -> dict[str, float]:
    """Milliseconds by device."""
    try:
        with path().open("rb") as file:
            found = tomllib.loads(file.read(_MOST_BYTES).decode()).get(_OFFSETS_TABLE, {})
        if not isinstance(found, dict) or not all(_good(ms) for ms in found.values()):
            raise ValueError(f"[{_OFFSETS_TABLE}]: each is a number within {1000 * MOST_OFFSET:g}")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        _log.warning("%s: is left out: %s", path(), error)
        return {}
    return {name: float(ms) for name, ms in found.items()}


def _ours(path: Path) -> bool:
    """Whether the file holds nothing but what `keep_latency_offset` writes."""
    try:
        found = tomllib.loads(path.read_text())
        lines = path.read_text().splitlines()
    except (OSError, ValueError, RecursionError):
        return False
    comments = any(line.lstrip().startswith("#") for line in lines)
    return (
        not comments
        and set(found) <= {_OFFSETS_TABLE}
        and all(_good(ms) for ms in found.get(_OFFSETS_TABLE, {}).values())
    )


def _good(ms: object) -> bool:
    return type(ms) in (int, float) and math.isfinite(ms) and abs(ms) <= 1000.0 * MOST_OFFSET  # type: ignore[arg-type]
