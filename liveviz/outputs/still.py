"""One picture as a PNG: what a show leaves behind, and what `liveviz still` writes."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import write_whole


def write_png(pixels: NDArray[np.uint8], path: str | Path) -> None:
    """Write uint8 `[h, w, 3]` (RGB) or `[h, w, 4]` (RGBA), row 0 at the top.

    The file appears whole or not at all.

    Raises:
        LivevizError: the file cannot be written; names it and says why.
    """
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, format="PNG", compress_level=4)
    write_whole(path, file.getvalue())
