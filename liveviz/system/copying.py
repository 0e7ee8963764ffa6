"""Files that somebody is still copying. `cp`, a sync folder and a slow stick show a file before all of it is there; what is
read of it then is no mistake of anybody's, so it is read again once the file stands still."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from liveviz.spec import LivevizError
from liveviz.system.clock import now, utc

STILL_S = 0.75  # a file that has not changed for so long is as it is meant to be
_LOOK_S = 0.05
_TOUCHED_S = 60.0  # a file that nobody touched for so long is nobody's work: what is wrong with it is told at once

Read = TypeVar("Read")
Stamp = tuple[tuple[int, int], ...]  # (time of the last change in ns, size) of a file, or of every file of a folder


def stamp(path: Path) -> Stamp:
    """What a file looks like from outside, or a folder with the files in it; empty where there is none."""
    try:
        files = [path, *sorted(path.iterdir())] if path.is_dir() else [path]
        return tuple((found.st_mtime_ns, found.st_size) for found in (file.stat() for file in files))
    except (OSError, ValueError):  # gone, or no name that a file can have
        return ()


def whole(path: Path, read: Callable[[], Read]) -> Read:
    """What `read` makes of the file at `path`, read again whenever it fails while the file is changing. It may wait.

    Raises: LivevizError, that of the last try: the file stands still, and is wrong.
    """
    while True:
        before = stamp(path)
        try:
            return read()
        except LivevizError:
            if not _changes(path, before):
                raise


class Watched:
    """A file, or a folder, that is looked at now and then, to be read again where it has become another one.

    The one who watches looks as often as it likes, tries to read what is new once it has stood still for as many looks
    as it wants, and says `take` when that is done with, for better or worse.

    Args:
        path: None watches nothing, which is never new.
    State: how it looked when it was taken, and at the last look; `still`, at how many looks in a row before the last one
    it was as at the last one already.
    """

    def __init__(self, path: Path | None) -> None:
        self.follow(path)

    def follow(self, path: Path | None) -> None:
        """Watch that file from here on; what is there now counts as taken."""
        self._path = path
        self._taken = self._seen = self._stamp()
        self.still = 0

    def look(self) -> None:
        """See what is there."""
        found = self._stamp()
        self.still = self.still + 1 if found == self._seen else 0
        self._seen = found

    @property
    def new(self) -> bool:
        """Whether at the last look something else was there than what was taken."""
        return self._seen != self._taken

    @property
    def gone(self) -> bool:
        """Whether at the last look nothing was there."""
        return not self._seen

    def take(self) -> None:
        """What was there at the last look is not new any more."""
        self._taken = self._seen

    def _stamp(self) -> Stamp:
        return () if self._path is None else stamp(self._path)


def _changes(path: Path, before: Stamp) -> bool:
    """Whether the file has become another one than `before`, once it stands still."""
    seen, since = before, now()
    if all(abs(utc() - changed / 1e9) > _TOUCHED_S for changed, _ in seen) and stamp(path) == seen:
        return False
    while now() - since < STILL_S:
        time.sleep(_LOOK_S)
        if (found := stamp(path)) != seen:
            seen, since = found, now()
    return seen != before
