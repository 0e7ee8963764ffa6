"""What monitors there are, as a performer chooses among them: number, size, place, and which one F takes."""

import ctypes
from typing import Any, NamedTuple

import glfw

from liveviz.outputs import window


class Monitor(NamedTuple):
    """One monitor.

    number: as `--fullscreen` takes it, from 0. width, height: pixels. x, y: of its upper left corner on the desktop.
    rate: images a second, 0 where nobody knows. primary: the desktop's first one, where a window opens.
    """

    number: int
    name: str
    width: int
    height: int
    x: int
    y: int
    rate: int
    primary: bool

    def __str__(self) -> str:
        place = f"{self.width}x{self.height} at {self.x},{self.y}"
        rate, first = f", {self.rate} Hz" * (self.rate > 0), ", primary" * self.primary
        return f"{self.number}: {self.name}  ({place}{rate}{first})"


def monitors() -> list[Monitor]:
    """Every monitor, in the order of their numbers.

    Raises:
        LivevizError: there is no display.
    """
    names = window.monitors()
    handles = glfw.get_monitors()
    first = _address(glfw.get_primary_monitor())
    found = []
    for number, (name, handle) in enumerate(zip(names, handles, strict=False)):
        mode = glfw.get_video_mode(handle)
        if mode:  # else it was unplugged in this moment
            x, y = glfw.get_monitor_pos(handle)
            size = mode.size.width, mode.size.height
            found.append(Monitor(number, name, *size, x, y, mode.refresh_rate, _address(handle) == first))
    return found


def _address(handle: Any) -> int:
    """Of GLFW's object: two handles of one monitor are not equal in Python."""
    return ctypes.cast(handle, ctypes.c_void_p).value or 0
