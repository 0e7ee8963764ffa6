"""The functions that `paint` needs, in NumPy: slow, and what the shader is compared with."""

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

absolute, exp, floor, maximum, sqrt = np.abs, np.exp, np.floor, np.maximum, np.sqrt


def mix(a: Plane, b: Plane, share: Plane) -> Plane:
    """a where share is 0, b where it is 1."""
    return a + (b - a) * share


def clamp(x: Plane, low: float, high: float) -> Plane:
    """x within low and high."""
    return np.clip(x, np.float32(low), np.float32(high))


def fract(x: Plane) -> Plane:
    """x minus the whole number below."""
    return x - np.floor(x)


def smoothstep(low: float, high: float, x: Plane) -> Plane:
    """0 below low, 1 above high, smooth between."""
    t = clamp((x - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return t * t * (np.float32(3.0) - np.float32(2.0) * t)


def slope(x: Plane) -> Plane:
    """Length of the gradient of x `[h, w]`, per pixel: forward differences, as a GPU has them within a block of 2x2."""
    right = np.diff(x, axis=1, append=x[:, -1:])
    down = np.diff(x, axis=0, append=x[-1:])
    right[:, -1:] = right[:, -2:-1] if x.shape[1] > 1 else 0.0
    down[-1:] = down[-2:-1] if x.shape[0] > 1 else 0.0
    return np.sqrt(right * right + down * down + np.float32(1e-12))
