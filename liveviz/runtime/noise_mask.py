"""The image of a mapping file that holds the generator's noise back where it is dark. It comes from anywhere, so it is
measured before it is unpacked, and refused in one line. A live show follows it as it follows the mapping file: saved, it
changes the noise; cut short or taken away, the one before stays."""

import contextlib
import logging
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from liveviz.mapping import Program
from liveviz.runtime import composition
from liveviz.runtime.ipc.shared_memory import Slot
from liveviz.spec import LivevizError, Stems
from liveviz.system import copying
from liveviz.system.image_files import BAD_IMAGE

MAX_SIDE = 4096
MAX_BYTES = 64 * 1024 * 1024
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")
_GONE_STILL = 4  # looks after the one that missed it: an editor that replaces the file takes it away for a moment

Mask = NDArray[np.float32] | None

_log = logging.getLogger("liveviz.runtime")


def of(program: Program) -> Mask:
    """The noise mask of a program as `composition.load_mapping` gives it: float32 `[H, W]`, 0 (black) to 1, upright by
    its EXIF, what is transparent black; None where the file names none. One that is still being copied is waited for.

    Raises: LivevizError: file, what is wrong, what is allowed.
    """
    path = _mask_path(program)
    if path is None:
        return None
    return copying.whole(path, lambda: _read(path))


def _read(path: Path) -> NDArray[np.float32]:
    try:
        if not path.is_file():
            raise LivevizError(f"{path}: noise_mask: there is no such file")
        if path.stat().st_size > MAX_BYTES:
            raise LivevizError(f"{path}: noise_mask: larger than {MAX_BYTES // 1024**2} MiB")
        # Opened here, since Pillow turns a TIFF wrongly that it opens itself and maps
        with warnings.catch_warnings(), path.open("rb") as file, Image.open(file, formats=FORMATS) as image:
            warnings.simplefilter("ignore")  # of sizes that are refused here, and of odd metadata
            if max(image.size) > MAX_SIDE:
                raise LivevizError(f"{path}: noise_mask: {image.width}x{image.height}; at most {MAX_SIDE} each way")
            return _grey(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        raise LivevizError(f"{path}: noise_mask: cannot be read: is no {', '.join(FORMATS)} image") from None
    except BAD_IMAGE as error:
        what = error.strerror if isinstance(error, OSError) and error.strerror else f"{str(error)[:80]}"
        raise LivevizError(f"{path}: noise_mask: cannot be read: {what or 'it is broken'}") from None


def _grey(image: Image.Image) -> NDArray[np.float32]:
    """float32 `[H, W]`, 0 to 1, of an image in any mode. Deep grey is read as it is: Pillow would clip it at 255."""
    if image.mode == "F" or image.mode.startswith("I"):
        levels = np.nan_to_num(np.asarray(image, np.float64))
        if image.mode.startswith("I;16"):
            white = 65535.0
        else:  # such a TIFF does not say what white is
            white = next((top for top in (1.0, 255.0, 65535.0) if levels.max() <= top), float(levels.max()))
        return (levels / white).clip(0.0, 1.0).astype(np.float32)
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, (0, 0, 0, 255)), clear)
    return np.asarray(image.convert("L"), np.float32) / np.float32(255.0)


def _mask_path(program: Program) -> Path | None:
    return None if program.noise_mask is None else Path(program.noise_mask)


class MaskFile:
    """The mask of a live show: looked at now and then, read in the background, handed on when it has changed.

    Args:
        program: that plays. path: of its mapping file. last_good: where the stage keeps the text of the mapping that plays.
        use: takes a new mask, in a thread of its own. model: that the show began with.
    State: the program that names the image, and the file that is watched; `mistake`, what is wrong with what is there now, or
    nothing.
    """

    def __init__(
        self,
        program: Program,
        path: Path,
        last_good: Slot,
        stems: Stems,
        use: Callable[[Mask], object],
        model: str | None = None,
    ) -> None:
        self._model = model
        self._path, self._last_good, self._stems, self._use = path, last_good, stems, use
        self._program = program
        self._read = last_good.sequence
        self._file = copying.Watched(_mask_path(program))
        self._reader: threading.Thread | None = None
        self.mistake = ""

    def step(self) -> None:
        """Look, and begin to read where there is something new that stays as it is for a while."""
        if self._reader is not None and self._reader.is_alive():
            return
        self._file.look()
        named = self._last_good.sequence != self._read
        changed = self._file.new and self._file.still >= (_GONE_STILL if self._file.gone else 1)
        if named or changed:
            if changed:
                self._file.take()
            self._reader = threading.Thread(target=self._work, args=(named, changed), name="noise-mask", daemon=True)
            self._reader.start()

    def _work(self, named: bool, changed: bool) -> None:
        """Read what plays, where it is another mapping, and the image, where it is another image."""
        if named and (found := self._last_good.read()) is not None:
            self._read = found[0]
            before = self._program.noise_mask
            with contextlib.suppress(LivevizError):  # the stage has told it, and plays on with what it had
                self._program = composition.load_mapping(
                    found[1].tobytes().decode(), self._path, self._stems, self._model
                )
            if self._program.noise_mask != before:
                self._file.follow(_mask_path(self._program))
                changed = True
        if not changed:
            return
        try:
            mask = of(self._program)
        except LivevizError as error:
            self.mistake = str(error)
            _log.warning("%s; the noise stays as it was", error)
            return
        self.mistake = ""
        self._use(mask)
        if self._program.noise_mask is not None:
            _log.info("noise mask %s: loaded", Path(self._program.noise_mask).name)

    def close(self) -> None:
        """Wait for what is being read."""
        if self._reader is not None:
            self._reader.join()
