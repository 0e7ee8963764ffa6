"""The window that the audience sees: fitted without distortion, fullscreen on a chosen monitor, and still there when a
laptop's lid, a projector or a window manager does something unexpected (no size, minimised, other size)."""

from collections import deque
from collections.abc import Callable
from typing import Any

import glfw
import moderngl

from liveviz.outputs._display import WindowLoader, available, find, reason, start, when_lost
from liveviz.outputs._keys import key_name
from liveviz.outputs._place import WindowPlace, address, again
from liveviz.spec import ControlMessage, LivevizError

__all__ = ["Window", "WindowPlace", "available", "find", "find_monitor", "fitted", "monitors"]

_VERTEX_SHADER = """#version 330 core
out vec2 uv;
void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    uv = corner;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
"""
_FRAGMENT_SHADER = """#version 330 core
uniform sampler2D picture;
in vec2 uv;
out vec4 colour;
void main() { colour = texture(picture, uv); }
"""
_EXACT_SHADER = """#version 330 core
uniform sampler2D picture;
uniform ivec2 corner;
out vec4 colour;
void main() { colour = texelFetch(picture, ivec2(gl_FragCoord.xy) - corner, 0); }
"""
_PANEL_HEIGHT = 720
"""Height of the window for which the overlay is made; it grows with the window."""


def monitors() -> list[str]:
    """Names of the monitors, in the order of their numbers from 0.

    Raises:
        LivevizError: there is no display.
    """
    start()
    return [_name(m) for m in glfw.get_monitors()]


def _name(monitor: Any) -> str:
    name = glfw.get_monitor_name(monitor)
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)


def find_monitor(wanted: str | int, names: list[str]) -> int:
    """Number of the monitor called `wanted`: its number, or a part of its name in any case.

    Raises:
        LivevizError: there is none; names those there are.
    """
    text = str(wanted).strip()
    if text.isascii() and text.isdigit() and int(text) < len(names):
        return int(text)
    by_name = isinstance(wanted, str) and text != ""
    found = [i for i, name in enumerate(names) if by_name and text.lower() in name.lower()]
    if not found:
        there = ", ".join(f"{i}: {name}" for i, name in enumerate(names)) or "none"
        raise LivevizError(f"no monitor {text!r}; there are {there}")
    return found[0]


def fitted(image: tuple[int, int], room: tuple[int, int]) -> tuple[int, int, int, int]:
    """x, y, width, height of the largest rectangle of the image's shape in `room`, centred, pixels.

    A bar thinner than 0.5 % of the room is rounding, not shape, and is filled.
    """
    scale = min(room[0] / image[0], room[1] / image[1])
    sides = [max(1, round(p * scale)) for p in image]
    sides = [r if s >= 0.995 * r else s for s, r in zip(sides, room, strict=True)]
    return (room[0] - sides[0]) // 2, (room[1] - sides[1]) // 2, sides[0], sides[1]


class Window:
    """A resizable window with a GL 3.3 core context. All of it belongs to the main thread.

    Args:
        size: width and height, in the window system's units.
        fullscreen: start without borders over a whole monitor.
        monitor: number or part of the name of the monitor for fullscreen; None takes the one the window is on.
        now: the show's clock, for the times of key messages.
        vsync: `present` waits for the screen.
        place: where a window was before, to be there again; it goes before `fullscreen` and `monitor`.
    Raises:
        LivevizError: no display, no such monitor, no GL 3.3.
    State: `escape_closes`, False where Esc means something else just now. `closed` turns True on Esc and on the window's
        close button, and stays so. `lost` turns True where the display goes away under it: nothing is shown or may be drawn
        any more, and `close` comes before another window.
    """

    def __init__(
        self,
        size: tuple[int, int],
        title: str,
        fullscreen: bool,
        monitor: str | int | None,
        now: Callable[[], float],
        vsync: bool = True,
        place: WindowPlace | None = None,
    ) -> None:
        start()
        self._monitor = None if monitor is None else find_monitor(monitor, monitors())
        self.lost = False
        if place is not None:
            fullscreen, size = place.fullscreen, place.windowed[2:]
            self._monitor = None if place.monitor is None else again(*place.monitor, monitors())
        self._now = now
        self._messages: deque[ControlMessage] = deque(maxlen=256)
        self.closed = False
        self.escape_closes = True
        self.fullscreen = False
        for hint, value in (
            (glfw.CONTEXT_VERSION_MAJOR, 3),
            (glfw.CONTEXT_VERSION_MINOR, 3),
            (glfw.OPENGL_PROFILE, glfw.OPENGL_CORE_PROFILE),
            (glfw.OPENGL_FORWARD_COMPAT, glfw.TRUE),
            (glfw.AUTO_ICONIFY, glfw.FALSE),
            (glfw.RESIZABLE, glfw.TRUE),
            (glfw.VISIBLE, glfw.FALSE),
            (glfw.DEPTH_BITS, 0),
            (glfw.STENCIL_BITS, 0),
        ):
            glfw.window_hint(hint, value)
        self._window: Any = glfw.create_window(size[0], size[1], title, None, None)
        if not self._window:
            raise LivevizError(f"cannot open a window with OpenGL 3.3: {reason()}")
        glfw.make_context_current(self._window)
        if place is not None:
            glfw.set_window_pos(self._window, *place.windowed[:2])
        self._windowed = (*glfw.get_window_pos(self._window), *size)
        self._on = self._monitor  # the number of the monitor to be on again, and its name
        self._name = "" if self._on is None else monitors()[self._on]
        glfw.set_key_callback(self._window, self._key)
        glfw.set_window_pos_callback(self._window, self._moved)
        glfw.set_window_size_callback(self._window, self._moved)
        when_lost(self._lose)
        if fullscreen:
            self.set_fullscreen(True)
        glfw.show_window(self._window)
        glfw.swap_interval(1 if vsync else 0)
        settings: dict[str, Any] = {"context": WindowLoader()}
        self.ctx = moderngl.create_context(require=330, **settings)
        self._scaled, self._exact = (
            self.ctx.vertex_array(self.ctx.program(vertex_shader=_VERTEX_SHADER, fragment_shader=source), [])
            for source in (_FRAGMENT_SHADER, _EXACT_SHADER)
        )

    @property
    def place(self) -> WindowPlace:
        """Where it is, or was before it was lost."""
        return WindowPlace(self.fullscreen, None if self._on is None else (self._on, self._name), self._windowed)

    def _lose(self) -> None:
        self.lost = True

    def _moved(self, *_: Any) -> None:
        if not self.fullscreen and self._window is not None and not self.lost:
            self._windowed = (*glfw.get_window_pos(self._window), *glfw.get_window_size(self._window))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what is drawn into, pixels; 0 while minimised on some systems."""
        return glfw.get_framebuffer_size(self._window) if self._window else (0, 0)

    def present(self, texture: moderngl.Texture | None, overlay: moderngl.Texture | None = None) -> None:
        """Show a texture, fitted with black bars; None is a black screen. Returns after the buffer swap.

        Args:
            overlay: premultiplied RGBA, row 0 at the bottom, made for a window 720 lines high; laid over the upper left.
        """
        if self._window is None or self.lost:
            return
        width, height = self.size
        if self.lost or width < 1 or height < 1:
            return
        ctx, screen = self.ctx, self.ctx.screen
        screen.use()
        ctx.enable_only(ctx.NOTHING)
        # Mesa's software GL on X11 notices that the window has grown only when the viewport changes
        screen.viewport = (0, 0, 1, 1)
        screen.viewport = (0, 0, width, height)
        place = fitted(texture.size, (width, height)) if texture is not None else None
        if place != (0, 0, width, height):
            screen.clear(0.0, 0.0, 0.0, 1.0)
        if texture is not None and place is not None:
            self._draw(texture, place)
        if overlay is not None:
            ctx.enable_only(ctx.BLEND)
            ctx.blend_func = ctx.ONE, ctx.ONE_MINUS_SRC_ALPHA
            scale = height / _PANEL_HEIGHT
            w, h = round(overlay.width * scale), round(overlay.height * scale)
            self._draw(overlay, (0, height - h, w, h))
            ctx.enable_only(ctx.NOTHING)
        glfw.swap_buffers(self._window)

    def _draw(self, texture: moderngl.Texture, place: tuple[int, int, int, int]) -> None:
        exact = texture.size == place[2:]  # an unfiltered copy is cheaper without a GPU
        vertices = self._exact if exact else self._scaled
        if exact:
            vertices.program["corner"] = place[:2]
        self.ctx.viewport = place
        texture.use(0)
        vertices.render(moderngl.TRIANGLE_STRIP, vertices=4)

    def poll(self) -> list[ControlMessage]:
        """Keys since the last call: `key.<name>`, value 1 pressed, 0 released. Esc and F have done their work."""
        if self._window is None or self.lost:
            return []
        glfw.poll_events()
        if not self.lost and glfw.window_should_close(self._window):
            self.closed = True
        messages = list(self._messages)
        self._messages.clear()
        return messages

    def _key(self, _window: Any, key: int, scancode: int, action: int, _mods: int) -> None:
        if action == glfw.REPEAT:
            return
        name = key_name(key, scancode)
        if name is None:
            return
        self._messages.append(ControlMessage(f"key.{name}", float(action == glfw.PRESS), self._now()))
        if action == glfw.PRESS and name == "escape" and self.escape_closes:
            self.closed = True
        elif action == glfw.PRESS and name == "f":
            self.set_fullscreen(not self.fullscreen)

    def set_fullscreen(self, on: bool) -> None:
        """Cover a whole monitor without borders and without the mouse pointer, or go back to where the window was."""
        if on == self.fullscreen or self._window is None:
            return
        if on:
            target = self._target()
            mode = target and glfw.get_video_mode(target)
            if not mode:
                return  # the last monitor was just unplugged: stay a window
            found = [address(m) for m in glfw.get_monitors()]
            self._on, self._name = found.index(address(target)), _name(target)
            self._windowed = (*glfw.get_window_pos(self._window), *glfw.get_window_size(self._window))
            # the mode that the monitor has already: no mode switch, so other monitors do not flicker
            glfw.set_window_monitor(self._window, target, 0, 0, mode.size.width, mode.size.height, mode.refresh_rate)
        else:
            self._on = self._monitor
            x, y, width, height = self._windowed
            nowhere: Any = None
            glfw.set_window_monitor(self._window, nowhere, x, y, width, height, glfw.DONT_CARE)
        glfw.set_input_mode(self._window, glfw.CURSOR, glfw.CURSOR_HIDDEN if on else glfw.CURSOR_NORMAL)
        self.fullscreen = on

    def _target(self) -> Any:
        """The chosen monitor, or the one under the middle of the window."""
        all_monitors = glfw.get_monitors()
        if self._monitor is not None and self._monitor < len(all_monitors):
            return all_monitors[self._monitor]
        x, y = glfw.get_window_pos(self._window)
        width, height = glfw.get_window_size(self._window)
        for monitor in all_monitors:
            left, top = glfw.get_monitor_pos(monitor)
            mode = glfw.get_video_mode(monitor)
            if mode and 0 <= x + width // 2 - left < mode.size.width and 0 <= y + height // 2 - top < mode.size.height:
                return monitor
        return glfw.get_primary_monitor()

    def close(self) -> None:
        """Take the window away; nothing may be drawn with `ctx` after."""
        self.closed = True
        if self.lost and self._window is not None:
            self._window = None
            glfw.terminate()  # it connects to a display once
        elif self._window is not None:
            for vertices in (self._scaled, self._exact):
                vertices.program.release()
                vertices.release()
            glfw.destroy_window(self._window)
            self._window = None
