"""What all readers of StyleGANs ask of a file: a config of its sizes, and whether its filters are the paper's."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveviz.models.importing.source import Source
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.spec import LivevizError

Array = NDArray[np.float32]


def sized(source: Source, **fields: Any) -> GeneratorConfig:
    """The config of these fields; LivevizError that names the file where there is no such generator."""
    try:
        return GeneratorConfig(**fields)
    except LivevizError as error:
        raise source.fail(str(error)) from error


def is_fir(found: Array, gain: float = 1.0) -> bool:
    """Whether `[4, 4]` is the low-pass filter [1, 3, 3, 1] of StyleGAN2, times `gain`."""
    taps = np.array([1.0, 3.0, 3.0, 1.0])
    return found.shape == (4, 4) and bool(np.allclose(found, np.outer(taps, taps) * (gain / 64.0), rtol=1e-4))


def channel_limits(widths: Mapping[int, int]) -> dict[str, int]:
    """channel_base and channel_max of a StyleGAN2 that has `widths` channels by resolution."""
    return {"channel_base": max(r * width for r, width in widths.items()), "channel_max": max(widths.values())}
