"""The window under a real X server: what is on the screen is read back. Each test drives a window in a process of its
own, because a process should have one GL system current, and other tests use EGL."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.outputs.window import find_monitor, fitted
from liveviz.spec import LivevizError

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone

ROOT = Path(__file__).parents[1]
PRELUDE = """
import glfw, json, os, subprocess, sys, time
import numpy as np
from live_show import screenshot
from liveviz.outputs import window
from liveviz.spec import LivevizError

def picture(ctx, width, height):
    '''Four quadrants, row 0 of GL at the bottom: red over green at the left, blue over yellow at the right.'''
    p = np.zeros((height, width, 4), np.uint8)
    p[..., 3] = 255
    p[height // 2 :, : width // 2, :3] = (250, 0, 0)
    p[: height // 2, : width // 2, :3] = (0, 250, 0)
    p[height // 2 :, width // 2 :, :3] = (0, 0, 250)
    p[: height // 2, width // 2 :, :3] = (250, 250, 0)
    return ctx.texture((width, height), 4, p.tobytes())

def grab(w, texture, overlay=None):
    '''Present, and read the window's own pixels just before the swap: [h, w, 3], row 0 at the top.'''
    seen = []
    swap = glfw.swap_buffers
    def before(handle):
        width, height = w.size
        assert w.ctx.error == "GL_NO_ERROR"
        seen.append(np.frombuffer(w.ctx.screen.read((0, 0, width, height), components=3, alignment=1), np.uint8))
        w.ctx.error  # moderngl's way of reading the default framebuffer leaves one behind
        seen[-1] = seen[-1].reshape(height, width, 3)[::-1]
        swap(handle)
    glfw.swap_buffers = before
    try:
        w.present(texture, overlay)
    finally:
        glfw.swap_buffers = swap
    return seen[0] if seen else None

def settle(w, texture=None, seconds=0.4):
    '''Let window events arrive; return the messages.'''
    messages = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        messages += w.poll()
        w.present(texture)
        time.sleep(0.01)  # the pace of a show
    return messages

def open_window(size=(320, 180), fullscreen=False, monitor=None):
    return window.Window(size, "liveviz test", fullscreen, monitor, lambda: 42.0, vsync=False)

out = {}
"""


def drive(display: str, code: str, **env: str) -> dict[str, Any]:
    """Run `code` after PRELUDE on the display; what it put into `out`."""
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + code + "\nprint('OUT' + json.dumps(out))"],
        capture_output=True,
        text=True,
        timeout=90,
        env=os.environ
        | {"DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1", "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
        | env,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("OUT"))
    result: dict[str, Any] = json.loads(line[3:])
    return result


RED, GREEN, BLUE, YELLOW, BLACK = [250, 0, 0], [0, 250, 0], [0, 0, 250], [250, 250, 0], [0, 0, 0]


def test_pixels_of_the_window_and_of_the_screen(display: str) -> None:
    out = drive(
        display,
        """
w = open_window()
t = picture(w.ctx, 320, 180)
settle(w, t)
p = grab(w, t)
out["shape"] = p.shape
out["own"] = [p[y, x].tolist() for y, x in ((2, 2), (177, 2), (2, 317), (177, 317))]
out["blue right of"] = int((p[2] == (0, 0, 250)).all(axis=1).argmax())
x, y = glfw.get_window_pos(w._window)
if subprocess.run(["which", "ffmpeg"], capture_output=True).returncode == 0:
    s = screenshot(os.environ["DISPLAY"])[y:y + 180, x:x + 320]
    out["same on screen"] = bool((s == p).all())
out["black"] = int(grab(w, None).max())
out["gl"] = [w.ctx.error, w.ctx.version_code]
out["closed"] = w.closed
w.close(); w.close()
out["after"] = [w.closed, w.poll(), w.size]
w.present(None)
""",
    )
    assert out["shape"] == [180, 320, 3]
    assert out["own"] == [RED, GREEN, BLUE, YELLOW], "row 0 is on top"
    assert out["blue right of"] == 160
    assert out.get("same on screen", True)
    assert out["black"] == 0
    assert out["gl"][0] == "GL_NO_ERROR" and out["gl"][1] >= 330
    assert out["closed"] is False and out["after"] == [True, [], [0, 0]]


def test_resizing_keeps_the_shape_with_black_bars(display: str) -> None:
    out = drive(
        display,
        """
w = open_window()
t = picture(w.ctx, 160, 90)
for size in ((320, 180), (400, 180), (200, 400), (640, 360)):
    glfw.set_window_size(w._window, *size)
    settle(w, t, 0.2)
    p = grab(w, t)
    lit = p.max(axis=2) > 0
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    grab(w, picture(w.ctx, *size))
    out[f"black {size[0]}"] = int(grab(w, None).max())
    out[f"{size[0]}x{size[1]}"] = [list(p.shape), int(columns[0]), int(rows[0]), len(columns), len(rows)]
glfw.set_window_size(w._window, 1, 1)
settle(w, t, 0.2)
glfw.get_framebuffer_size = lambda _: (0, 0)
w.present(t, t)
out["none"] = w.ctx.error
""",
    )
    assert out["320x180"] == [[180, 320, 3], 0, 0, 320, 180]
    assert out["400x180"] == [[180, 400, 3], 40, 0, 320, 180]
    assert out["200x400"] == [[400, 200, 3], 0, 144, 200, 112]
    assert out["640x360"] == [[360, 640, 3], 0, 0, 640, 360]
    assert [out[f"black {width}"] for width in (320, 400, 200, 640)] == [0, 0, 0, 0]
    assert out["none"] == "GL_NO_ERROR"


def test_fullscreen_covers_the_monitor_and_comes_back(display: str) -> None:
    out = drive(
        display,
        """
w = open_window(fullscreen=True, monitor="screen")
t = picture(w.ctx, 320, 180)
settle(w, t)
out["full"] = [w.fullscreen, list(w.size), list(glfw.get_window_pos(w._window))]
out["cursor"] = glfw.get_input_mode(w._window, glfw.CURSOR) == glfw.CURSOR_HIDDEN
out["iconify"] = glfw.get_window_attrib(w._window, glfw.AUTO_ICONIFY)
out["corner"] = grab(w, t)[3, 3].tolist()
w.set_fullscreen(False)
settle(w, t)
out["window"] = [w.fullscreen, list(w.size)]
out["cursor back"] = glfw.get_input_mode(w._window, glfw.CURSOR) == glfw.CURSOR_NORMAL
out["monitors"] = window.monitors()
try:
    open_window(fullscreen=True, monitor="Projector")
except LivevizError as error:
    out["unknown"] = str(error)
""",
    )
    assert out["full"] == [True, [1280, 720], [0, 0]]
    assert out["cursor"] and out["cursor back"] and not out["iconify"]
    assert out["corner"] == RED
    assert out["window"] == [False, [320, 180]]
    assert "Projector" in out["unknown"] and out["monitors"][0] in out["unknown"] and "\n" not in out["unknown"]


@pytest.mark.skipif(shutil.which("xdotool") is None, reason="xdotool is not installed")
def test_keys(display: str) -> None:
    out = drive(
        display,
        """
w = open_window()
settle(w)
subprocess.run(["xdotool", "mousemove", "100", "100"], check=True)
def press(*keys):
    subprocess.run(["xdotool", "key", *keys], check=True, timeout=10)
    return [[m.address, m.value, m.time] for m in settle(w)]
out["space"] = press("space")
out["letters"] = [m[0] for m in press("b", "h", "7", "F5", "Left") if m[1] == 1.0]
before = list(w.size)
press("f")
out["f"] = [before, list(w.size), w.fullscreen]
press("f")
out["f again"] = [list(w.size), w.fullscreen]
out["open"] = w.closed
out["escape"] = press("Escape")[0]
out["closed"] = w.closed
""",
    )
    assert out["space"] == [["key.space", 1.0, 42.0], ["key.space", 0.0, 42.0]]
    assert out["letters"] == ["key.b", "key.h", "key.7", "key.f5", "key.left"]
    assert out["f"] == [[320, 180], [1280, 720], True]
    assert out["f again"] == [[320, 180], False]
    assert out["open"] is False
    assert out["escape"] == ["key.escape", 1.0, 42.0] and out["closed"] is True


def test_the_close_button_and_a_flood_of_keys(display: str) -> None:
    out = drive(
        display,
        """
w = open_window()
for i in range(100_000):
    w._key(None, glfw.KEY_SPACE, 0, glfw.PRESS if i % 2 == 0 else glfw.REPEAT, 0)
w._key(None, glfw.KEY_UNKNOWN, 0, glfw.PRESS, 0)
out["messages"] = len(w.poll())
glfw.set_window_should_close(w._window, True)
w.poll()
out["closed"] = w.closed
""",
    )
    assert out == {"messages": 256, "closed": True}


def test_the_chain_and_the_overlay_on_the_screen(display: str) -> None:
    """Post draws with the window's context; the overlay lies over the upper left, dark and translucent."""
    out = drive(
        display,
        """
from pathlib import Path
from liveviz import post
from liveviz.outputs.overlay import Overlay, OverlayStats
from liveviz.spec import CORE_PARAMETERS, ImageFrame, ParameterFrame, Registry
w = open_window((640, 360))
shaders = post.shaders(Path("shaders"))
chain = post.Chain(w.ctx, shaders, (640, 360))
overlay = Overlay(w.ctx)
values = Registry([*CORE_PARAMETERS, *post.parameters(shaders)]).defaults()
frame = ParameterFrame(0, 0.0, values | {"post.feedback.amount": 0.5, "post.colour.amount": 0.5}, ())
plain = ParameterFrame(0, 0.0, values, ())
pixels = np.full((36, 64, 4), 255, np.uint8)
pixels[18:, :, 0] = 0
for i in range(5):
    image = ImageFrame(pixels, i)
    chain.draw(image, frame, i / 30, 1 / 30)
    texture = chain.draw(image, plain, i / 30, 1 / 30)
    stats = OverlayStats(time=i / 30, fps=30.0, target_fps=30.0, frame_ms=[33.0] * 120, bpm=120.0)
    p = grab(w, texture, overlay.draw(stats))
bare = grab(w, texture)
out["bare"] = [bare[10, 10].tolist(), bare[350, 600].tolist()]
out["read is seen"] = float(np.abs(chain.read().astype(int) - bare).mean())
out["panel"] = p[219, 5].tolist()
out["lit"] = int((p[5:45, 10:80].min(axis=2) > 180).sum())
out["right of it"] = bool((p[:, 300:] == bare[:, 300:]).all())
out["error"] = w.ctx.error
overlay.close(); chain.close(); w.close()
""",
    )
    assert out["bare"] == [[255, 255, 255], [0, 255, 255]]
    assert out["read is seen"] < 0.5
    assert max(out["panel"]) < 90, "dark over light, so that letters stand out"
    assert out["lit"] > 150, "the letters of the fps figure"
    assert out["right of it"] and out["error"] == "GL_NO_ERROR"


def test_available_tells_why_not_and_never_raises(display: str) -> None:
    assert drive(display, "out['a'] = window.available()")["a"] == [True, ""]
    for env in ({"DISPLAY": "", "WAYLAND_DISPLAY": ""}, {"DISPLAY": ":4711", "WAYLAND_DISPLAY": ""}):
        out = drive(
            display,
            """
out["a"] = window.available()
try:
    open_window()
except LivevizError as error:
    out["refused"] = str(error)
""",
            **env,
        )
        assert out["a"][0] is False and out["a"][1].startswith("no display") and "\n" not in out["a"][1]
        assert out["refused"].startswith("no display")


def test_monitors_are_found_by_number_and_part_of_the_name() -> None:
    names = ["eDP-1", "HDMI-1", "DP-2"]
    assert [find_monitor(m, names) for m in (0, "2", "hdmi", "DP-2", " edp ")] == [0, 2, 1, 2, 0]
    for wrong in (3, -1, "", "vga"):
        with pytest.raises(LivevizError, match="0: eDP-1, 1: HDMI-1, 2: DP-2"):
            find_monitor(wrong, names)
    with pytest.raises(LivevizError, match="there are none"):
        find_monitor(0, [])


@settings(derandomize=True, max_examples=200, deadline=None)
@given(*[st.tuples(st.integers(1, 5000), st.integers(1, 5000))] * 2)
def test_fitting_keeps_the_shape_and_fills_one_side(image: tuple[int, int], room: tuple[int, int]) -> None:
    x, y, width, height = fitted(image, room)
    assert x >= 0 and y >= 0 and 1 <= width <= room[0] and 1 <= height <= room[1]
    assert width == room[0] or height == room[1]
    assert abs((room[0] - width) - 2 * x) <= 1 and abs((room[1] - height) - 2 * y) <= 1
    # within the rounding to whole pixels, and the half percent that counts as none
    assert abs(width * image[1] - height * image[0]) <= max(image) + 0.006 * max(width * image[1], height * image[0])
