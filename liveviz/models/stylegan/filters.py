"""The low-pass filters of a StyleGAN3, designed from the band that a layer has: Kaiser windows on a sinc for both axes, or
on a jinc where the filter is to be the same in all directions. Files bring their own; these are for generators made new.

Source: Karras et al. 2021 (2106.12423), appendix C.1; Kaiser 1974 for the window's formulas.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def low_pass(taps: int, cutoff: float, width: float, rate: float, radial: bool = False) -> Array:
    """A filter of sum 1.

    Args:
        taps: its length. cutoff, width: where it passes half, and how wide its transition is, in the units of `rate`, the
            sampling rate.
        radial: round, `[taps, taps]`, else `[taps]` for either axis.
    """
    place = (np.arange(taps) - (taps - 1) / 2) / rate  # [t]
    window = np.kaiser(taps, _beta(taps, width / (rate / 2)))
    if not radial:
        made = 2.0 * cutoff * np.sinc(2.0 * cutoff * place) * window
        return (made / made.sum()).astype(np.float32)
    distance = np.hypot(*np.meshgrid(place, place))  # [t, t]
    with np.errstate(invalid="ignore", divide="ignore"):
        jinc = _bessel_j1(2.0 * np.pi * cutoff * distance) / (np.pi * distance)
    jinc[distance == 0.0] = 2.0 * cutoff  # only with an odd number of taps
    made = jinc * np.outer(window, window)
    return (made / made.sum()).astype(np.float32)


def _beta(taps: int, width: float) -> float:
    """Kaiser's parameter for a transition of `width` (1 is half the sampling rate)."""
    attenuation = 2.285 * (taps - 1) * np.pi * width + 7.95
    if attenuation > 50.0:
        return 0.1102 * (attenuation - 8.7)
    return float(0.5842 * (attenuation - 21.0) ** 0.4 + 0.07886 * (attenuation - 21.0)) if attenuation > 21.0 else 0.0


def _bessel_j1(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """J1 by its integral: a periodic, smooth integrand, so 64 equal steps are exact to rounding for |x| below 40."""
    angle = (np.arange(64) + 0.5) * (2.0 * np.pi / 64)
    return np.cos(angle - x[..., None] * np.sin(angle)).mean(axis=-1)
