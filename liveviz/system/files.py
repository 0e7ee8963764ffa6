"""Files that appear whole or not at all: a show may be cut off at any moment, and what it leaves behind must be good."""

import contextlib
import os
import tempfile
from collections.abc import Collection
from pathlib import Path

from liveviz.spec.errors import LivevizError

_LONGEST = 64  # letters of a word


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


def kept_word(path: Path, allowed: Collection[str]) -> str | None:
    """The word that `keep_word` left in a cache folder; None where there is none, or it is not one of `allowed`."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            word = file.read(_LONGEST)
    except OSError:
        return None
    return word if word in allowed else None


def keep_word(path: Path, word: str) -> None:
    """Keep a word that was measured: a cache that cannot be written costs the time to measure it again."""
    with contextlib.suppress(OSError, LivevizError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, word.encode("ascii"))
