"""The layers of a StyleGAN3 of given sizes, in the order in which they run. Every layer works on a signal of a known band:
cutoffs and stopbands grow geometrically from the first layer to the last critically sampled ones, and sampling rates,
channels, canvas sizes and filter lengths follow from them.

Source: Karras et al. 2021 (2106.12423), section 3.2, appendix D and table 1; configurations T and R.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveviz.models.stylegan.numbers import LayerNumbers

FIRST_CUTOFF = 2.0
FIRST_STOPBAND = 2.0**2.1
LAST_STOPBAND = 2.0**0.3  # of the last cutoff
MARGIN_SAMPLES = 10  # samples around the image, so that no layer sees its border
FILTER_SIZE = 6  # taps per sample of the lower rate
OVERSAMPLING_RATIO = 2  # around the leaky ReLU
OUTPUT_SCALE = 0.25
Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: modulated convolution, bias, FIR up, leaky ReLU, clamp, FIR down.

    name: in the file. number: from 0; it uses row number + 1 of ws. inputs, outputs: channels. kernel: 1 or 3 pixels.
    in_rate, rate: samples across a square image before and after. height, width: of its output, margins included.
    in_height, in_width: of its input. cutoff, half_width: (before, after) of the band, in cycles per image.
    up, down: factors of the two FIR filters, up_taps, down_taps their lengths. radial: whether the FIR down is `[t, t]`
    and round. padding: zeros before and after the signal at the high rate, the same for both axes; below 0 it is cropped.
    torgb: the last one, which only draws: no demodulation, filters or leaky ReLU.
    """

    name: str
    number: int
    inputs: int
    outputs: int
    kernel: int
    in_rate: int
    rate: int
    in_height: int
    in_width: int
    height: int
    width: int
    cutoff: tuple[float, float]
    half_width: tuple[float, float]
    up: int
    down: int
    up_taps: int
    down_taps: int
    radial: bool
    padding: tuple[int, int]
    torgb: bool


@dataclass(frozen=True, slots=True)
class _Band:
    cutoff: float
    half_width: float
    rate: int
    channels: int


def _bands(config: LayerNumbers) -> list[_Band]:
    count, last_cutoff = config.num_layers, config.resolution / 2
    found = []
    for n in range(count + 1):
        exponent = min(n / (count - config.num_critical), 1.0)
        cutoff = FIRST_CUTOFF * (last_cutoff / FIRST_CUTOFF) ** exponent
        stopband = FIRST_STOPBAND * (last_cutoff * LAST_STOPBAND / FIRST_STOPBAND) ** exponent
        rate = 2 ** math.ceil(math.log2(min(stopband * 2.0, config.resolution)))
        width = config.img_channels if n == count else round(min(config.channel_base / 2 / cutoff, config.channel_max))
        found.append(_Band(cutoff, max(stopband, rate / 2) - cutoff, rate, width))
    return found


def input_size(config: LayerNumbers) -> tuple[int, int]:
    """(height, width) of the Fourier features that the first layer gets."""
    return _size(config, _bands(config)[0].rate, margin=True)


def input_channels(config: LayerNumbers) -> int:
    """How many Fourier features there are."""
    return _bands(config)[0].channels


def _size(config: LayerNumbers, rate: int, margin: bool) -> tuple[int, int]:
    extra = 2 * MARGIN_SAMPLES if margin else 0
    return rate * config.const_height // 4 + extra, rate * config.const_width // 4 + extra


def layers(config: LayerNumbers) -> tuple[Layer, ...]:
    """Every layer, coarse first; the last draws."""
    bands, count, found = _bands(config), config.num_layers, []
    radial = config.architecture == "stylegan3-r"
    height, width = _size(config, bands[0].rate, margin=True)
    for n, band in enumerate(bands):
        below, torgb, critical = bands[max(n - 1, 0)], n == count, n >= count - config.num_critical
        kernel = 1 if torgb or radial else 3
        high = band.rate if torgb else max(below.rate, band.rate) * OVERSAMPLING_RATIO
        up, down = high // below.rate, high // band.rate
        up_taps, down_taps = (1, 1) if torgb else (FILTER_SIZE * up, FILTER_SIZE * down)
        out_height, out_width = _size(config, band.rate, margin=n < count - 1)
        # The zeros that bring the padded, filtered and thinned signal to its size; both axes need the same number.
        total = (out_height - 1) * down + 1 - (height + kernel - 1) * up + up_taps + down_taps - 2
        before = (total + up) // 2
        square = band.rate + (2 * MARGIN_SAMPLES if n < count - 1 else 0)
        found.append(
            Layer(
                name=f"synthesis.L{n}_{square}_{band.channels}",
                number=n,
                inputs=below.channels,
                outputs=band.channels,
                kernel=kernel,
                in_rate=below.rate,
                rate=band.rate,
                in_height=height,
                in_width=width,
                height=out_height,
                width=out_width,
                cutoff=(below.cutoff, band.cutoff),
                half_width=(below.half_width, band.half_width),
                up=up,
                down=down,
                up_taps=up_taps,
                down_taps=down_taps,
                radial=radial and not critical,
                padding=(before, total - before),
                torgb=torgb,
            )
        )
        height, width = out_height, out_width
    return tuple(found)


def shapes(config: LayerNumbers) -> Shapes:
    """Name and shape of every weight of the synthesis network, in the order of the file."""
    width = input_channels(config)
    found: Shapes = {
        "synthesis.input.weight": (width, width),
        "synthesis.input.transform": (3, 3),
        "synthesis.input.freqs": (width, 2),
        "synthesis.input.phases": (width,),
        "synthesis.input.affine.weight": (4, config.w_dim),
        "synthesis.input.affine.bias": (4,),
    }
    for layer in layers(config):
        found |= {
            f"{layer.name}.weight": (layer.outputs, layer.inputs, layer.kernel, layer.kernel),
            f"{layer.name}.bias": (layer.outputs,),
            f"{layer.name}.magnitude_ema": (),
            f"{layer.name}.affine.weight": (layer.inputs, config.w_dim),
            f"{layer.name}.affine.bias": (layer.inputs,),
        }
        if not layer.torgb:
            taps = layer.down_taps
            found[f"{layer.name}.up_filter"] = (layer.up_taps,)
            found[f"{layer.name}.down_filter"] = (taps, taps) if layer.radial else (taps,)
    return found
