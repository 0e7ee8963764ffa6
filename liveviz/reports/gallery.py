"""Every class of a generator at the size of a wall, and a page that shows them."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from liveviz import models
from liveviz.engine import Backend
from liveviz.models import Generator
from liveviz.runtime.on_canvas import on_canvas
from liveviz.spec import LivevizError
from liveviz.system.files import write_whole

PAGE_FILE = "README.md"
MOST_BYTES = 145_000
"""Of one image: twenty of them are a page that loads on a phone."""
_HEAD = "# Gallery\n"
_PSI = 0.8
_JPEG_QUALITIES = (92, 88, 84, 80, 74, 68, 60, 50, 40)


def write(
    generator: Generator,
    backend: Backend,
    folder: Path,
    size: tuple[int, int],
    seed: int,
    shown: Callable[[float], None],
) -> list[Path]:
    """Write `CLASS.jpg` for every class and the page into `folder`, and say which files that were.

    Args:
        backend: that draws it. size: (width, height) of the canvas. seed: of the first class; each has the next one.
        shown: told the share that is done.
    Raises: LivevizError where the generator has no classes, or the folder holds a page of somebody else.
    """
    names = generator.card.class_names if generator.card is not None else ()
    if not names:
        raise LivevizError(f"{generator.name}: its card names no classes, so there is nothing to show one by one")
    page = folder / PAGE_FILE
    if folder.exists() and any(folder.iterdir()) and not (page.exists() and page.read_text("utf-8").startswith(_HEAD)):
        raise LivevizError(f"out: {folder} holds other things than a gallery; another name is needed")
    folder.mkdir(parents=True, exist_ok=True)
    lines = [_HEAD, f"Every class of `{generator.name}`, at {size[0]}x{size[1]}: `liveviz model gallery`.\n"]
    written = [page]
    for n, name in enumerate(names):
        c = np.eye(len(names), dtype=np.float32)[n : n + 1]
        ws = backend.ws(models.latent(seed + n, generator.config.z_dim), c, _PSI)
        (pixels,) = on_canvas(backend.image_frames(ws), size)
        written.append(folder / f"{name}.jpg")
        write_whole(written[-1], _jpeg(Image.fromarray(pixels)))
        lines.append(f"## {name}\n\n![{name}]({name}.jpg)\n")
        shown((n + 1) / len(names))
    write_whole(page, "\n".join(lines).encode())
    return written


def _jpeg(image: Image.Image) -> bytes:
    """As good as MOST_BYTES allow."""
    for quality in _JPEG_QUALITIES:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality, optimize=True)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()
