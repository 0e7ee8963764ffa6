"""The static-weight rewrite of a StyleGAN3, and its synthesis network, written once for every backend.

The Fourier features are sines of x fx + y fy + phase on a grid, so they split into sines and cosines of rows and of
columns, a few thousand numbers that are made here in numpy: no engine needs a sine, and half precision never sees an angle.

Source: Karras et al. 2021 (2106.12423), section 3 and appendices C to F.
"""

from typing import Any

import numpy as np

from liveviz.engine.operations import Conv, Filtered, NetworkOperations
from liveviz.engine.stylegan.constants import LEAKY_SLOPE, SQRT2, Array, Rewrite
from liveviz.models import Generator
from liveviz.models.stylegan import layers3


class Rewrite3(Rewrite):
    """Constants of a StyleGAN3.

    steps: of every layer, the bend that ends it (0: none), its convolution, and its filtered leaky ReLU but for the last.
    """

    def __init__(self, generator: Generator) -> None:
        super().__init__(generator)
        weights, config = self._weights, self.config
        self._places = layers3.layers(config)
        self._channels = layers3.input_channels(config)
        self._size = layers3.input_size(config)  # height, width
        self.features = self._take(2 * self._channels * sum(self._size))
        first = weights["synthesis.input.weight"] / np.sqrt(np.float32(self._channels))
        bare = np.zeros(self._channels, np.float32)
        self._first = Conv("synthesis.input", 0, first[:, :, None, None], bare)
        self._drawing.append(self._first)
        self._turn = (  # of w: cosine, sine, x, y
            weights["synthesis.input.affine.weight"].astype(np.float64) / np.sqrt(config.w_dim),
            weights["synthesis.input.affine.bias"].astype(np.float64),
        )
        self._freqs = weights["synthesis.input.freqs"].astype(np.float64)  # [C, 2]
        self._phases = weights["synthesis.input.phases"].astype(np.float64)  # [C]
        self._transform = weights["synthesis.input.transform"].astype(np.float64)  # [3, 3]
        ends = {place.rate: place.number for place in self._places[:-1]}  # the last layer at each rate
        self.steps: list[tuple[int, Conv, Filtered | None]] = []
        for place in self._places:
            ending = place.rate if ends[place.rate] == place.number and not place.torgb else 0
            if place.torgb:
                gain = 1.0 / np.sqrt(weights[f"{place.name}.magnitude_ema"])
                conv = self._rgb(place.name, place.rate, place.number + 1, layers3.OUTPUT_SCALE, float(gain))
                step = None
            else:
                conv, step = self._layer(place)
                self.writers.setdefault(place.rate, []).extend([conv.d] if conv.d is not None else [])
            if self.steps and (before := self.steps[-1][0]):
                self.readers[before] = [conv.s] if conv.s is not None else []
            self.steps.append((ending, conv, step))

    def _layer(self, place: layers3.Layer) -> tuple[Conv, Filtered]:
        weights, name = self._weights, place.name
        gain = SQRT2 / np.sqrt(weights[f"{name}.magnitude_ema"])
        # What the transposed convolution's result loses at its borders: whole samples of it need not be computed.
        cut = place.up_taps - 1 - place.padding[0]
        spare = max(-(-(cut - place.up_taps + 1) // place.up), 0)
        conv = self._modulated(
            name,
            place.rate,
            place.number + 1,
            gain,
            SQRT2,
            padding=max(place.kernel - 1 - spare, 0),
            crop=max(spare - place.kernel + 1, 0),
        )
        step = Filtered(
            up_taps=weights[f"{name}.up_filter"] * np.float32(place.up),
            up=place.up,
            padding=cut - spare * place.up,
            down_taps=np.flip(weights[f"{name}.down_filter"]),  # engines correlate
            down=place.down,
            slope=LEAKY_SLOPE,
            clamp=self.config.conv_clamp,
        )
        return conv, step

    def write_features(self, w: Array, view: Array | None) -> Array:
        turn, bias = self._turn
        t = w @ turn.T + bias  # [n, 4]
        t = t / np.linalg.norm(t[:, :2], axis=1, keepdims=True)
        rotate, shift = np.tile(np.eye(3), (2, len(w), 1, 1))  # [n, 3, 3] each
        rotate[:, 0, 0], rotate[:, 0, 1], rotate[:, 1, 0], rotate[:, 1, 1] = t[:, 0], -t[:, 1], t[:, 1], t[:, 0]
        shift[:, :2, 2] = -t[:, 2:]
        whole = rotate @ shift @ (self._transform if view is None else self._transform @ view)  # [n, 3, 3]
        phases = self._phases + (self._freqs @ whole[:, :2, 2:])[..., 0]  # [n, C]
        freqs = self._freqs @ whole[:, :2, :2]  # [n, C, 2]
        rate, band = self._places[0].in_rate, layers3.FIRST_CUTOFF
        # What the sampling rate cannot carry fades out.
        fade = np.clip(1.0 - (np.linalg.norm(freqs, axis=2) - band) / (rate / 2 - band), 0.0, 1.0)  # [n, C]
        rows, columns = ((np.arange(size) + 0.5 - size / 2) / rate for size in self._size)
        x = 2.0 * np.pi * freqs[:, :, :1] * columns  # [n, C, w]
        y = 2.0 * np.pi * (freqs[:, :, 1:] * rows + phases[:, :, None])  # [n, C, h]
        parts = (np.sin(x), np.cos(x), np.cos(y) * fade[:, :, None], np.sin(y) * fade[:, :, None])
        return np.concatenate([p.reshape(len(w), -1) for p in parts], axis=1).astype(np.float32)

    def build(self, o: NetworkOperations, colours: int) -> Any:
        assert self.features is not None
        x = o.conv(o.fourier(self.features, self._channels, *self._size), self._first)
        for ending, conv, step in self.steps:
            x = o.conv(x, self.coloured(conv, colours) if conv.rgb else conv)
            if step is not None:
                x = o.filtered(x, step)
            if ending:
                x = o.bend(x, ending)
        return x
