"""Where things lie: the folders that come with the program (in a checkout or in an installed wheel) and the user's cache."""

import functools
import logging
import os
from collections.abc import Sequence
from pathlib import Path

import platformdirs

import liveviz
from liveviz import mapping
from liveviz.runtime import own_files
from liveviz.spec import LivevizError, UsageError
from liveviz.system import files

_PACKAGE_FOLDER = Path(liveviz.__file__).parent
_CHECKOUT_FOLDER = _PACKAGE_FOLDER.parent
_log = logging.getLogger("liveviz.runtime")


def _shipped(name: str) -> Path:
    """`<checkout>/<name>` in a checkout, `liveviz/data/<name>` in an installed wheel."""
    installed = _PACKAGE_FOLDER / "data" / name
    return installed if installed.is_dir() else _CHECKOUT_FOLDER / name


def shaders() -> Path:
    """Folder of the ISF shaders that come with the program."""
    return _shipped("shaders")


def mappings() -> Path:
    """Folder of the mapping files that come with the program."""
    return _shipped("mappings")


def engines() -> Path:
    """Folder of the generator bundles that come with the program."""
    return _shipped("engines")


def mapping_folders() -> list[Path]:
    """Where mapping files are looked for by name while a show plays: the user's own, then those that come with it."""
    return [_own_mappings(), mappings()]


def _own_mappings() -> Path:
    return platformdirs.user_data_path("liveviz") / "mappings"


def own_mapping(shipped: Path) -> Path:
    """Where the user's own copy of a mapping file that comes with the program is kept; its folder is made.

    Raises:
        LivevizError: it cannot be, or a file that somebody else put there has the name already.
    """
    path = _own_mappings() / shipped.name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LivevizError(f"{path.parent}: cannot be made: {error.strerror or error}") from error
    return files.claim(path) if path.exists() else path


def model_folders() -> list[Path]:
    """Where bundles are looked for by name: those that come with the program, then the user's own."""
    return [engines(), platformdirs.user_data_path("liveviz") / "engines"]


def cache() -> Path | None:
    """The user's cache folder for compiled engines; made where it is missing, only for this user.

    None, with a warning, where it cannot be made: engines are compiled again then, and the show goes on.
    """
    return _made(platformdirs.user_cache_path("liveviz"))


@functools.cache  # it is asked for often, and one warning is enough
def _made(folder: Path) -> Path | None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        _log.warning("no cache: %s cannot be made: %s", folder, error.strerror)
        return None
    return folder


def find_mapping(name: str) -> Path:
    """The mapping file of that name or path. A bare name of ours is ours; all else is any file there is.

    Raises:
        LivevizError: "mapping 'x': there is no such file; the ones that come with liveviz: chroma, default, knobs"
    """
    path, shipped = Path(name), mapping.list_files([mappings()])
    if name in shipped:
        return shipped[name]
    try:
        if path.is_file():
            return path
        what = (
            "it is a folder"
            if path.is_dir()
            else "it is no ordinary file"
            if path.exists()
            else "there is no such file"
        )
    except (OSError, ValueError):  # a name too long, or with a NUL in it
        what = "there is no such file"
    raise LivevizError(f"mapping {name!r:.200}: {what}; the ones that come with liveviz: {', '.join(shipped)}")


def check_writable(path: Path, what: str, inputs: Sequence[str | Path | None] = (), command: str | None = None) -> Path:
    """`path`, if a file can be made there, or where it links to; nothing is left behind, no file is touched.

    Args:
        inputs: what the command reads and must not write over; names that are no files are allowed.
        command: that writes it: a file that is there must be one that the same command wrote; None for a file that will
            not be replaced.
    Raises:
        LivevizError: "record: cannot write /x/y.mp4: No such file or directory"; "out: x.mp4 is there already, and
            `liveviz render` did not write it; another name is needed"
        UsageError: "out: x.wav is what is read; another name is needed"
    """
    target = Path(os.path.realpath(path))
    try:
        if target.is_file():
            if any(source and os.path.exists(source) and os.path.samefile(source, target) for source in inputs):
                raise UsageError(f"{what}: {path} is what is read; another name is needed")
            if command is not None and os.access(target, os.W_OK):
                own_files.check_replaceable(target, path, what, command)
    except OSError as error:
        raise LivevizError(f"{what}: cannot write {path}: {error.strerror}") from None
    files.check_writable(path, what)
    return path


def check_new(path: Path, what: str) -> Path:
    """`path`, if a file can be made there and none is there: hours of work are never replaced by others.

    Raises:
        LivevizError: "out: ears.safetensors is there already; another name is needed", or as `check_writable`
    """
    check_writable(path, what)
    if path.exists():
        raise LivevizError(f"{what}: {path} is there already; another name is needed")
    return path


def parse_size(text: str) -> tuple[int, int]:
    """`1280x720` as (1280, 720).

    Raises:
        UsageError: "size '0x0': WIDTHxHEIGHT, each from 16 to 8192, like 1280x720"
    """
    width, _, height = text.lower().partition("x")
    if width.isdecimal() and height.isdecimal() and len(width) < 6 and len(height) < 6:
        size = int(width), int(height)
        if all(16 <= side <= 8192 for side in size):
            return size
    raise UsageError(f"size {text!r}: WIDTHxHEIGHT, each from 16 to 8192, like 1280x720")
