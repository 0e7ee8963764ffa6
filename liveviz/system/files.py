"""Files that appear whole or not at all: a show may be cut off at any moment, and what it leaves behind must be good."""

import contextlib
import os
import tempfile
from collections.abc import Collection
from pathlib import Path

from liveviz.spec.errors import LivevizError, UsageError

_LONGEST_WORD_LETTERS = 64  # letters of a word


def write_whole(path: str | Path, data: bytes) -> None:
    """Write `data` beside `path`, then move it there: nobody ever sees half a file. A link is followed, and stays.

    Raises:
        LivevizError: "x/y.json: cannot be written: No such file or directory"
    """
    target = Path(os.path.realpath(path))
    draft: str | None = None
    try:
        if target.exists() and not target.is_file():
            raise LivevizError(f"{path}: cannot be written: it is no ordinary file")
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
            draft = file.name
            file.write(data)
        os.chmod(draft, 0o644)
        os.replace(draft, target)
    except OSError as error:
        if draft is not None:
            with contextlib.suppress(OSError):
                os.unlink(draft)
        raise LivevizError(f"{path}: cannot be written: {error.strerror or error}") from error


def check_suffix(path: str | Path, allowed: Collection[str], what: str) -> None:
    """Return if the name ends in one of `allowed`, such as ".mp4", in any case.

    Raises:
        UsageError: "record 'x.avi': the name must end in .mp4"
    """
    if Path(path).suffix.lower() not in allowed:
        raise UsageError(f"{what} {str(path)!r}: the name must end in {' or '.join(allowed)}")


def check_writable(path: Path, what: str) -> None:
    """Return if a file can be made at `path`, or where it links to; nothing is left behind, no file is touched.

    Raises:
        LivevizError: "record: cannot write /x/y.mp4: No such file or directory"
    """
    target = Path(os.path.realpath(path))
    try:
        if target.is_dir():
            raise LivevizError(f"{what}: cannot write {path}: it is a folder")
        if target.exists():
            if not target.is_file():
                raise LivevizError(f"{what}: cannot write {path}: it is no ordinary file")
            if not os.access(target, os.W_OK):
                raise LivevizError(f"{what}: cannot write {path}: Permission denied")
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix="."):
            pass
    except OSError as error:
        raise LivevizError(f"{what}: cannot write {path}: {error.strerror}") from None


def unused(path: Path) -> Path:
    """`path`, or the first of path-2, path-3 ... that does not exist."""
    number, free = 1, path
    while free.exists() or free.is_symlink():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def claim(path: Path) -> Path:
    """Make an empty file at `path`, or at the first free name of path-2, path-3 ...: nobody else can have it then.

    Raises:
        LivevizError: no file can be made there.
    """
    while True:
        free = unused(path)
        try:
            free.open("xb").close()
            return free
        except FileExistsError:
            continue
        except OSError as error:
            raise LivevizError(f"{free}: cannot be written: {error.strerror or error}") from error


def kept_word(path: Path, allowed: Collection[str]) -> str | None:
    """The word that `keep_word` left in a cache folder; None where there is none, or it is not one of `allowed`."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            word = file.read(_LONGEST_WORD_LETTERS)
    except OSError:
        return None
    return word if word in allowed else None


def keep_word(path: Path, word: str) -> None:
    """Keep a word that was measured: a cache that cannot be written costs the time to measure it again."""
    with contextlib.suppress(OSError, LivevizError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, word.encode("ascii"))
