"""Our own reader and writer of the safetensors container, because what comes from outside is hostile until checked and
the bare GPU machines have numpy alone. Nothing is allocated for a claim of the header that the file's length does
not bear out; the file is read, not mapped, so that one that is cut meanwhile cannot kill the program."""

import json
import math
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import LivevizError
from liveviz.system.files import write_whole

MAX_HEADER = 1 << 20
MAX_TENSORS = 4096
# bfloat16 is float32 without its lower half. Numpy has no such type; this one has its size, and nothing else has its name.
BF16 = np.dtype([("bf16", "<u2")])
_DTYPES: dict[str, np.dtype] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": BF16}


def widened(numbers: NDArray) -> NDArray[np.float32]:
    """Numbers of dtype BF16 as float32, any shape."""
    return (numbers["bf16"].astype(np.uint32) << 16).view(np.float32)


class Container:
    """The checked header of one safetensors file.

    metadata: strings by name.
    shapes: shape by tensor name.
    Raises: LivevizError in one line for anything that is not a whole, well-formed file of float16, bfloat16 and float32 tensors.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if path.exists() and not path.is_file():  # a FIFO would wait for ever
                raise self.fail("cannot be read: it is no ordinary file")
            with path.open("rb") as file:
                self._read_header(file, os.fstat(file.fileno()).st_size)
        except OSError as error:
            raise LivevizError(f"{path}: cannot be read: {error.strerror or error}") from error

    def fail(self, what: str) -> LivevizError:
        """The error for this file, to be raised."""
        return LivevizError(f"{self.path}: {what}")

    def _read_header(self, file: BinaryIO, size: int) -> None:
        start = file.read(8)
        if len(start) < 8:
            raise self.fail(f"is no safetensors file: {size} bytes long")
        (length,) = struct.unpack("<Q", start)
        if not 2 <= length <= MAX_HEADER:
            raise self.fail(f"is no safetensors file: header of {length} bytes (2 to {MAX_HEADER} are allowed)")
        if length > size - 8:
            raise self.fail(f"is cut: header of {length} bytes in a file of {size}")
        header = self._parse(file.read(length))
        metadata = header.pop("__metadata__", {})
        if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
            raise self.fail("metadata is not a table of strings")
        if len(header) > MAX_TENSORS:
            raise self.fail(f"holds {len(header)} tensors; at most {MAX_TENSORS} are allowed")
        self.metadata: dict[str, str] = metadata
        self._start = 8 + length
        self._size = size - self._start
        self._entries = {name: self._entry(name, entry) for name, entry in header.items()}
        self.shapes = {name: shape for name, (_, shape, _, _) in self._entries.items()}
        self._check_layout()

    def _parse(self, raw: bytes) -> dict[str, Any]:
        try:
            header = json.loads(raw.decode("utf-8"), object_pairs_hook=_no_twice)
        except (ValueError, RecursionError) as error:
            raise self.fail(f"header is not JSON: {str(error)[:80]}") from error
        if not isinstance(header, dict):
            raise self.fail("header is not a table of tensors")
        return header

    def _entry(self, name: str, entry: object) -> tuple[np.dtype, tuple[int, ...], int, int]:
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise self.fail(f"tensor {name:.60}: needs exactly dtype, shape and data_offsets")
        if entry["dtype"] not in list(_DTYPES):  # a list: what the header holds may have no hash
            raise self.fail(f"tensor {name:.60}: dtype {entry['dtype']!r:.20} is none of {', '.join(_DTYPES)}")
        dtype = _DTYPES[entry["dtype"]]
        shape, offsets = entry["shape"], entry["data_offsets"]
        if not _is_sizes(shape) or len(shape) > 8:
            raise self.fail(f"tensor {name:.60}: shape {shape!r:.60} is not a list of sizes")
        if not _is_sizes(offsets) or len(offsets) != 2:
            raise self.fail(f"tensor {name:.60}: data_offsets {offsets!r:.60} are not two positions")
        if offsets[1] - offsets[0] != math.prod(shape) * dtype.itemsize:
            raise self.fail(f"tensor {name:.60}: data_offsets {offsets!r:.60} do not fit its shape {shape!r:.60}")
        return dtype, tuple(shape), offsets[0], offsets[1]

    def _check_layout(self) -> None:
        position = 0
        for name, (_, _, begin, end) in sorted(self._entries.items(), key=lambda item: item[1][2:]):
            if begin != position:
                raise self.fail(f"tensor {name:.60}: starts at byte {begin}, expected {position}")
            position = end
        if position > self._size:
            raise self.fail(f"is cut: {self._size} bytes of data where its header says {position}")
        if position < self._size:
            raise self.fail(f"has {self._size - position} bytes too many after its last tensor")

    def load(self, expected: Mapping[str, tuple[int, ...]]) -> dict[str, NDArray[np.float32]]:
        """All tensors as float32, in the order of `expected`; LivevizError where name, shape or value is wrong."""
        for name, shape in expected.items():
            if name not in self.shapes:
                raise self.fail(f"tensor {name} is missing")
            if self.shapes[name] != shape:
                raise self.fail(f"tensor {name}: shape {list(self.shapes[name])}, expected {list(shape)}")
        if unknown := sorted(set(self.shapes) - set(expected)):
            raise self.fail(f"tensor {unknown[0]:.60} does not belong to such a file")
        try:
            with self.path.open("rb") as file:
                file.seek(self._start)
                data = file.read(self._size)
        except OSError as error:
            raise self.fail(f"cannot be read: {error.strerror or error}") from error
        if len(data) != self._size:
            raise self.fail("was cut while it was read")
        tensors = {}
        for name, shape in expected.items():
            dtype, _, begin, _ = self._entries[name]
            stored = np.frombuffer(data, dtype, math.prod(shape), begin)
            tensor = (widened(stored) if dtype == BF16 else stored.astype(np.float32)).reshape(shape)
            if not np.isfinite(tensor).all():
                raise self.fail(f"tensor {name} holds values that are not finite")
            tensors[name] = tensor
        return tensors


def _is_sizes(value: object) -> bool:
    return isinstance(value, list) and all(type(v) is int and 0 <= v < 1 << 40 for v in value)


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a name appears twice")
    return table


def save(
    path: Path, tensors: Mapping[str, NDArray[np.float32]], metadata: Mapping[str, str], fp16: bool = False
) -> None:
    """Write a safetensors file at once or not at all.

    Args:
        path: where; an older file there is replaced.
        fp16: store float16; LivevizError where a value does not fit.
    """
    dtype, kind = (np.dtype("<f2"), "F16") if fp16 else (np.dtype("<f4"), "F32")
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    parts, position = [], 0
    for name, tensor in tensors.items():
        with np.errstate(over="ignore"):  # what overflows is found below and named
            stored = np.asarray(tensor).astype(dtype)
        if not np.isfinite(stored).all():
            raise LivevizError(f"{path}: tensor {name} does not fit {kind}: largest value {np.abs(tensor).max():.4g}")
        parts.append(stored.tobytes())
        end = position + stored.nbytes
        header[name] = {"dtype": kind, "shape": list(stored.shape), "data_offsets": [position, end]}
        position = end
    raw = json.dumps(header, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)
    write_whole(path, struct.pack("<Q", len(raw)) + raw + b"".join(parts))
