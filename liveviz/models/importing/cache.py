"""Imports are kept: a foreign file is read once, and played from our own container after that. What is kept is found by the
SHA-256 of the file's bytes, so a file that is moved or renamed is not read again, and one that has changed is. The folder
stays within MAX_KEPT bytes: what was played longest ago goes, but nothing of the last night, which a show may still be on.
"""

import logging
import os
from dataclasses import dataclass, replace
from pathlib import Path

from liveviz.models.files import read, write
from liveviz.models.generator import Generator
from liveviz.models.importing.reader import digest, import_file, is_own
from liveviz.spec import LivevizError

CONVERSION_VERSION = 1  # of the conversion: raise it when the same file gives other weights
MAX_KEPT = 4 << 30  # bytes: thirty generators of 1024 x 1024
NIGHT_SECONDS = 12 * 3600.0
_log = logging.getLogger("liveviz.models")


@dataclass(frozen=True, slots=True)
class Imported:
    """A generator that came from a file.

    kind: what sort of file it was; empty where what was kept is played. sha256: of the file's bytes.
    """

    generator: Generator
    kind: str
    sha256: str


def open_file(path: Path, cache: Path | None) -> Imported:
    """The generator in any file, from the cache where it was read before.

    Args:
        cache: the user's cache folder; None reads again every time.
    Raises: LivevizError in one line that names the file. A cache that cannot be written is a warning.
    """
    sha256 = digest(path)
    kept = cache / "imports" / f"v{CONVERSION_VERSION}-{sha256}.safetensors" if cache and not is_own(path) else None
    if kept is not None and kept.is_file():
        try:
            found = Imported(replace(read(kept), name=path.stem), "", sha256)
        except LivevizError as error:
            _log.warning("%s; it is made again", error)
        else:
            _used(kept)
            return found
    generator, kind = import_file(path)
    if kept is not None:
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            write(kept, generator)
            _prune(kept)
        except (OSError, LivevizError) as error:
            _log.warning("the import of %s is not kept: %s", path, error)
    return Imported(generator, kind, sha256)


def _used(kept: Path) -> None:
    """Make it the newest of the folder."""
    try:
        os.utime(kept)
    except OSError as error:
        _log.info("%s: its date stays as it was: %s", kept, error.strerror)


def _prune(newest: Path) -> None:
    """Drop the oldest files beside `newest`, drafts of writers that died among them, until the rest is small enough."""
    files = []
    for path in newest.parent.iterdir():
        try:
            about = path.stat()
        except FileNotFoundError:  # another show tidied up meanwhile
            continue
        files.append((about.st_mtime, about.st_size, path))
    total = sum(size for _, size, _ in files)
    tonight = newest.stat().st_mtime - NIGHT_SECONDS
    for used, size, path in sorted(files):
        if total <= MAX_KEPT or used >= tonight:
            break
        path.unlink(missing_ok=True)
        total -= size
