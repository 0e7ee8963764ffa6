"""GL without a window draws real pixels, and says in one line where it cannot."""

import os
import subprocess
import sys

import numpy as np

from liveviz.outputs.headless import Headless


def test_draws_and_presents_without_a_display() -> None:
    output = Headless((12, 7))
    texture = output.ctx.texture((12, 7), 4)
    framebuffer = output.ctx.framebuffer([texture])
    framebuffer.clear(1.0, 0.5, 0.0, 1.0)
    output.present(texture)
    output.present(None, texture)
    seen = np.frombuffer(framebuffer.read(components=3), np.uint8).reshape(7, 12, 3)
    assert np.abs(seen.astype(int) - (255, 128, 0)).max() <= 1
    assert output.ctx.version_code >= 330
    assert (output.size, output.poll(), output.closed) == ((12, 7), [], False)
    output.close()
    output.close()
    assert output.closed


def test_no_driver_is_one_clear_line() -> None:
    code = (
        "from liveviz.outputs.headless import Headless\nfrom liveviz.spec import LivevizError\n"
        "try:\n    Headless((8, 8))\nexcept LivevizError as error:\n    print('refused:', error)"
    )
    env = os.environ | {"GLCONTEXT_LINUX_LIBEGL": "libnot-there.so"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=env, check=True)
    assert done.stdout.startswith("refused: cannot draw without a window") and done.stdout.count("\n") == 1
