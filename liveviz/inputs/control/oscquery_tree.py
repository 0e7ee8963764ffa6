"""What OSCQuery tells about the addresses of a show, as the JSON that its clients (Chataigne, VDMX, MadMapper) read. Source: the
OSCQuery proposal of Vidvox, https://github.com/Vidvox/OSCQueryProposal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

READ, WRITE, BOTH = 1, 2, 3
EXTENSIONS = dict.fromkeys(("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "TYPE", "LISTEN"), True)
ATTRIBUTES = ("FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "RANGE", "DESCRIPTION", "VALUE")

Value = float | str | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One address.

    type: OSC's letter: f, i, T (a switch), s, or N (a trigger, without an argument). access: READ, WRITE or BOTH.
    low, high: what is allowed, both None where there is no range.
    """

    address: str
    type: str
    access: int
    description: str
    low: float | None = None
    high: float | None = None

    def typed(self, value: Value) -> Value:
        """A value as this type has it."""
        if value is None or isinstance(value, str):
            return value
        return value >= 0.5 if self.type == "T" else round(value) if self.type == "i" else round(float(value), 6)


class Tree:
    """Every address of a show.

    Args:
        entries: the addresses. value: of an address now, None where it is not known; called for each that is asked for.
    """

    def __init__(self, entries: Iterable[Entry], value: Callable[[str], Value]) -> None:
        self.entries = {entry.address: entry for entry in entries}
        self._value = value
        self._inside: dict[str, dict[str, str]] = {"/": {}}  # of each folder, name to whole path
        for address in self.entries:
            path = ""
            for name in address.strip("/").split("/"):
                folder, path = path or "/", f"{path}/{name}"
                self._inside.setdefault(folder, {})[name] = path

    def value(self, address: str) -> Value:
        """Of an address, as its type has it; None where it has none."""
        entry = self.entries.get(address)
        return entry.typed(self._value(address)) if entry is not None and entry.access & READ else None

    def node(self, path: str) -> dict[str, Any] | None:
        """All that there is to say of a path, and of what is in it; None where nothing is there."""
        entry, inside = self.entries.get(path), self._inside.get(path)
        if entry is None and inside is None:
            return None
        found: dict[str, Any] = {"FULL_PATH": path, "ACCESS": 0}
        if entry is not None:
            found |= {"DESCRIPTION": entry.description, "ACCESS": entry.access}
            value = self.value(path)
            found["TYPE"] = ("T" if value else "F") if entry.type == "T" else entry.type
            if entry.low is not None:
                found["RANGE"] = [{"MIN": entry.low, "MAX": entry.high}]
            if value is not None:
                found["VALUE"] = [value]
        if inside:
            found["CONTENTS"] = {name: self.node(whole) for name, whole in inside.items()}
        return found

    def attribute(self, path: str, name: str) -> dict[str, Any] | None:
        """One attribute of a path, {} where the path has not that; None where nothing is there."""
        found = self.node(path)
        return None if found is None else {name: found[name]} if name in found else {}
