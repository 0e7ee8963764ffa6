"""torch's two containers of tensors, read as data: the older one (a row of pickles, then the numbers; StyleGAN pickles have
one of these inside every tensor) and the zip of today's `.pt`. Both give a symbolic value and, by key, where in the file
the numbers of each storage lie.

Source: the layout that torch writes, as shared by its documentation and visible in any file.
"""

import itertools
import struct
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np

from liveviz.models.importing.machine import Machine
from liveviz.models.importing.names import Global, Persistent
from liveviz.models.importing.source import FilePart, shown
from liveviz.models.tensors import BF16

TORCH_MAGIC = 0x1950A86A20F9469CFC6C
TORCH_VERSION = 1001
MAX_DIRECTORY = 2 << 20  # bytes of a zip's list of entries
MAX_NUMBERS = 1 << 40
_ENTRY_STRUCT = struct.Struct("<4s5H3I2H")  # a zip's local header
_BAD_ZIP = (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, struct.error, OverflowError)
_STORAGE_DTYPES: dict[str, np.dtype] = {
    "torch.BFloat16Storage": BF16,
    "torch.FloatStorage": np.dtype("<f4"),
    "torch.HalfStorage": np.dtype("<f2"),
    "torch.DoubleStorage": np.dtype("<f8"),
    "torch.LongStorage": np.dtype("<i8"),
    "torch.IntStorage": np.dtype("<i4"),
    "torch.ShortStorage": np.dtype("<i2"),
    "torch.CharStorage": np.dtype("<i1"),
    "torch.ByteStorage": np.dtype("<u1"),
    "torch.BoolStorage": np.dtype("|b1"),
}


@dataclass(frozen=True, slots=True)
class Storage:
    """The numbers of one or more tensors: where they lie and what they are."""

    part: FilePart
    dtype: np.dtype
    count: int


class Storages:
    """The storages beside one pickle, by key.

    Raises: LivevizError where the file has not the bytes that its pickle speaks of.
    """

    def __init__(self, parts: dict[str, FilePart]) -> None:
        self._parts = parts

    def find(self, reference: Persistent, part: FilePart) -> Storage:
        """The storage that `reference`, met in `part`, speaks of."""
        key, dtype, count = described(reference, part)
        if key not in self._parts:
            raise part.source.fail(f"has no numbers for the storage {shown(key)}")
        found = self._parts[key]
        if found.size != count * dtype.itemsize:
            raise part.source.fail(f"storage {shown(key)}: {found.size} bytes for {count} numbers of {dtype.itemsize}")
        return Storage(found, dtype, count)


def described(reference: Persistent, part: FilePart) -> tuple[str, np.dtype, int]:
    """(key, dtype, how many numbers) of a persistent id `('storage', class, key, location, count[, None])`."""
    match reference.key:
        case ("storage", Global(name=kind), str(key), str(), int(count), *rest) if rest in ([], [None]):
            if kind not in _STORAGE_DTYPES:
                raise part.source.fail(f"storage {shown(key)}: {shown(kind)} cannot be read")
            if not 0 <= count <= MAX_NUMBERS:
                raise part.source.fail(f"storage {shown(key)}: has {shown(count)} numbers")
            return key, _STORAGE_DTYPES[kind], count
    raise part.source.fail("refers to something that is no storage of torch")


def is_row(part: FilePart) -> bool:
    """Whether a part begins as torch's older container does."""
    magic = b"\x8a\x0a" + TORCH_MAGIC.to_bytes(10, "little")
    start = part.part(0, min(32, part.size)).read()
    return start[:1] == b"\x80" and start[2 : 2 + len(magic)] == magic


def read_row(part: FilePart) -> tuple[Any, Storages]:
    """The value and the storages of torch's older container: five pickles, then the numbers of every storage in turn."""
    source = part.source
    plain = Machine(part)
    if not is_row(part) or plain.load() != TORCH_MAGIC or plain.load() != TORCH_VERSION:
        raise source.fail("is no file of torch: magic number or version is wrong")
    system = plain.load()
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise source.fail("was written on a big-endian machine")
    machine = Machine(part.part(plain.position - part.start, part.end - plain.position), persistent=True)
    value = machine.load()
    kinds: dict[str, tuple[np.dtype, int]] = {}
    for reference in machine.references:
        key, dtype, count = described(reference, part)
        if kinds.setdefault(key, (dtype, count)) != (dtype, count):
            raise source.fail(f"storage {shown(key)}: is described twice, and not alike")
    keys = machine.load()
    if not isinstance(keys, list) or len(keys) != len(kinds) or not all(type(k) is str and k in kinds for k in keys):
        raise source.fail("lists other storages than its tensors have")
    position, parts = machine.position, {}
    for key in dict.fromkeys(keys):
        dtype, count = kinds[key]
        (written,) = struct.unpack("<q", part.part(position - part.start, 8).read())
        if written != count:
            raise source.fail(f"storage {shown(key)}: {written} numbers where its tensors have {count}")
        parts[key] = part.part(position + 8 - part.start, count * dtype.itemsize)
        position = parts[key].end
    if position != part.end or len(parts) != len(kinds):
        raise source.fail(f"has {part.end - position} bytes too many after its last storage")
    return value, Storages(parts)


class _Bounded:
    """A file for zipfile, which takes a whole list of entries into memory, however long it claims to be."""

    def __init__(self, part: FilePart) -> None:
        self._file, self._end = part.source.file, part.end
        self.seek, self.tell, self.seekable = self._file.seek, self._file.tell, self._file.seekable

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            size = self._end - self._file.tell()
        if not 0 <= size <= MAX_DIRECTORY:
            raise zipfile.BadZipFile(f"list of entries of {size} bytes")
        return self._file.read(size)


def read_zip(part: FilePart) -> tuple[Any, Storages]:
    """The value and the storages of a `.pt` of today: `<name>/data.pkl` and `<name>/data/<key>`, stored as they are."""
    source = part.source
    try:
        with zipfile.ZipFile(_Bounded(part)) as archive:
            entries = archive.infolist()
    except _BAD_ZIP as error:
        raise source.fail(f"is no zip that can be read: {shown(str(error))}") from error
    found: dict[str, FilePart] = {}
    for entry in entries:
        if entry.orig_filename in found or entry.filename != entry.orig_filename:
            raise source.fail(f"entry {shown(entry.orig_filename)}: is there twice, or its name is a trick")
        found[entry.filename] = _stored(part, entry)
    spans = sorted((p.start, p.end) for p in found.values() if p.size)
    if any(start < end for (_, end), (start, _) in itertools.pairwise(spans)):
        raise source.fail("is a zip whose entries lie over each other")
    pickles = [name for name in found if name == "data.pkl" or name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise source.fail(f"is no file of torch: its zip has {len(pickles)} entries data.pkl, not one")
    folder = pickles[0].removesuffix("data.pkl")
    order = found.get(f"{folder}byteorder")
    if order is not None and order.part(0, min(16, order.size)).read() != b"little":
        raise source.fail("was written on a big-endian machine")
    pickle = found[pickles[0]]
    machine = Machine(pickle, persistent=True)
    value = machine.load()
    if machine.position != pickle.end:
        raise source.fail("has bytes after its pickle")
    prefix = f"{folder}data/"
    return value, Storages({name.removeprefix(prefix): p for name, p in found.items() if name.startswith(prefix)})


def _stored(part: FilePart, entry: zipfile.ZipInfo) -> FilePart:
    """Where the bytes of one entry lie; LivevizError where they are packed, locked, or its two headers differ."""
    name = shown(entry.filename)
    if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 or entry.file_size != entry.compress_size:
        raise part.source.fail(f"entry {name}: is packed or locked; torch stores entries as they are")
    header = _ENTRY_STRUCT.unpack(part.part(entry.header_offset, _ENTRY_STRUCT.size).read())
    start = entry.header_offset + _ENTRY_STRUCT.size
    if header[0] != b"PK\x03\x04" or part.part(start, header[9]).read() != entry.filename.encode():
        raise part.source.fail(f"entry {name}: is another one than the zip's list says")
    return part.part(start + header[9] + header[10], entry.file_size)
