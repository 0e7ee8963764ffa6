"""Files made to harm whoever opens them: each kind that is known from the wild or from the facts of the format, with words of the
one line that must answer it. Most are good generators with one thing in them that must not be."""

import functools
import struct
from typing import Any

import numpy as np
from foreign_files import POISON, generator_module, module
from heart import plain_generator, small
from hostile_containers import HARM, SYSTEM, containers, good, row, zipped_checkpoint
from pickle_writer import Do, Persistent, Raw, Ref, emit, numpy_dtype, payload, pickled, rebuilt, tensor


def _beside(node: Any, protocol: int = 4) -> bytes:
    """A good file with something beside its generator."""
    return pickled({"G_ema": generator_module(good()), "options": node}, protocol)


def _weight(node: Any) -> bytes:
    """A good file with another first weight of the mapping network, `[8, 8]`."""
    root = generator_module(good())
    fc0 = root.args[0]["state"]["_modules"]["mapping"].args[0]["state"]["_modules"]["fc0"]
    fc0.args[0]["state"]["_parameters"]["weight"] = node
    return pickled({"G_ema": root})


def _stored(raw: bytes) -> Do:
    return Do("torch.storage _load_from_bytes", (raw,))


def _floats(count: int = 64) -> np.ndarray:
    return np.arange(count, dtype=np.float32)


def _view(shape: tuple, offset: int = 0, stride: tuple | None = None, count: int = 64) -> bytes:
    return _weight(rebuilt(_stored(payload(_floats(count))), shape, offset, stride))


def _array(kind: str, data: bytes, of: str = "numpy ndarray") -> bytes:
    """A weight `[8, 8]` as numpy pickles it."""
    state = (1, (8, 8), numpy_dtype(kind), False, data)
    return _weight(Do("numpy.core.multiarray _reconstruct", (Ref(of), (0,), b"b"), state))


def _forged_count() -> bytes:
    return _weight(rebuilt(_stored(payload(_floats(), count=1 << 38)), (8, 8)))


def _code_in_a_tensor() -> bytes:
    return _weight(rebuilt(_stored(pickled(SYSTEM, 2) + bytes(200)), (8, 8)))


def _code_behind_the_magic() -> bytes:
    start = b"".join(pickled(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
    return _weight(rebuilt(_stored(start + pickled(SYSTEM, 2) + bytes(200)), (8, 8)))


def _shared_storage() -> bytes:
    """One storage in the file, twenty weights in memory."""
    generator = plain_generator(small(16, channel_base=4096, channel_max=96, z_dim=8, w_dim=8), 21)
    root = generator_module(generator)
    one = _stored(payload(_floats(96 * 96 * 9)))
    memo = Raw(emit(one) + b"r\x07\x00\x00\x00")
    blocks = root.args[0]["state"]["_modules"]["synthesis"].args[0]["state"]["_modules"]
    first = True
    for block in blocks.values():
        for name, layer in block.args[0]["state"]["_modules"].items():
            if name.startswith("conv"):
                storage = memo if first else Raw(b"j\x07\x00\x00\x00")
                layer.args[0]["state"]["_parameters"]["weight"] = rebuilt(storage, (96, 96, 3, 3))
                first = False
    return pickled({"G_ema": root})


def _module_in_itself() -> bytes:
    """A root that is its own child: its state is filled after it was made."""
    name, state, whole = b"j\x00\x00\x00\x00", b"j\x01\x00\x00\x00", b"j\x02\x00\x00\x00"
    code = emit(Ref("torch_utils.persistence _reconstruct_persistent_obj")) + b"r\x00\x00\x00\x000"
    code += b"}r\x01\x00\x00\x000" + name + b"(}(" + emit("class_name") + emit("Net") + emit("state") + state + b"utR"
    code += b"r\x02\x00\x00\x000" + state + b"(" + emit("_modules") + b"}(" + emit("again") + whole + b"uu0"
    return b"\x80\x04" + code + b"}(" + emit("G_ema") + whole + b"u."


def _doubled(kind: bytes, times: int) -> bytes:
    """x = (x, x), over and over."""
    return b")" + b"".join(b"q\x00h\x00" + kind for _ in range(times))


def _many_modules() -> bytes:
    """Ten levels of modules that share their children: few bytes, 8 ** 10 paths."""
    code = emit(module("Leaf")) + b"q\x00"
    for _ in range(10):
        children = b"}(" + b"".join(emit(str(n)) + b"h\x00" for n in range(8)) + b"u"
        code += b"0" + emit(module("Inner", _modules=Raw(children))) + b"q\x00"
    return b"\x80\x04}(" + emit("G_ema") + code + b"u."


def _colliding_keys() -> bytes:
    """Whole numbers that fall on one place of Python's hash table."""
    prime = (1 << 61) - 1
    return b"\x80\x04}(" + b"".join(emit(prime * n) + b"N" for n in range(1, 60000)) + b"u."


def _long_names() -> bytes:
    text = emit("a" * 1000000)
    return b"\x80\x04" + text + b"q\x00" + b"h\x00h\x00\x930" * 40000 + b"N."


def _text_bomb() -> bytes:
    return b"\x80\x04" + (emit("\U0001f600" * 200000) + b"0") * 120 + b"N."


def _networks(variables: Any) -> bytes:
    part = Do("dnnlib.tflib.network Network", (), {"variables": [], "static_kwargs": {}}, new=True)
    state = {"variables": variables, "build_module_src": POISON, "components": {"mapping": part, "synthesis": part}}
    return pickled((Do("dnnlib.tflib.network Network", (), state, new=True),))


@functools.cache
def files() -> dict[str, tuple[bytes, str]]:
    """name: (the file, words of the answer)."""
    whole = pickled({"G_ema": generator_module(good())})
    zipped, rowed = zipped_checkpoint(), row()
    found: dict[str, tuple[bytes, str]] = {
        "a call and nothing else": (pickled(SYSTEM), HARM),
        "a call beside the generator": (_beside(SYSTEM), HARM),
        "a call inside a module": (_weight(SYSTEM), HARM),
        "a call named on the stack": (_beside(Raw(emit("os") + emit("system") + b"\x93" + emit(("true",)) + b"R")), HARM),
        "a call named from the memo": (
            b"\x80\x04" + emit("posix") + b"\x940" + emit("system") + b"\x940h\x00h\x01\x93" + emit(("true",)) + b"R.",
            HARM,
        ),
        "eval": (_beside(Do("builtins eval", ("1",))), HARM),
        "exec by Python 2's name": (_beside(Do("__builtin__ execfile", ("x",))), HARM),
        "an import": (_beside(Do("importlib import_module", ("antigravity",))), HARM),
        "a pickle in a pickle": (_beside(Do("pickle loads", (pickled(SYSTEM),))), HARM),
        "torch.load": (_beside(Do("torch load", ("http://127.0.0.1/",))), HARM),
        "a subprocess made by NEWOBJ": (_beside(Do("subprocess Popen", ("true",), new=True)), HARM),
        "a call with keywords": (_beside(Raw(emit(Ref("os system")) + emit(("true",)) + emit({}) + b"\x92")), HARM),
        "code in module_src alone": (pickled({"G_ema": module("Anything")}), "neither a StyleGAN2 nor a StyleGAN3"),
        "code in a tensor's bytes": (_code_in_a_tensor(), "no file of torch"),
        "code in a tensor's bytes, behind the magic": (_code_behind_the_magic(), HARM),
        "code as the class of a storage": (
            _weight(rebuilt(_stored(payload(_floats(), "x\nsystem").replace(b"ctorch\n", b"cposix\n")), (8, 8))),
            HARM,
        ),
        "a call of what is no name": (_beside(Raw(emit("os.system") + emit(()) + b"R")), "which is no name"),
        "a call with no tuple": (_beside(Raw(emit(Ref("a b")) + emit([]) + b"R")), "not with a tuple"),
        "EXT1": (_beside(Raw(b"\x82\x01")), "EXT1"),
        "EXT2": (_beside(Raw(b"\x83\x01\x00")), "EXT2"),
        "EXT4": (_beside(Raw(b"\x84\x01\x00\x00\x00")), "EXT4"),
        "INST": (_beside(Raw(b"(ios\nsystem\n")), "INST"),
        "OBJ": (_beside(Raw(b"(" + emit(Ref("a b")) + b"o")), "OBJ"),
        "PERSID": (_beside(Raw(b"Px\n")), "PERSID"),
        "a reference beside a pickle": (_beside(Persistent(("storage",))), "something beside it"),
        "an out-of-band buffer": (_beside(Raw(b"\x97"), 5), "NEXT_BUFFER"),
        "a text pickle": (b"cos\nsystem\n(S'true'\ntR.", "is no generator file"),
        "protocol 0 in disguise": (b"\x80\x00cos\nsystem\n(S'true'\ntR.", "protocol 0"),
        "protocol 6": (b"\x80\x06N.", "protocol 6"),
        "stride 0": (_view((8, 8), 0, (0, 0), 1), "reaches outside"),
        "stride 0, enough numbers": (_view((1 << 20, 8), 0, (0, 0)), "expected [8, 8]"),
        "a forged shape": (_view((1 << 38, 8)), "expected [8, 8]"),
        "a forged rank": (_view((1,) * 9), "up to 8 whole numbers"),
        "a forged offset": (_view((8, 8), 1 << 60), "reaches outside"),
        "an offset one too far": (_view((8, 8), 1), "reaches outside"),
        "a negative offset": (_view((8, 8), -8), "do not go together"),
        "a negative size": (_view((-8, -8), 0, (8, 1)), "up to 8 whole numbers"),
        "a negative stride": (_view((8, 8), 0, (-8, 1)), "up to 8 whole numbers"),
        "sizes that are no numbers": (_view(("8", 8), 0, (8, 1)), "up to 8 whole numbers"),
        "a forged number of numbers": (_forged_count(), "is cut"),
        "one storage for all weights": (_shared_storage(), "used for many tensors"),
        "a tensor that is a text": (_weight("weights"), "not a tensor"),
        "an array of objects": (_array("O8", bytes(512)), "no array of plain numbers"),
        "an array of another class": (_array("f4", bytes(256), "numpy memmap"), "not a tensor"),
        "an array without its bytes": (_array("f4", b"x"), "needs 256 bytes"),
        "numbers that are none": (_weight(tensor(np.full((8, 8), np.nan))), "not finite"),
        "infinite numbers": (_weight(tensor(np.full((8, 8), np.inf))), "not finite"),
        "bytes longer than the file": (b"\x80\x04\x8e" + struct.pack("<Q", 1 << 62) + b"x.", "is cut"),
        "a text longer than the file": (b"\x80\x04\x8d" + struct.pack("<Q", 1 << 62) + b"x.", "too much text"),
        "a whole number of a gigabyte": (b"\x80\x04\x8b" + struct.pack("<i", 1 << 30) + b"x.", "whole number of"),
        "a whole number of negative length": (b"\x80\x04\x8b" + struct.pack("<i", -1) + b"x.", "whole number of"),
        "a memo of four thousand million": (b"\x80\x04" + b"Nr\xff\xff\xff\xff0" * 9 + b"N.", "holds None"),
        "a memo that is not filled": (b"\x80\x04h\x07.", "before it is filled"),
        "tuples doubled sixty times": (b"\x80\x04" + _doubled(b"\x86", 60) + b".", "holds a tuple"),
        "tuples doubled sixty times as a key": (b"\x80\x04}" + _doubled(b"\x86", 60) + b"Ns.", "a table of nothing; looked for"),
        "lists three hundred thousand deep": (b"\x80\x04" + b"]" * 150000 + b"a" * 149999 + b".", "holds a list"),
        "tuples two hundred thousand deep": (b"\x80\x04)" + b"\x85" * 200000 + b".", "holds a tuple"),
        "calls a hundred thousand deep": (
            b"\x80\x04" + emit(Ref("a b")) + b"q\x00)R" + b"\x85q\x010h\x00h\x01R" * 70000 + b".",
            "holds a Call",
        ),
        "marks without end": (b"\x80\x04" + b"(" * 400000 + b".", "stack not done"),
        "opcodes without end": (b"\x80\x04" + b"N0" * 1000000 + b"N.", "too many opcodes"),
        "keys that collide": (_colliding_keys(), "a table of nothing; looked for"),
        "a name of two megabytes, forty thousand times": (_long_names(), "no short text"),
        "ninety megabytes of text": (_text_bomb(), "too much text"),
        "text that is none": (b"\x80\x04X\x02\x00\x00\x00\xff\xfe.", "is no text"),
        "a module in itself": (_module_in_itself(), "have no end"),
        "a thousand million modules": (_many_modules(), "have no end"),
        "a name that is a message of its own": (
            pickled({"G_ema": module("Net", _modules={"x\nliveviz: all is well.affine": module("Net")})}),
            "is called",
        ),
        "a state for a list": (b"\x80\x04]Nb.", "gives a state"),
        "an item for a tuple": (b"\x80\x04)NNs.", "puts an item"),
        "a stack that is empty": (b"\x80\x040.", "before it is filled"),
        "two values": (b"\x80\x04NN.", "stack not done"),
        "nothing": (b"", "is no generator file"),
        "one byte": (b"\x80", "is cut"),
        "the variables of a network that are none": (_networks([SYSTEM, ("x", 1)]), HARM),
        "a network without variables": (_networks([("lod", 1)]), "no layers by resolution"),
        **containers(),
    }  # fmt: skip
    for kind, data in (("pickle", whole), ("zip", zipped), ("row", b"".join(rowed))):
        for share in (0.02, 0.3, 0.7, 0.99):
            found[f"a {kind} cut at {share:.0%}"] = (data[: int(len(data) * share)], "")
        found[f"a {kind} without its last byte"] = (data[:-1], "")
    return found
