"""What a pickle is made of once nothing in it is run: names that stay text and calls that stay notes. Also the names that
no generator needs and every attack does: whoever was given a file with one should hear so."""

from dataclasses import dataclass
from typing import Any

MAX_NAME = 256

# fmt: off
_HARM_MODULES = frozenset((
    "os", "posix", "nt", "subprocess", "_posixsubprocess", "sys", "shutil", "socket", "_socket", "pty", "runpy", "importlib",
    "ctypes", "_ctypes", "webbrowser", "urllib", "requests", "ftplib", "smtplib", "pip", "code", "codeop", "timeit", "pdb",
    "bdb", "cProfile", "profile", "trace", "pydoc", "idlelib", "doctest", "asyncio", "commands", "pickle", "_pickle",
    "marshal", "shelve", "linecache", "nturl2path", "zipimport", "pkgutil", "imp",
))
_HARM_NAMES = frozenset((
    "torch.load", "torch.serialization.load", "torch.hub.load", "torch.jit.load", "numpy.load", "numpy.fromfile",
    "dill.loads", "dill.load", "dill._dill.loads", "dill._dill.load", "cloudpickle.loads", "joblib.load",
    "_io.open", "io.open", "builtins.eval", "builtins.exec", "builtins.compile", "builtins.open", "builtins.__import__",
    "builtins.breakpoint", "builtins.input", "__builtin__.eval", "__builtin__.execfile", "__builtin__.compile",
    "__builtin__.open", "__builtin__.__import__", "__builtin__.file",
))
# fmt: on


@dataclass(frozen=True, slots=True, eq=False)
class Global:
    """A name in the file, `module.name`. It is text: nobody looks it up."""

    name: str


@dataclass(slots=True, eq=False)
class Call:
    """Something that the file wanted to have called, with its arguments and the state it was to get. Nobody calls it."""

    name: str
    args: tuple
    state: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Persistent:
    """A reference to something beside the pickle: in torch's files, the numbers of a tensor."""

    key: tuple


def is_harmful(name: str) -> bool:
    """Whether `module.name` is there to do harm."""
    return name in _HARM_NAMES or name.split(".", 1)[0] in _HARM_MODULES


def called(name: str, args: tuple) -> Any:
    """What stands for a call: an empty dict where one was to be made, a note for all else."""
    if name in ("collections.OrderedDict", "dnnlib.util.EasyDict", "builtins.dict") and not args:
        return {}
    return Call(name, args)
