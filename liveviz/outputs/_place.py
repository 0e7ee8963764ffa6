"""Where a window is, in words that hold when its display goes away and comes back."""

import ctypes
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class WindowPlace:
    """Where a window is: over the whole of the monitor of that number and name (None for whichever it is on), or at
    `windowed`: x, y, width, height in the window system's units."""

    fullscreen: bool
    monitor: tuple[int, str] | None
    windowed: tuple[int, int, int, int]


def address(monitor: Any) -> int:
    """What tells one monitor of GLFW's from another."""
    return ctypes.cast(monitor, ctypes.c_void_p).value or 0


def again(number: int, name: str, names: list[str]) -> int:
    """Number of the monitor that had this number and name: by both, by its name, by its number, the first."""
    if number < len(names) and names[number] == name:
        return number
    return names.index(name) if name in names else min(number, len(names) - 1)
