"""The display that windows are on: whether there is one, and what happens when its X server dies under a window. Xlib ends
the program then, and with it the image and the recording; asked in time, it leaves the program alone, and every later
call on the dead connection returns at once."""

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import glfw

from liveviz.spec import LivevizError

glfw.ERROR_REPORTING = "ignore"  # asked for with get_error where it matters; the default prints Python warnings
_Handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
_ExitHandler = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
_kept: list[Any] = []  # what Xlib may still call


def start() -> None:
    """Initialise GLFW; LivevizError with its words where it cannot."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise LivevizError("no display: neither DISPLAY nor WAYLAND_DISPLAY is set")
    if sys.platform == "darwin":
        glfw.init_hint(glfw.COCOA_CHDIR_RESOURCES, glfw.FALSE)  # else it changes the working folder
    if not glfw.init():
        raise LivevizError(f"no display: {reason()}")


def reason() -> str:
    """Why GLFW's last call failed."""
    _, text = glfw.get_error()
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(text.split()) if text else "GLFW does not say why"


def available() -> tuple[bool, str]:
    """Whether a window can open here, and why not. Never raises."""
    try:
        start()
    except LivevizError as error:
        return False, str(error)
    return True, ""


def find() -> bool:
    """Whether a window can open here, on any X server of this machine where the surroundings name none. Never raises.

    For a program that was started before its X server, which nobody can tell its name any more.
    """
    if available()[0]:
        return True
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return False
    for socket in sorted(Path("/tmp/.X11-unix").glob("X*")):
        os.environ["DISPLAY"] = f":{socket.name[1:]}"
        if available()[0]:
            return True
        del os.environ["DISPLAY"]
    return False


def when_lost(call: Callable[[], None]) -> None:
    """Have `call` called when the X server of GLFW's windows is gone, in the thread that talked to it.

    Nothing where windows are another system's, or Xlib is older than 1.7 (2020): the program ends there.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        xlib = ctypes.CDLL("libX11.so.6")
        on_exit = xlib.XSetIOErrorExitHandler
        display = vars(glfw)["_glfw"].glfwGetX11Display  # glfw.get_x11_display gives an object, not the address
    except (OSError, AttributeError, KeyError):
        return
    display.restype = ctypes.c_void_p
    if (connection := display()) is None:  # Wayland
        return
    quiet, leave = _Handler(lambda _: 0), _ExitHandler(lambda *_: call())
    _kept[:] = [*_kept[-8:], quiet, leave]
    xlib.XSetIOErrorHandler(quiet)
    on_exit.argtypes = [ctypes.c_void_p, _ExitHandler, ctypes.c_void_p]
    on_exit(connection, leave, None)


class WindowLoader:
    """Gives moderngl the GL of the window that GLFW opened, on X11, Wayland, Windows and macOS alike."""

    def load_opengl_function(self, name: str) -> Any:
        return glfw.get_proc_address(name) or 0

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass

    def release(self) -> None:
        pass
