"""Where a StyleGAN3's image is taken from: its first layer is a plane without end, and the image a window on it that
can be zoomed, turned and moved about."""

import math

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import ParameterFrame

_VIEW_PARAMETERS = ("view.zoom", "view.rotate", "view.x", "view.y")
_AT_REST = (1.0, 0.0, 0.0, 0.0)


def view(frame: ParameterFrame) -> NDArray[np.float32] | None:
    """`[3, 3]`: from homogeneous image coordinates (x right, y down, 1 = a square image's width) to the plane's; None
    at rest, so that a resting image is the file's own, to the bit."""
    values = tuple(frame[name] for name in _VIEW_PARAMETERS)
    if values == _AT_REST:
        return None
    zoom, turns, x, y = values
    cos, sin = math.cos(2.0 * math.pi * turns) / zoom, math.sin(2.0 * math.pi * turns) / zoom
    # y points down, so that turning the points back by the angle turns the image clockwise.
    return np.array([[cos, sin, -x], [-sin, cos, -y], [0.0, 0.0, 1.0]], np.float32)
