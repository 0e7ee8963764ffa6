"""One file of somebody's, whatever program wrote it: which container it is, what is inside, who can read that. The name of a
file says nothing here; its first bytes and its contents do."""

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from liveviz.models.files import read
from liveviz.models.generator import Generator
from liveviz.models.importing import rosinality, stylegan2, stylegan3, stylegan_xl, tensorflow
from liveviz.models.importing.arrays import Arrays
from liveviz.models.importing.machine import Machine
from liveviz.models.importing.modules import as_module
from liveviz.models.importing.nvidia import Pickle
from liveviz.models.importing.source import Source, shown
from liveviz.models.importing.torch_files import Storages, is_row, read_row, read_zip
from liveviz.spec import LivevizError

MAX_FILE = 8 << 30  # bytes
PLAYABLE = (
    "a StyleGAN2 or StyleGAN3 pickle (.pkl), a TensorFlow-era StyleGAN2 pickle, a rosinality checkpoint (.pt), or a "
    ".safetensors of liveviz"
)


def is_own(path: Path) -> bool:
    """Whether a file is, or claims to be, a container of ours, which needs no import; LivevizError if it cannot be read."""
    with _opened(path) as file:
        return path.suffix == ".safetensors" or file.read(9)[8:] == b"{"


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
    start = source.whole().part(0, min(4, source.size)).read()
    if start == b"PK\x03\x04":
        value, storages = read_zip(source.whole())
    elif start[:1] != b"\x80":
        raise source.fail(f"is no generator file; known are {PLAYABLE}")
    elif is_row(source.whole()):
        value, storages = read_row(source.whole())
    else:
        value, storages = Machine(source.whole()).load(), Storages({})
    arrays = Arrays(source, storages)
    if networks := tensorflow.networks(value):
        kind, (config, weights) = "TensorFlow-era StyleGAN2", tensorflow.convert(source, arrays, networks)
    elif rosinality.recognises(value):
        kind, (config, weights) = "StyleGAN2 by rosinality", rosinality.convert(source, arrays, value)
    else:
        root = as_module(value.get("G_ema") if isinstance(value, dict) else value)
        if root is None:
            raise source.fail(f"holds {_contents(value)} and no G_ema or g_ema; known are {PLAYABLE}")
        pickle = Pickle(source, arrays, root)
        if stylegan3.recognises(pickle):
            kind, (config, weights) = "StyleGAN3", stylegan3.convert(pickle)
        elif stylegan2.recognises(pickle):
            kind, (config, weights) = "StyleGAN2", stylegan2.convert(pickle)
        else:
            raise source.fail(
                f"its G_ema is a {shown(root.class_name)} that is neither a StyleGAN2 nor a StyleGAN3 (FastGAN, which "
                "Projected GAN trains unless told otherwise, is another network)"
            )
        kind += stylegan_xl.NOTE if stylegan_xl.is_used(pickle) else ""
    return Generator(config, weights, path.stem), kind


def _contents(value: object) -> str:
    if isinstance(value, dict):
        return f"a table of {', '.join(shown(name) for name in list(value)[:6]) or 'nothing'}"
    return shown(value)
