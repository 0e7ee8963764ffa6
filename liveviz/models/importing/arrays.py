"""Numbers out of notes: what a pickle says of a tensor or an array is checked against the bytes that are there, and only then
taken. Nothing is read before somebody asks for it by name, so a file's discriminator and optimiser cost nothing."""

import math

import numpy as np
from numpy.typing import NDArray

from liveviz.models.importing.names import Call, Global, Persistent
from liveviz.models.importing.source import FilePart, Source, shown
from liveviz.models.importing.torch_files import Storage, Storages, read_row
from liveviz.models.tensors import BF16, widened

MAX_RANK = 8
MAX_SIZE = 1 << 40
_DTYPES = frozenset(f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)) | {"f2", "f4", "f8", "b1"}
_NUMPY_MODULES = ("numpy.core.", "numpy._core.")  # before and since numpy 2


class Arrays:
    """The tensors of one file.

    State: the file's budget: one that takes more bytes of tensors than it has is refused.
    Raises: LivevizError in one line, from every method, that names the tensor.
    """

    def __init__(self, source: Source, storages: Storages) -> None:
        self._source = source
        self._storages = storages

    def shape(self, name: str, node: object) -> tuple[int, ...]:
        """The shape that a tensor or an array claims; its numbers are not looked at."""
        node = _unwrapped(node)
        if isinstance(node, np.ndarray):  # of a container whose header was checked
            return node.shape
        match node:
            case Call(name="torch._utils._rebuild_tensor_v2", args=(_, _, tuple() as size, *_)):
                return self._sizes(name, size)
            case Call(name=call, args=(Global(name="numpy.ndarray"), *_), state=(_, tuple() as size, _, _, _)) if (
                _is_numpy(call, "multiarray._reconstruct")
            ):
                return self._sizes(name, size)
            case Call(name=call, args=(_, _, tuple() as size, _)) if _is_numpy(call, "numeric._frombuffer"):
                return self._sizes(name, size)
        if isinstance(node, int | float) or (isinstance(node, Call) and _is_numpy(node.name, "multiarray.scalar")):
            return ()
        raise self._fail(name, f"is {shown(node)}, not a tensor")

    def array(self, name: str, node: object) -> NDArray[np.float32]:
        """A tensor or an array as float32 of its own, finite."""
        node = _unwrapped(node)
        shape = self.shape(name, node)
        if isinstance(node, np.ndarray):
            found: NDArray = node
        elif isinstance(node, Call) and node.name == "torch._utils._rebuild_tensor_v2":
            found = self._tensor(name, node, shape)
        elif isinstance(node, Call) and not _is_numpy(node.name, "multiarray.scalar"):
            found = self._numpy(name, node, shape)
        else:
            found = np.asarray(self.number(name, node))
        with np.errstate(all="ignore"):  # what does not fit float32 is found below
            taken = np.array(found, np.float32, order="C").reshape(shape)
        if not np.isfinite(taken).all():
            raise self._fail(name, "holds values that are not finite")
        return taken

    def number(self, name: str, node: object) -> int | float | bool:
        """A plain number, or one of numpy's."""
        if isinstance(node, bool | int | float):
            return node
        match node:
            case Call(name=call, args=(kind, bytes() as data)) if _is_numpy(call, "multiarray.scalar"):
                dtype = self._dtype(name, kind)
                if len(data) == dtype.itemsize:
                    return np.frombuffer(data, dtype)[0].item()
        raise self._fail(name, f"is {shown(node)}, not a number")

    def numbers(self, name: str, node: object) -> list[int | float | bool]:
        """Numbers in a list, a tuple or a small array."""
        if isinstance(node, list | tuple) and len(node) <= MAX_RANK:
            return [self.number(name, item) for item in node]
        if math.prod(self.shape(name, node)) > MAX_RANK:
            raise self._fail(name, "is too long")
        return [float(value) for value in self.array(name, node).flat]

    def _fail(self, name: str, what: str) -> Exception:
        return self._source.fail(f"tensor {shown(name)}: {what}")

    def _sizes(self, name: str, values: tuple) -> tuple[int, ...]:
        if len(values) > MAX_RANK or not all(type(v) is int and 0 <= v <= MAX_SIZE for v in values):
            raise self._fail(name, f"its shape or strides are not up to {MAX_RANK} whole numbers")
        return values

    def _spend(self, name: str, size: int) -> None:
        budget = self._source.budget
        budget.weights -= size
        if budget.weights < 0:
            raise self._fail(name, "the same bytes are used for many tensors")

    def _tensor(self, name: str, node: Call, shape: tuple[int, ...]) -> NDArray:
        match node.args:
            case (storage, int(offset), _, tuple() as stride, *_) if len(stride) == len(shape) and offset >= 0:
                stride = self._sizes(name, stride)
            case _:
                raise self._fail(name, "its offset, shape and strides do not go together")
        found = self._storage(name, storage)
        count = math.prod(shape)
        last = offset + sum((d - 1) * s for d, s in zip(shape, stride, strict=True)) if count else 0
        if last >= max(found.count, 1) or count > found.count:
            raise self._fail(name, f"shape {list(shape)} reaches outside its {found.count} numbers")
        if not count:
            return np.zeros(shape, np.float32)
        item = found.dtype.itemsize
        self._spend(name, (last + 1 - offset) * item)
        data = found.part.part(offset * item, (last + 1 - offset) * item).read()
        steps = [s * item for s in stride]
        numbers: NDArray = np.ndarray(shape, found.dtype, data, strides=steps)
        return widened(numbers) if found.dtype == BF16 else numbers

    def _storage(self, name: str, node: object) -> Storage:
        if isinstance(node, Persistent):
            return self._storages.find(node, self._source.whole())
        match node:
            case Call(name="torch.storage._load_from_bytes", args=(FilePart() as payload,)):
                value, storages = read_row(payload)
                if isinstance(value, Persistent):
                    return storages.find(value, payload)
        raise self._fail(name, "has no storage that can be read")

    def _numpy(self, name: str, node: Call, shape: tuple[int, ...]) -> NDArray:
        if _is_numpy(node.name, "numeric._frombuffer"):
            data, kind, _, order = node.args
            fortran = order == "F"
        else:
            _, _, kind, fortran, data = node.state
        dtype = self._dtype(name, kind)
        size = math.prod(shape) * dtype.itemsize
        match data:
            case bytes() | FilePart():
                length = data.size if isinstance(data, FilePart) else len(data)
            case Call(name="_codecs.encode", args=(str() as text, "latin1")):
                data, length = _latin1(text), len(text)
            case _:
                raise self._fail(name, "has no bytes that can be read")
        if data is None or length != size:
            raise self._fail(name, f"shape {list(shape)} needs {size} bytes, {length} are there")
        self._spend(name, size)
        raw = data.read() if isinstance(data, FilePart) else data
        return np.frombuffer(raw, dtype).reshape(shape, order="F" if fortran is True else "C")

    def _dtype(self, name: str, node: object) -> np.dtype:
        match node:
            case Call(name="numpy.dtype", args=(str(kind), *_), state=None | (_, "<" | "|" | ">", *_) as state):
                if kind in _DTYPES:
                    return np.dtype(kind).newbyteorder(state[1] if state else "<")
        raise self._fail(name, "is no array of plain numbers")


def _unwrapped(node: object) -> object:
    """The tensor that a parameter is."""
    match node:
        case Call(
            name="torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state", args=(inner, *_)
        ):
            return inner
        case Call(name="torch._tensor._rebuild_from_type_v2", args=(Global(name=made), _, tuple() as args, *_)):
            return Call(made, args)
    return node


def _is_numpy(call: str, name: str) -> bool:
    return call in (_NUMPY_MODULES[0] + name, _NUMPY_MODULES[1] + name)


def _latin1(text: str) -> bytes | None:
    try:
        return text.encode("latin1")
    except UnicodeEncodeError:
        return None
