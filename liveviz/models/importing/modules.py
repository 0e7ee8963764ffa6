"""The tree of modules inside a StyleGAN pickle: which class each claims to be, its plain attributes, and its tensors under the
names that `state_dict()` would give them. The program text that every module carries along (module_src) is left where it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from liveviz.models.importing.names import Call
from liveviz.models.importing.source import Source, shown

MAX_DEPTH = 16
MAX_MODULES = 4096
MAX_TENSORS = 4096
_NAME_PATTERN = re.compile(r"\w{1,80}", re.ASCII)
PERSISTENT_NAME = "torch_utils.persistence._reconstruct_persistent_obj"


@dataclass(frozen=True, slots=True)
class Module:
    """One module: the class it claims to be (without its package), and everything it holds, still symbolic."""

    class_name: str
    state: dict[str, object]

    def table(self, name: str) -> dict[str, object]:
        """One of its tables, `_parameters`, `_buffers`, `_modules` ...; empty where it has none."""
        found = self.state.get(name)
        return found if isinstance(found, dict) else {}


def as_module(node: object) -> Module | None:
    """The module that a note stands for, or None."""
    match node:
        case Call(name=name, args=({"class_name": str(class_name), "state": dict(state)}, *_)) if (
            name == PERSISTENT_NAME
        ):
            return Module(class_name, state)
        case Call(name=name, state=dict(state)) if "_modules" in state:
            return Module(name.rpartition(".")[2], state)
    return None


def walk(source: Source, root: Module) -> dict[str, Module]:
    """Every module by its path (`synthesis.b4.conv1`; the root's is empty), parents first; LivevizError for a tree without end."""
    found: dict[str, Module] = {}
    todo = [("", root, 0)]
    while todo:
        path, module, depth = todo.pop()
        found[path] = module
        if depth > MAX_DEPTH or len(found) > MAX_MODULES:
            raise source.fail("its modules have no end")
        for name, node in module.table("_modules").items():
            if node is None:
                continue
            _check(source, name)
            child = as_module(node)
            if child is None:
                raise source.fail(f"module {shown(_join(path, name))}: is none")
            todo.append((_join(path, name), child, depth + 1))
    return found


def tensors(source: Source, modules: dict[str, Module]) -> dict[str, object]:
    """Every parameter and buffer that is not None, by name; not looked at."""
    found: dict[str, object] = {}
    for path, name, node in _named(modules):
        _check(source, name)
        found[_join(path, name)] = node
        if len(found) > MAX_TENSORS:
            raise source.fail(f"has more than {MAX_TENSORS} tensors")
    return found


def _named(modules: dict[str, Module]) -> Iterator[tuple[str, str, object]]:
    for path, module in modules.items():
        for table in ("_parameters", "_buffers"):
            for name, node in module.table(table).items():
                if node is not None:
                    yield path, name, node


def _check(source: Source, name: str) -> None:
    """LivevizError for a name that no attribute of Python's has: it would make a mess of a message."""
    if not _NAME_PATTERN.fullmatch(name):
        raise source.fail(f"a module or tensor is called {shown(name)}")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
