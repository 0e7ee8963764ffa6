"""The picture of a mapping file that holds the generator's noise back where it is dark. It comes from anywhere, so it is
measured before it is unpacked, and refused in one line."""

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from liveviz.mapping import Program
from liveviz.spec import LivevizError

MAX_SIDE = 4096
MAX_BYTES = 64 * 1024 * 1024
FORMATS = ("PNG", "JPEG")


def of(program: Program, mapping_file: Path) -> NDArray[np.float32] | None:
    """The noise mask of a program read from `mapping_file`, beside which it lies: float32 `[H, W]`, 0 (black) to 1; None
    where the file names none.

    Raises: LivevizError: file, what is wrong, what is allowed.
    """
    if program.noise_mask is None:
        return None
    path = mapping_file.parent / program.noise_mask
    try:
        if not path.is_file():
            raise LivevizError(f"{path}: noise_mask: there is no such file")
        if path.stat().st_size > MAX_BYTES:
            raise LivevizError(f"{path}: noise_mask: larger than {MAX_BYTES // 1024**2} MiB")
        with warnings.catch_warnings(), Image.open(path, formats=FORMATS) as picture:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its size is checked here
            if max(picture.size) > MAX_SIDE:
                raise LivevizError(f"{path}: noise_mask: {picture.width}x{picture.height}; at most {MAX_SIDE} each way")
            grey = np.asarray(picture.convert("L"), np.float32)  # [H, W]
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        what = error.strerror if isinstance(error, OSError) and error.strerror else "a PNG or JPEG picture is needed"
        raise LivevizError(f"{path}: noise_mask: cannot be read: {what}") from None
    return grey / np.float32(255.0)
