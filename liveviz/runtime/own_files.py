"""Which files liveviz wrote itself. A command writes again, under the same name, what the same command wrote before, so
that scripts can run twice; whatever else lies there stays as it is. Every kind of file says in itself who wrote it, where
its readers do not look: a PNG in `Software`, an mp4 in `comment`, safetensors in their metadata. Others have no such place:
JSON is known by the figures that it begins with, and a .npy of ours leaves more room before the numbers than any other
writer does."""

import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveviz.models import written_by as tensors_written_by
from liveviz.outputs import still
from liveviz.spec import LivevizError
from liveviz.system.files import claim, write_whole

_NPY_HEAD = 1024  # bytes before the numbers; numpy itself writes 128
_NPY_START = b"\x93NUMPY\x01\x00" + (_NPY_HEAD - 10).to_bytes(2, "little")
_TOSC_START = b'<?xml version="1.0" encoding="UTF-8"?>\n\n<lexml'  # TouchOSC leaves no empty line
_JSON_STARTS = {
    "play": rb'\{\n "frames": \{\n  "rendered": \d+,\n  "presented": ',
    "analyze": rb'\{"sample_rate": \d+, "hop": \d+, "t": \[',
    "control": rb'\{\n "createdWith": "Open Stage Control",\n',  # it writes two spaces itself
    "bench": rb'\{\n "backends": \{\n  "[a-z ]+": \{\n   "device": ',
    "model score": rb'\{\n "frechet": [-+.e\d]+,\n "kernel": ',
}


def writer(path: Path) -> str:
    """The command that wrote the file at `path`, such as `render`; "" where it was none of ours."""
    look = {
        ".json": _json_writer,
        ".npy": _npy_writer,
        ".tosc": _tosc_writer,
        ".png": still.written_by,
        ".mp4": _mp4_writer,
        ".safetensors": tensors_written_by,
    }.get(path.suffix.lower())
    try:
        return look(path) if look is not None else ""
    except (OSError, ValueError, LivevizError, zlib.error):
        return ""


def opens(path: Path) -> bool:
    """Whether a player or a viewer shows what is at `path`, a film or an image."""
    if path.suffix.lower() == ".mp4":
        from liveviz.outputs import recorder

        return recorder.playable(path)
    return path.is_file() and path.stat().st_size > 0


def check_replaceable(path: Path, shown: str | Path, what: str, command: str) -> None:
    """Nothing, if there is no file at `path`, an empty one, or one that `command` wrote.

    Args:
        shown: what the user called it.
    Raises:
        LivevizError: "out: x.mp4 is there already, and `liveviz render` did not write it; another name is needed"
    """
    if path.exists() and path.stat().st_size and writer(path) != command:
        raise LivevizError(
            f"{what}: {shown} is there already, and `liveviz {command}` did not write it; another name is needed"
        )


def again(path: Path) -> str:
    """What to add to "written: ..." where a file of ours is about to be replaced."""
    return " (in place of the earlier one)" if path.exists() and path.stat().st_size else ""


def set_aside(path: Path) -> Path | None:
    """Copy the file at `path` to the first free name of path-2, path-3 ..., before it is replaced; None if there is none."""
    if not path.exists():
        return None
    kept = claim(path)
    try:
        write_whole(kept, path.read_bytes())
    except OSError as error:
        raise LivevizError(f"{path}: cannot be read: {error.strerror or error}") from error
    return kept


def write_json(content: Mapping[str, Any], path: Path, indent: int | None = 1) -> None:
    """Write `content` at `path`, whole or not at all.

    Raises:
        LivevizError: the file cannot be written, or a number is none.
    """
    try:
        text = json.dumps(content, indent=indent, allow_nan=False)
    except ValueError as error:
        raise LivevizError(f"{path}: cannot be written: {error}") from error
    write_whole(path, text.encode() + b"\n" * (indent is not None))


def _mp4_writer(path: Path) -> str:
    from liveviz.outputs import recorder  # the codecs take a while to load

    return recorder.written_by(path)


def _json_writer(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(256)
    return next((command for command, begins in _JSON_STARTS.items() if re.match(begins, head)), "")


def _tosc_writer(path: Path) -> str:
    with path.open("rb") as file:
        head = zlib.decompressobj().decompress(file.read(256), len(_TOSC_START))
    return "control" if head == _TOSC_START else ""


def write_npy(array: NDArray[np.float32], path: Path) -> None:
    """Write a C-contiguous array as .npy, format 1.0, whole or not at all."""
    entries = {"descr": np.lib.format.dtype_to_descr(array.dtype), "fortran_order": False, "shape": array.shape}
    said = "{" + "".join(f"{key!r}: {value!r}, " for key, value in entries.items()) + "}"
    head = said.encode().ljust(_NPY_HEAD - len(_NPY_START) - 1) + b"\n"
    write_whole(path, _NPY_START + head + np.ascontiguousarray(array).tobytes())


def _npy_writer(path: Path) -> str:
    with path.open("rb") as file:
        return "still" if file.read(len(_NPY_START)) == _NPY_START else ""
