"""GL without a window: the same show on a computer that has no display (a render, a server, a test), so that
everything up to the last pixel is the same program."""

import ctypes
import sys
from typing import Any

import moderngl

from liveviz.spec import ControlMessage, LivevizError


class Headless:
    """Stands in for the window: `present` waits until the image is drawn, and shows it to nobody.

    Args:
        size: width and height of the canvas, pixels; only remembered.
    Raises:
        LivevizError: there is no GL 3.3 without a window on this computer.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.closed = False
        try:
            settings: dict[str, Any] = {"backend": "egl"} if sys.platform == "linux" else {}
            self.ctx = moderngl.create_context(require=330, standalone=True, **settings)
        except Exception as error:  # the platform backends raise plain Exception where a driver is missing
            hint = " (on Debian and Ubuntu: apt install libegl1 libgl1-mesa-dri)" if sys.platform == "linux" else ""
            raise LivevizError(f"cannot draw without a window: {error}{hint}") from error

    def present(self, texture: moderngl.Texture | None, overlay: moderngl.Texture | None = None) -> None:
        """Return when everything before is drawn."""
        self.ctx.finish()

    def poll(self) -> list[ControlMessage]:
        """No keys here."""
        return []

    def close(self) -> None:
        """Give the context back; nothing may be drawn after."""
        if not self.closed:
            self.closed = True
            self.ctx.release()
            if sys.platform == "linux":  # else a window's GL is refused: the thread still has this one
                ctypes.CDLL("libEGL.so.1").eglReleaseThread()
