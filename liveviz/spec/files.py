"""Files that appear whole or not at all: a show may be cut off at any moment, and what it leaves behind must be good."""

import contextlib
import os
import tempfile
from pathlib import Path

from liveviz.spec.errors import LivevizError


def write_whole(path: str | Path, data: bytes) -> None:
    """Write `data` beside `path`, then move it there: nobody ever sees half a file.

    Raises:
        LivevizError: "x/y.json: cannot be written: No such file or directory"
    """
    path = Path(path)
    draft: str | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            draft = file.name
            file.write(data)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except OSError as error:
        if draft is not None:
            with contextlib.suppress(OSError):
                os.unlink(draft)
        raise LivevizError(f"{path}: cannot be written: {error.strerror or error}") from error
