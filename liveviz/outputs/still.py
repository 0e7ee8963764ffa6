"""One picture as a PNG: what a show leaves behind, and what `liveviz still` writes."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import LivevizError


def write_png(pixels: NDArray[np.uint8], path: str | Path) -> None:
    """Write uint8 `[h, w, 3]` (RGB) or `[h, w, 4]` (RGBA), row 0 at the top.

    The file appears whole or not at all: it is written beside its place and then moved there.

    Raises:
        LivevizError: the file cannot be written; names it and says why.
    """
    from PIL import Image

    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            Image.fromarray(np.ascontiguousarray(pixels)).save(draft, format="PNG", compress_level=4)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise LivevizError(f"cannot write {path}: {error.strerror or error}") from error
