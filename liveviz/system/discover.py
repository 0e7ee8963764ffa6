"""One file is one thing: bends, signals, backends, sinks, control sources, families, classes of pictures. This finds them, the
same way for all."""

import importlib
import pkgutil
from types import ModuleType


def names(package: str, inside: str = "") -> list[str]:
    """Names of the things in a package, sorted: its files that do not begin with `_`.

    Args:
        package: dotted name of a package that is imported already or can be.
        inside: where a thing may also be a folder, the file in it that is the thing; folders without it are none.
    """
    paths = importlib.import_module(package).__path__
    found = []
    for entry in pkgutil.iter_modules(paths):
        if entry.name.startswith("_"):
            continue
        if entry.ispkg and inside not in {
            m.name for m in pkgutil.iter_modules([f"{path}/{entry.name}" for path in paths])
        }:
            continue
        found.append(entry.name)
    return sorted(found)


def folders(package: str, inside: str) -> list[str]:
    """Names of those things in a package, sorted, that are folders with the file `inside` in them."""
    paths = importlib.import_module(package).__path__
    named = {entry.name for entry in pkgutil.iter_modules(paths) if entry.ispkg}
    return [name for name in names(package, inside) if name in named]


def load(package: str, name: str, inside: str = "") -> ModuleType:
    """The file that is the thing of that name; whatever it raises while it is loaded goes through."""
    module = importlib.import_module(f"{package}.{name}")
    return importlib.import_module(f"{package}.{name}.{inside}") if hasattr(module, "__path__") else module
