"""One image as a PNG: what a show leaves behind, and what `liveviz still` writes."""

import io
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveviz.system.files import write_whole

_MOST_TEXT = 4096


def write_png(pixels: NDArray[np.uint8], path: str | Path, command: str) -> None:
    """Write uint8 `[h, w, 3]` (RGB) or `[h, w, 4]` (RGBA), row 0 at the top.

    The file appears whole or not at all.

    Args:
        command: of liveviz, such as `still`; `written_by` answers it.
    Raises:
        LivevizError: the file cannot be written; names it and says why.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    said = PngInfo()
    said.add_text("Software", software_text(command))
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, format="PNG", compress_level=4, pnginfo=said)
    write_whole(path, file.getvalue())


def enlarged(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """uint8 `[h, w, 3]` at `size` (width, height), bilinear, as the window shows it."""
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))


def software_text(command: str) -> str:
    """What a PNG of that command says in its `Software`."""
    return f"liveviz {command}"


def written_by(path: Path) -> str:
    """The command of liveviz that wrote the PNG at `path`; "" for any other file. OSError where it cannot be read."""
    with path.open("rb") as file:
        if file.read(8) != b"\x89PNG\r\n\x1a\n":
            return ""
        while len(head := file.read(8)) == 8:
            size, kind = struct.unpack(">I4s", head)
            if kind == b"tEXt" and size < _MOST_TEXT:
                key, _, text = file.read(size).decode("latin-1").partition("\0")
                if key == "Software":
                    _, is_ours, command = text.partition("liveviz ")
                    return command if is_ours else ""
                size = 0
            elif kind in (b"IDAT", b"IEND"):
                return ""
            file.seek(size + 4, 1)  # and its checksum
    return ""
