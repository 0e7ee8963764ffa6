"""One file of somebody's, whatever program wrote it: which container it is, what is inside, who can read that. The name of a
file says nothing here; its first bytes and its contents do."""

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from liveviz.models import families
from liveviz.models.files import METADATA_KEY, read
from liveviz.models.generator import Generator
from liveviz.models.importing import states
from liveviz.models.importing.arrays import Arrays
from liveviz.models.importing.machine import Machine
from liveviz.models.importing.modules import Module, as_module
from liveviz.models.importing.opened import Opened
from liveviz.models.importing.source import Source, shown
from liveviz.models.importing.torch_files import Storages, is_row, read_row, read_zip
from liveviz.models.tensors import Container
from liveviz.spec import LivevizError

_GENERATOR_KEYS = ("G_ema", "g_ema", "generator_ema", "ema", "G", "g", "generator")
MAX_FILE = 8 << 30  # bytes


def is_own(path: Path) -> bool:
    """Whether a file is a container of ours, or claims to be, which needs no import; LivevizError if it cannot be read."""
    with _opened(path) as file:
        if path.suffix != ".safetensors" and file.read(9)[8:] != b"{":
            return False
    try:
        container = Container(path)
    except LivevizError:
        return True  # whoever reads it says what is wrong
    return METADATA_KEY in container.metadata or not states.is_one(container.shapes)


def import_file(path: Path) -> tuple[Generator, str]:
    """(generator, what kind of file it was) of any file that people have; nothing that is in the file is run.

    Raises: LivevizError in one line that names the file and what is wrong with it.
    """
    if is_own(path):
        return read(path), "liveviz safetensors"
    with _opened(path) as file:
        return _foreign(path, file)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader]:
    try:
        if path.exists() and not path.is_file():  # a FIFO would wait for ever
            raise LivevizError(f"{path}: cannot be read: it is no ordinary file")
        with path.open("rb") as file:
            if (size := os.fstat(file.fileno()).st_size) > MAX_FILE:  # a hole in a file costs nothing to make
                raise LivevizError(f"{path}: cannot be read: {size} bytes; {MAX_FILE} are allowed")
            yield file
    except OSError as error:
        raise LivevizError(f"{path}: cannot be read: {error.strerror or error}") from error
    except MemoryError as error:
        raise LivevizError(f"{path}: cannot be read: there is not enough memory") from error


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with _opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _foreign(path: Path, file: BinaryIO) -> tuple[Generator, str]:
    source = Source(path, file)
    value, storages = _value(source)
    arrays = Arrays(source, storages)
    root = _root(value)
    opened = Opened(source, arrays, value, root)
    known = families.every()
    read = next((read for family in known.values() if (read := family.read_pickle(opened)) is not None), None)
    if read is None and (state := states.best(source, value)) is not None:
        read = known[state.family].read_state(opened, state)
    if read is None and root is not None:
        kinds = " nor ".join(kind for family in known.values() for kind in family.networks)
        raise source.fail(
            f"its generator is a {shown(root.class_name)} that is neither {kinds} (FastGAN, which Projected GAN trains "
            "unless told otherwise, is another network)"
        )
    if read is None:
        raise source.fail(f"holds {_contents(value)}; looked for {states.looked_for()}")
    kind, config, weights = read
    return Generator(config, weights, path.stem), kind


def _value(source: Source) -> tuple[object, Storages]:
    """What a file says, and where its numbers are."""
    start = source.whole().part(0, min(9, source.size)).read()
    if start[:4] == b"PK\x03\x04":
        return read_zip(source.whole())
    if start[8:] == b"{":
        container = Container(source.path)
        return dict(container.load(container.shapes)), Storages({})
    if start[:1] != b"\x80":
        playable = [family.playable for family in families.every().values() if family.playable]
        raise source.fail(f"is no generator file; known are {', '.join(playable)}, or a .safetensors of liveviz")
    if is_row(source.whole()):
        return read_row(source.whole())
    return Machine(source.whole()).load(), Storages({})


def _root(value: object) -> Module | None:
    """The module of a pickled network that its attributes describe: G_ema, else G, or the whole file; torch's parallel
    wrappers are looked into."""
    places = [value.get(name) for name in _GENERATOR_KEYS] if isinstance(value, dict) else [value]
    root = next((module for module in map(as_module, places) if module is not None), None)
    while root is not None and (inner := as_module(root.table("_modules").get("module"))) is not None:
        root = inner
    return root


def _contents(value: object) -> str:
    if isinstance(value, dict):
        named = next((name for name in _GENERATOR_KEYS if name in value), None)
        if named is not None and not isinstance(value[named], dict):
            return f"{named}, which is {shown(value[named])} and no network"
        return f"a table of {', '.join(shown(name) for name in list(value)[:6]) or 'nothing'}"
    return shown(value)
