"""The synthesis network of StyleGAN3 in torch as the paper writes it: Fourier features that w turns and moves, modulated
convolutions, leaky ReLUs at twice the sampling rate between two FIR filters. `models.reference` has the way in.

Source: Karras et al. 2021 (2106.12423), section 3 and appendices C to F.
"""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from liveviz.models.stylegan import layers3
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.models.stylegan.reference_parts import Bend, FullyConnected


class Input(nn.Module):
    """Fourier features: sines of fixed frequencies on a grid that w turns and shifts and the user moves about.

    `transform` `[3, 3]` maps homogeneous image coordinates (x, y, 1) to where the features are taken from.
    """

    transform: Tensor
    freqs: Tensor
    phases: Tensor

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        first = layers3.layers(config)[0]
        channels = layers3.input_channels(config)
        self.size, self.rate = layers3.input_size(config), first.in_rate
        self.weight = nn.Parameter(torch.empty(channels, channels))
        self.affine = FullyConnected(config.w_dim, 4)
        self.register_buffer("transform", torch.empty(3, 3))
        self.register_buffer("freqs", torch.empty(channels, 2))
        self.register_buffer("phases", torch.empty(channels))

    def forward(self, w: Tensor, view: Tensor | None = None) -> Tensor:
        """Features `[n, channels, h, w]` of w `[n, w_dim]`; `view` `[3, 3]` moves the grid before anything else does."""
        t = self.affine(w)  # [n, 4]: cosine, sine, x, y
        t = t / t[:, :2].norm(dim=1, keepdim=True)
        zero, one = torch.zeros_like(t[:, 0]), torch.ones_like(t[:, 0])
        cos, sin, x, y = t.unbind(1)
        rotate = torch.stack([cos, -sin, zero, sin, cos, zero, zero, zero, one], 1).reshape(-1, 3, 3)
        shift = torch.stack([one, zero, -x, zero, one, -y, zero, zero, one], 1).reshape(-1, 3, 3)
        whole = rotate @ shift @ (self.transform if view is None else self.transform @ view)  # [n, 3, 3]
        phases = self.phases[None] + (self.freqs @ whole[:, :2, 2:])[..., 0]  # [n, C]
        freqs = self.freqs @ whole[:, :2, :2]  # [n, C, 2]
        # What the sampling rate cannot carry fades out.
        fade = 1.0 - (freqs.norm(dim=2) - layers3.FIRST_CUTOFF) / (self.rate / 2 - layers3.FIRST_CUTOFF)
        amplitudes = fade.clamp(0.0, 1.0)  # [n, C]
        rows, columns = (((torch.arange(s) + 0.5) - s / 2).to(w) / self.rate for s in self.size)
        turns = freqs[..., 0, None, None] * columns + freqs[..., 1, None, None] * rows[:, None]  # [n, C, h, w]
        features = torch.sin((turns + phases[..., None, None]) * (2.0 * math.pi)) * amplitudes[..., None, None]
        weight = self.weight / math.sqrt(self.weight.shape[1])
        return F.conv2d(features, weight[:, :, None, None])


def fir(x: Tensor, taps: Tensor) -> Tensor:
    """x `[n, c, h, w]` filtered by `taps`, `[t]` along both axes or `[t, t]`: smaller by t - 1 each way."""
    c, taps = x.shape[1], taps.flip(tuple(range(taps.ndim)))  # conv2d correlates
    if taps.ndim == 2:
        return F.conv2d(x, taps[None, None].expand(c, 1, -1, -1), groups=c)
    x = F.conv2d(x, taps[None, None, None].expand(c, 1, 1, -1), groups=c)
    return F.conv2d(x, taps[None, None, :, None].expand(c, 1, -1, 1), groups=c)


class Layer(nn.Module):
    """Modulated convolution, bias, FIR up, leaky ReLU, clamp, FIR down; the last layer only convolves and adds the bias."""

    magnitude_ema: Tensor
    up_filter: Tensor
    down_filter: Tensor

    def __init__(self, config: GeneratorConfig, layer: layers3.Layer) -> None:
        super().__init__()
        self.place, self.clamp = layer, config.conv_clamp
        self.weight = nn.Parameter(torch.empty(layer.outputs, layer.inputs, layer.kernel, layer.kernel))
        self.bias = nn.Parameter(torch.empty(layer.outputs))
        self.affine = FullyConnected(config.w_dim, layer.inputs)
        self.register_buffer("magnitude_ema", torch.empty([]))
        if not layer.torgb:
            taps = (layer.down_taps,) * (2 if layer.radial else 1)
            self.register_buffer("up_filter", torch.empty(layer.up_taps))
            self.register_buffer("down_filter", torch.empty(taps))

    def forward(self, x: Tensor, w: Tensor, filters: Tensor | None = None) -> Tensor:
        x = self._modulated(x, self.affine(w))
        x = (x if filters is None else x * filters[:, None, None]) + self.bias[:, None, None]
        if not self.place.torgb:
            x = F.leaky_relu(self._upsample(x), 0.2) * math.sqrt(2.0)
        x = x if self.clamp is None else x.clamp(-self.clamp, self.clamp)
        if not self.place.torgb:
            down = self.place.down
            x = fir(x, self.down_filter)[:, :, ::down, ::down]
        return x

    def _modulated(self, x: Tensor, style: Tensor) -> Tensor:
        n, inputs, height, width = x.shape
        weight: Tensor = self.weight
        if self.place.torgb:
            weight = weight[None] * (style / math.sqrt(weight[0].numel()))[:, None, :, None, None]  # [n, O, I, k, k]
        else:
            weight = weight * weight.square().mean(dim=(1, 2, 3), keepdim=True).rsqrt()
            style = style * style.square().mean(dim=1, keepdim=True).rsqrt()
            weight = weight[None] * style[:, None, :, None, None]  # [n, O, I, k, k]
            weight = weight * (weight.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        weight = weight * self.magnitude_ema.rsqrt()
        x = x.reshape(1, n * inputs, height, width)
        x = F.conv2d(x, weight.flatten(0, 1), padding=self.place.kernel - 1, groups=n)
        return x.reshape(n, -1, *x.shape[2:])

    def _upsample(self, x: Tensor) -> Tensor:
        n, c, height, width = x.shape
        up, (before, after) = self.place.up, self.place.padding
        sparse = x.new_zeros(n, c, height, up, width, up)
        sparse[:, :, :, 0, :, 0] = x
        x = F.pad(sparse.reshape(n, c, height * up, width * up), [before, after, before, after])
        return fir(x, self.up_filter * up)


class Synthesis(nn.Module):
    """ws `[n, num_ws, w_dim]` to images float32 `[n, img_channels, height, width]`, about ±1."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.input = Input(config)
        self.names = []
        for layer in layers3.layers(config):
            self.names.append(layer.name.rsplit(".", 1)[1])
            setattr(self, self.names[-1], Layer(config, layer))

    def forward(
        self,
        ws: Tensor,
        noise: Sequence[Tensor] | None = None,
        bends: Mapping[int, Bend] | None = None,
        view: Tensor | None = None,
        filters: Mapping[int, Sequence[Tensor]] | None = None,
    ) -> Tensor:
        """Synthesise.

        Args:
            noise: none of its layers has noise, so whatever is given here is not looked at.
            bends: by layer, what becomes of the activations of the last convolution at that sampling rate.
            view: `[3, 3]`, from image coordinates (1 = a square image's width) to where they are taken from.
            filters: by layer, a factor `[O]` for the filters of each of its convolutions, behind the demodulation.
        """
        factors = {rate: iter(given) for rate, given in (filters or {}).items()}
        layers: list[Layer] = [getattr(self, name) for name in self.names]
        x = self.input(ws[:, 0], view)
        for row, layer in enumerate(layers, 1):
            x = layer(x, ws[:, row], None if layer.place.torgb else next(factors.get(layer.place.rate, iter(())), None))
            ends = not layer.place.torgb and (layers[row].place.torgb or layers[row].place.rate != layer.place.rate)
            if bends is not None and ends and layer.place.rate in bends:
                x = bends[layer.place.rate](x)
        return x * layers3.OUTPUT_SCALE
