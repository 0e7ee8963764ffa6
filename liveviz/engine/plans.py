"""Compiled plans on disk. A plan is native code: only those that this program wrote are loaded, from a folder that only
this user can write, and only where everything they were built for is still so."""

import hashlib
import json
import logging
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from liveviz.spec import LivevizError, write_whole

KEPT = 16
_MAGIC = b"liveviz-plan-1\n"
_HEAD = len(_MAGIC) + 32

_log = logging.getLogger("liveviz.engine")


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


class Plans:
    """The plans of one kind in one folder.

    Args:
        cache: the program's cache folder; None keeps nothing. Plans go into a folder of their own in it.
        suffix: of the files, like `.plan`.
    """

    def __init__(self, cache: Path | None, suffix: str) -> None:
        self._suffix = suffix
        self._folder = self._open(cache / "plans") if cache is not None else None

    @staticmethod
    def _open(folder: Path) -> Path | None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            _log.warning("plans are not kept: %s cannot be made: %s", folder, error.strerror)
            return None
        if not private(folder):
            _log.warning("plans are neither kept nor loaded: others can write into %s", folder)
            return None
        return folder

    def path(self, facts: Mapping[str, object]) -> Path | None:
        """Where the plan of these facts lies; whatever makes a plan invalid is among the facts."""
        name = hashlib.sha256(_text(facts)).hexdigest()[:32]
        return self._folder / f"{name}{self._suffix}" if self._folder is not None else None

    def load(self, facts: Mapping[str, object]) -> bytes | None:
        """What `store` wrote for exactly these facts; None where there is none, or it is damaged or somebody else's."""
        path = self.path(facts)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode) or (sys.platform != "win32" and found.st_uid != os.getuid()):
                    _log.warning("%s: is not this user's, building again", path)
                    return None
                data = file.read()
        except OSError:
            return None
        body = data[_HEAD:]
        size = int.from_bytes(body[:8], "little")
        sound = data.startswith(_MAGIC) and hashlib.sha256(body).digest() == data[len(_MAGIC) : _HEAD]
        if not sound or body[8 : 8 + size] != _text(facts):
            _log.warning("%s: is damaged, building again", path)
            return None
        return body[8 + size :]

    def store(self, facts: Mapping[str, object], plan: bytes) -> Path | None:
        """Write a plan, there whole or not at all, and forget the oldest. What cannot be kept costs time, not the show."""
        path = self.path(facts)
        if path is None:
            return None
        text = _text(facts)
        body = len(text).to_bytes(8, "little") + text + plan
        try:
            write_whole(path, _MAGIC + hashlib.sha256(body).digest() + body)
            kept = sorted(path.parent.glob(f"*{self._suffix}"), key=lambda p: p.stat().st_mtime, reverse=True)
            for old in kept[KEPT:]:
                old.unlink(missing_ok=True)
        except (OSError, LivevizError) as error:
            _log.warning("the plan is not kept: %s", error)
            return None
        return path


def _text(facts: Mapping[str, object]) -> bytes:
    return json.dumps(facts, sort_keys=True).encode()
