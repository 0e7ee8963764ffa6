"""A pickle writer for tests, opcode by opcode: what nobody could write with Python's own (a call of what is not there, a tensor
that lies about its size), and nothing of Python's to trust."""

import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Ref:
    """A global, "module name"."""

    name: str


@dataclass
class Do:
    """A call of a global; `items` are set in what it made, `state` makes a BUILD of it, `new` a NEWOBJ."""

    name: str
    args: tuple
    state: Any = None
    new: bool = False
    items: dict[str, Any] | None = None


@dataclass
class Raw:
    """Opcodes as they are."""

    code: bytes


@dataclass
class Persistent:
    """A reference beside the pickle."""

    key: tuple


def emit(value: Any) -> bytes:
    """Opcodes that push `value`, without memo."""
    match value:
        case None:
            return b"N"
        case bool():
            return b"\x88" if value else b"\x89"
        case int() if 0 <= value < 256:
            return b"K" + bytes([value])
        case int() if -(1 << 31) <= value < 1 << 31:
            return b"J" + struct.pack("<i", value)
        case int():
            size = value.bit_length() // 8 + 1
            return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)
        case float():
            return b"G" + struct.pack(">d", value)
        case str():
            raw = value.encode()
            return b"X" + struct.pack("<I", len(raw)) + raw
        case bytes():
            return b"B" + struct.pack("<I", len(value)) + value
        case tuple():
            return b"(" + b"".join(map(emit, value)) + b"t"
        case list():
            return b"](" + b"".join(map(emit, value)) + b"e"
        case dict():
            return b"}(" + b"".join(emit(k) + emit(v) for k, v in value.items()) + b"u"
        case Ref():
            return b"c" + value.name.replace(" ", "\n").encode() + b"\n"
        case Do():
            made = emit(Ref(value.name)) + emit(value.args) + (b"\x81" if value.new else b"R")
            if value.items:
                made += b"(" + b"".join(emit(k) + emit(v) for k, v in value.items.items()) + b"u"
            return made if value.state is None else made + emit(value.state) + b"b"
        case Raw():
            return value.code
        case Persistent():
            return emit(value.key) + b"Q"
    raise TypeError(type(value))


def pickled(value: Any, protocol: int = 4) -> bytes:
    """A whole pickle of `value`."""
    return bytes([0x80, protocol]) + emit(value) + b"."


def payload(array: np.ndarray, kind: str = "FloatStorage", count: int | None = None) -> bytes:
    """torch's older container of one storage."""
    count = array.size if count is None else count
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    reference = Persistent(("storage", Ref(f"torch {kind}"), "1", "cpu", count, None))
    parts = [0x1950A86A20F9469CFC6C, 1001, system, reference, ["1"]]
    return b"".join(pickled(part, 2) for part in parts) + struct.pack("<q", count) + array.tobytes()


def rebuilt(storage: Any, shape: tuple[int, ...], offset: int = 0, stride: tuple[int, ...] | None = None) -> Do:
    """A tensor that looks at a storage."""
    if stride is None:
        stride = tuple(math.prod(shape[n + 1 :]) for n in range(len(shape)))
    return Do(
        "torch._utils _rebuild_tensor_v2", (storage, offset, shape, stride, False, Do("collections OrderedDict", ()))
    )


def tensor(array: np.ndarray) -> Do:
    """A parameter as StyleGAN pickles hold it."""
    array = np.asarray(array, np.float32)
    inner = rebuilt(Do("torch.storage _load_from_bytes", (payload(array),)), array.shape)
    return Do("torch._utils _rebuild_parameter", (inner, True, Do("collections OrderedDict", ())))


def numpy_dtype(kind: str) -> Do:
    """numpy's dtype."""
    return Do("numpy dtype", (kind, False, True), (3, "<", None, None, None, -1, -1, 0))


def numpy_scalar(value: float) -> Do:
    """A number as numpy holds it."""
    return Do("numpy._core.multiarray scalar", (numpy_dtype("f8"), struct.pack("<d", value)))


def numpy_array(array: np.ndarray) -> Do:
    """An array as numpy pickles it."""
    kind = array.dtype.str[1:]
    state = (1, array.shape, numpy_dtype(kind), False, array.tobytes())
    return Do("numpy.core.multiarray _reconstruct", (Ref("numpy ndarray"), (0,), b"b"), state)
