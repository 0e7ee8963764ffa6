"""A folder of somebody's images, read once, brought to one size and kept as bytes. It comes from outside: a file that
is broken, huge or no image is left out with a line that names it, and the rest is learned from."""

import hashlib
import json
import logging
import os
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from liveviz.learning.levels import from_bytes
from liveviz.spec import LivevizError
from liveviz.system.files import write_whole

if TYPE_CHECKING:
    from PIL import Image

log = logging.getLogger("liveviz.learning")

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
"""Of the files that are looked at; what is in one is read from its bytes."""
PILLOW_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""What may be in them, by Pillow's names."""
MAX_FILES = 1_000_000
"""In a folder of images, with all below it."""
MAX_FILE_BYTES = 256 << 20
"""Of one file."""
MAX_PIXELS = 64_000_000
"""Of one image, width times height."""
SMALLEST_SIDE_PIXELS = 8
"""Pixels."""
FILES_AT_ONCE = 512  # files in memory at once
BYTES_FILE, TABLE_FILE = "pictures.bytes", "pictures.json"
"""Names of the two files in which the images of a folder are kept ready, at the size of the run."""
MOST_NAMED_FILES = 10  # files that are left out are named up to here, and counted after


@dataclass(frozen=True)
class ImageSet:
    """pixels: uint8 `[n, 3, h, w]`. classes: index into names `[n]`, all 0 where there are no names. key: which they are."""

    pixels: NDArray[np.uint8]
    classes: Tensor
    names: tuple[str, ...]
    key: str

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, chosen: Tensor, device: torch.device | str = "cpu") -> Tensor:
        """Some of them as float32 `[n, 3, h, w]` in ±1; they travel as bytes."""
        return from_bytes(self.pixels[chosen.numpy()], device)


def find(folder: Path) -> tuple[list[Path], list[int], tuple[str, ...]]:
    """The image files of a folder, the class of each, the class names: those of its sub-folders that hold images.

    Raises: LivevizError where there is no such folder or no image in it.
    """
    if not folder.is_dir():
        raise LivevizError(f"{folder}: there is no such folder")
    loose, by_class = [], {}
    others: Counter[str] = Counter()  # files of other kinds, by suffix
    try:
        here = folder.resolve()
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not here.is_relative_to(path.resolve()):  # a link back to where we are is no class
                if found := sorted(p for p in path.rglob("*") if _is_image(p, others)):
                    by_class[path.name] = found
            elif _is_image(path, others):
                loose.append(path)
    except OSError as error:
        raise LivevizError(f"{folder}: cannot be read: {error.strerror or error}") from error
    if others:
        said = ", ".join(f"{count} {suffix}" for suffix, count in others.most_common(5))
        log.warning("%s: files of other kinds are left out: %s", folder, said)
    if loose and by_class:
        log.warning("%s: %d images are in no sub-folder and left out", folder, len(loose))
    names = tuple("".join(letter if letter.isprintable() else "_" for letter in name) for name in by_class)
    files = [p for found in by_class.values() for p in found] or loose
    if not files:
        raise LivevizError(f"{folder}: holds no images ({', '.join(IMAGE_SUFFIXES)})")
    if len(files) > MAX_FILES:
        raise LivevizError(f"{folder}: {len(files)} images; at most {MAX_FILES}")
    classes = [index for index, found in enumerate(by_class.values()) for _ in found] or [0] * len(files)
    return files, classes, names


def _is_image(path: Path, others: Counter[str]) -> bool:
    """Whether it is one by its name; a file that is not is counted in `others`."""
    suffix = path.suffix.lower()
    if path.name.startswith(".") or not path.is_file():
        return False
    if suffix not in IMAGE_SUFFIXES:
        others[suffix or "without a suffix"] += 1
    return suffix in IMAGE_SUFFIXES


def read_image(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """One file, cut to the shape of `size` (width, height) around its middle and brought to it: uint8 `[3, h, w]`.

    Upright by its EXIF; what is transparent is black; of an animation the first frame; 16 bits become 8.

    Raises: LivevizError "x.png: is no image that can be read: ..."
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    from liveviz.system.image_files import BAD_IMAGE

    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise LivevizError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes that are refused here, and of odd metadata
            # Opened here, since Pillow turns a TIFF wrongly that it opens itself and maps
            with path.open("rb") as file, Image.open(file, formats=PILLOW_FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise LivevizError(f"{path}: {image.width}x{image.height}; at most {MAX_PIXELS:,} pixels")
                if min(image.size) < SMALLEST_SIDE_PIXELS:
                    raise LivevizError(
                        f"{path}: {image.width}x{image.height}; at least {SMALLEST_SIDE_PIXELS} pixels a side"
                    )
                image.draft("RGB", (2 * size[0], 2 * size[1]))  # a JPEG need not be decoded whole
                fitted = ImageOps.fit(_coloured(ImageOps.exif_transpose(image)), size, Image.Resampling.LANCZOS)
    except BAD_IMAGE as error:
        why = "its content is none" if isinstance(error, UnidentifiedImageError) else str(error)[:80]
        raise LivevizError(f"{path}: is no image that can be read: {why}") from None
    return np.ascontiguousarray(np.asarray(fitted).transpose(2, 0, 1))


def _coloured(image: "Image.Image") -> "Image.Image":
    """Any image as 8-bit RGB."""
    from PIL import Image

    if image.mode == "F" or image.mode.startswith("I"):  # deep grey, which Pillow would clip
        levels = np.nan_to_num(np.asarray(image, dtype=np.float64))
        top = 65535.0 if levels.max() > 255.0 else 255.0 if levels.max() > 1.0 else 1.0
        return Image.fromarray((levels / top * 255.0).clip(0.0, 255.0).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, (0, 0, 0, 255)), clear).convert("RGB")
    return image.convert("RGB")


def read_some(
    files: Sequence[Path], size: tuple[int, int], each: Callable[[int], None] = lambda done: None
) -> tuple[list[int], list[NDArray[np.uint8]]]:
    """Those of the files that can be read: their places in `files`, and their pixels; `each(done)` after every file."""
    places, found, bad = [], [], 0
    for place, path in enumerate(files):
        try:
            found.append(read_image(path, size))
            places.append(place)
        except LivevizError as error:
            bad += 1
            if bad <= MOST_NAMED_FILES:
                log.warning("left out: %s", error)
        each(place + 1)
    if bad > MOST_NAMED_FILES:
        log.warning("left out: %d images more that cannot be read", bad - MOST_NAMED_FILES)
    return places, found


def read_folder(
    folder: Path, size: tuple[int, int], cache: Path, each: Callable[[int, int], None] = lambda done, total: None
) -> ImageSet:
    """All images of a folder at one size (width, height); they are kept in the folder `cache` for the next time.

    each: called with files read and files in all.
    Raises: LivevizError where there is no image that can be read, or no room for the cache.
    """
    files, classes, names = find(folder)  # before anything is made
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LivevizError(f"{cache}: cannot be made: {error.strerror or error}") from error
    facts = [(str(p.relative_to(folder)), (s := p.stat()).st_size, s.st_mtime_ns) for p in files]
    key = hashlib.sha256(json.dumps([size, facts]).encode()).hexdigest()
    table = cache / TABLE_FILE
    kept = _kept(cache, key, size)
    if kept is None:
        kept = [classes[place] for place in _convert(files, size, cache / BYTES_FILE, each)]
        write_whole(table, json.dumps({"key": key, "classes": kept}).encode())
    return ImageSet(_mapped(cache / BYTES_FILE, len(kept), size), torch.tensor(kept), names, key)


def _mapped(path: Path, count: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.memmap(path, np.uint8, "r", shape=(count, 3, size[1], size[0]))


def _kept(cache: Path, key: str, size: tuple[int, int]) -> list[int] | None:
    """The classes of the images in the cache, if it is whole and of that key."""
    try:
        found = json.loads((cache / TABLE_FILE).read_bytes())
        classes = [int(c) for c in found["classes"]]
        whole = (cache / BYTES_FILE).stat().st_size == len(classes) * 3 * size[0] * size[1]
        return classes if whole and found["key"] == key else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _told(each: Callable[[int, int], None], before: int, total: int, done: int) -> None:
    each(before + done, total)


def _convert(files: list[Path], size: tuple[int, int], out: Path, each: Callable[[int, int], None]) -> list[int]:
    """Write the bytes of every file that can be read to `out`, part by part; their places in `files`."""
    draft = out.with_name(f".{out.name}")
    places: list[int] = []
    try:
        with draft.open("wb") as file:
            for start in range(0, len(files), FILES_AT_ONCE):
                found, pixels = read_some(
                    files[start : start + FILES_AT_ONCE], size, partial(_told, each, start, len(files))
                )
                places += [start + place for place in found]
                for one in pixels:
                    file.write(one.tobytes())
        if not places:
            raise LivevizError(f"{files[0].parent}: holds no image that can be read")
        os.replace(draft, out)
    except OSError as error:
        raise LivevizError(f"{out}: cannot be written: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return places
