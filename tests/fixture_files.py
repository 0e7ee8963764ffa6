"""A reader of the stylegan2-ada fixtures, for tests only. It walks the pickle's opcodes and builds inert data: nothing
that the file names is imported or called."""

import io
import pickletools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from liveviz.models import Generator, GeneratorConfig

FIXTURES = Path(__file__).resolve().parents[2] / "shared" / "fixtures"
_STORAGE = {"FloatStorage": "<f4", "HalfStorage": "<f2", "LongStorage": "<i8"}


@dataclass
class Call:
    """What a pickle wanted to call: kept, never called."""

    name: str
    args: tuple
    state: Any = None
    items: dict = field(default_factory=dict)


def _call(name: str, args: tuple) -> Any:
    if name in ("collections.OrderedDict", "dnnlib.util.EasyDict"):
        return {}
    if name == "torch._utils._rebuild_parameter":
        return args[0]
    if name == "torch._utils._rebuild_tensor_v2":
        storage, offset, size, stride = args[:4]
        step = storage.itemsize
        return np.lib.stride_tricks.as_strided(storage[offset:], size, [s * step for s in stride]).copy()
    if name == "torch.storage._load_from_bytes":
        return _load_storage(args[0])
    if name == "_codecs.encode":
        return args[0].encode("latin1")
    return Call(name, args)


def _load_storage(raw: bytes) -> np.ndarray:
    stream = io.BytesIO(raw)
    for _ in range(3):
        symbolic(stream)
    _, kind, _, _, count, _ = symbolic(stream)
    symbolic(stream)
    stream.read(8)
    return np.frombuffer(stream.read(), _STORAGE[kind.name.rsplit(".", 1)[1]], count)


def symbolic(stream: io.BytesIO) -> Any:
    """The value of one pickle, made of dicts, lists, numbers, text, arrays and inert Calls."""
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}

    def pop_mark() -> list[Any]:
        start = marks.pop()
        items = stack[start:]
        del stack[start:]
        return items

    def put(target: Any, pairs: list[Any]) -> None:
        table = target.items if isinstance(target, Call) else target
        table.update(zip(pairs[::2], pairs[1::2], strict=True))

    for opcode, arg, _ in pickletools.genops(stream):
        name = opcode.name
        if name == "STOP":
            return stack.pop()
        if name in ("PROTO", "FRAME"):
            continue
        if name == "MARK":
            marks.append(len(stack))
        elif name in ("EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE", "EMPTY_SET"):
            stack.append({"D": {}, "L": [], "T": (), "S": set()}[name[6]])
        elif name in ("NONE", "NEWTRUE", "NEWFALSE"):
            stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[name])
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            count = int(name[-1])
            stack[-count:] = [tuple(stack[-count:])]
        elif name == "TUPLE":
            stack.append(tuple(pop_mark()))
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            memo[int(arg)] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(memo[int(arg)])
        elif name == "GLOBAL":
            stack.append(Call(arg.replace(" ", "."), ()))
        elif name == "STACK_GLOBAL":
            attribute, module = stack.pop(), stack.pop()
            stack.append(Call(f"{module}.{attribute}", ()))
        elif name in ("REDUCE", "NEWOBJ"):
            args = stack.pop()
            stack.append(_call(stack.pop().name, args))
        elif name == "BUILD":
            state = stack.pop()
            if isinstance(stack[-1], Call):
                stack[-1].state = state
        elif name == "SETITEM":
            value, key = stack.pop(), stack.pop()
            put(stack[-1], [key, value])
        elif name == "SETITEMS":
            pairs = pop_mark()
            put(stack[-1], pairs)
        elif name in ("APPEND", "APPENDS", "ADDITEMS"):
            items = [stack.pop()] if name == "APPEND" else pop_mark()
            getattr(stack[-1], "update" if name == "ADDITEMS" else "extend")(items)
        elif name == "BINPERSID":
            stack.append(stack.pop())
        elif name == "POP":
            stack.pop()
        elif arg is not None:
            stack.append(arg)
        else:
            raise ValueError(f"opcode {name}")
    raise ValueError("no STOP")


def _weights(node: Call, prefix: str = "") -> dict[str, np.ndarray]:
    state = node.args[0]["state"] if node.args else node.state
    found = {}
    for table in ("_parameters", "_buffers"):
        found |= {prefix + k: v for k, v in state[table].items() if v is not None}
    for name, child in state["_modules"].items():
        found |= _weights(child, f"{prefix}{name}.")
    return found


def load_sg2ada(path: Path) -> Generator:
    """The G_ema of a stylegan2-ada pickle as our own Generator."""
    top = symbolic(io.BytesIO(path.read_bytes()))["G_ema"]
    found = _weights(top)
    state = top.args[0]["state"]
    r, mapping = state["img_resolution"], state["_modules"]["mapping"].args[0]["state"]
    synthesis = state["_modules"]["synthesis"].args[0]["state"]["_modules"]
    clamp = synthesis[f"b{r}"].args[0]["state"]["_modules"]["conv1"].args[0]["state"]["conv_clamp"]
    widths = {s: found[f"synthesis.b{s}.conv1.bias"].shape[0] for s in (4 << n for n in range(r.bit_length() - 2))}
    config = GeneratorConfig(
        resolution=r,
        channel_base=max(s * w for s, w in widths.items()),
        channel_max=max(widths.values()),
        z_dim=state["z_dim"],
        w_dim=state["w_dim"],
        classes=state["c_dim"],
        mapping_layers=mapping["num_layers"],
        mapping_lr=0.01,
        img_channels=state["img_channels"],
        conv_clamp=None if clamp is None else float(clamp),
    )
    shapes = config.shapes()
    extra = {name for name in found if name not in shapes and not name.endswith("resample_filter")}
    if extra:
        raise ValueError(f"unknown weights {sorted(extra)}")
    return Generator(config, {n: found[n].astype(np.float32).reshape(s) for n, s in shapes.items()}, path.stem)
