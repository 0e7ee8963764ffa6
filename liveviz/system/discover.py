"""One file is one thing: bends, signals, backends, sinks, control sources, families, classes of images. This finds them, the
same way for all."""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cached_property
from types import ModuleType
from typing import Any

from liveviz.spec import LivevizError


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


class Folders:
    """The things of a package that are folders, found by name; the files are looked for once, and each is loaded once.

    Args:
        package: dotted name of the package. inside: the file in each folder that is the thing.
        constant: what that file calls it.
        unknown: the line of the error for a name that is not among those there are, from (name, all names).
    """

    def __init__(
        self, package: str, inside: str, constant: str, unknown: Callable[[str, tuple[str, ...]], str]
    ) -> None:
        self._package, self._inside, self._constant, self._unknown = package, inside, constant, unknown
        self._loaded: dict[str, Any] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(folders(self._package, self._inside))

    def file(self, name: str) -> ModuleType:
        """The file of that name; LivevizError for an unknown one."""
        if name not in self.names:
            raise LivevizError(self._unknown(name, self.names))
        return load(self._package, name, self._inside)

    def load(self, name: str) -> Any:
        """The thing of that name; LivevizError for an unknown one."""
        if name not in self._loaded:
            self._loaded[name] = getattr(self.file(name), self._constant)
        return self._loaded[name]
