"""What was compiled, kept on disk. It is native code, or as good as: only what this program wrote is loaded, from a folder
that only this user can write into, and only where everything it was made for is still so. This is the one place that
decides that."""

import hashlib
import json
import logging
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from liveviz.spec import LivevizError
from liveviz.system.files import write_whole

KEPT_FILES = 16
_MAGIC_BYTES = b"liveviz-kept-1\n"
_HEAD_BYTES = len(_MAGIC_BYTES) + 32

_log = logging.getLogger("liveviz.cache")


def private(folder: Path) -> bool:
    """Whether `folder` is a folder of this user's that nobody else can write into. On Windows the user's own cache
    folder is such by its place, so that it is one is all that is asked."""
    try:
        found = os.stat(folder, follow_symlinks=False)
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        return False
    return sys.platform == "win32" or (found.st_uid == os.getuid() and not found.st_mode & 0o022)


class Cache:
    """What was compiled, of one kind.

    Args:
        root: the program's cache folder; None keeps nothing.
        kind: what it is, in a word: a folder of that name in `root`, for this user only, and the files' suffix.
        kept: how many are kept; the oldest goes first.
    """

    def __init__(self, root: Path | None, kind: str, kept: int = KEPT_FILES) -> None:
        self._kind, self._kept = kind, kept
        self._folder = self._open(root / kind) if root is not None else None

    def _open(self, folder: Path) -> Path | None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            _log.warning("%s: nothing is kept: %s cannot be made: %s", self._kind, folder, error.strerror)
            return None
        if not private(folder):
            _log.warning("%s: nothing is kept or loaded: others can write into %s", self._kind, folder)
            return None
        return folder

    def path(self, facts: Mapping[str, object]) -> Path | None:
        """Where what was made for these facts lies; whatever makes it invalid is among them."""
        name = hashlib.sha256(_text(facts)).hexdigest()[:32]
        return self._folder / f"{name}.{self._kind}" if self._folder is not None else None

    def load(self, facts: Mapping[str, object]) -> bytes | None:
        """What `store` wrote for exactly these facts; None where there is none, or it is damaged or somebody else's."""
        path = self.path(facts)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode) or (sys.platform != "win32" and found.st_uid != os.getuid()):
                    _log.warning("%s: is not this user's, making it again", path)
                    return None
                data = file.read()
        except OSError:
            return None
        body = data[_HEAD_BYTES:]
        size = int.from_bytes(body[:8], "little")
        sound = data.startswith(_MAGIC_BYTES) and hashlib.sha256(body).digest() == data[len(_MAGIC_BYTES) : _HEAD_BYTES]
        if not sound or body[8 : 8 + size] != _text(facts):
            _log.warning("%s: is damaged, making it again", path)
            return None
        return body[8 + size :]

    def store(self, facts: Mapping[str, object], made: bytes) -> Path | None:
        """Write it, there whole or not at all, and forget the oldest. What cannot be kept costs time, not the show."""
        path = self.path(facts)
        if path is None:
            return None
        text = _text(facts)
        body = len(text).to_bytes(8, "little") + text + made
        try:
            write_whole(path, _MAGIC_BYTES + hashlib.sha256(body).digest() + body)
            found = sorted(path.parent.glob(f"*.{self._kind}"), key=lambda p: p.stat().st_mtime, reverse=True)
            for old in found[self._kept :]:
                old.unlink(missing_ok=True)
        except (OSError, LivevizError) as error:
            _log.warning("%s: not kept: %s", self._kind, error)
            return None
        return path


def _text(facts: Mapping[str, object]) -> bytes:
    return json.dumps(facts, sort_keys=True).encode()
