"""Grain: how strong a trained generator's noise inputs are. Training by program leaves them silent; a show wants an image
that breathes, and a knob that does something on every range of layers. So each layer's strength is set by measurement:
so strong that it alone changes the image by a little, whatever the weights after it do with it."""

from dataclasses import replace

import torch

from liveviz.learning.pictures import paint, values
from liveviz.models import Generator, MappingNetwork, latent
from liveviz.models.palette import Palette
from liveviz.models.stylegan.reference import network

LAYER_RMS = {4: 0.008, 8: 0.008, 16: 0.008, 32: 0.008, 64: 0.006, 128: 0.005, 256: 0.004}
"""Root mean square change of the image, of ±1, by the noise of one layer of that size at strength 1."""
FIELDS_RMS = {4: 0.02, 8: 0.02, 16: 0.016, 32: 0.01, 64: 0.004, 128: 0.0015}
"""The same where fields are drawn: noise in coarse layers bends shapes, which may be seen; in the finest ones it makes thin
lines tremble, which should not."""
PROBE_STRENGTH = 0.02
"""Strength at which the effect of a layer's noise is measured."""
PROBE_IMAGES = 8
"""Images over which it is measured."""


@torch.no_grad()
def with_grain(generator: Generator) -> Generator:
    """The same generator with the noise strengths of all layers set, by `PROBE_IMAGES` images at psi 1."""
    mapping, classes = MappingNetwork(generator), max(generator.config.classes, 1)
    c = (
        mapping.one_hot([i * classes // PROBE_IMAGES for i in range(PROBE_IMAGES)])
        if generator.config.classes
        else None
    )
    z = torch.cat([torch.from_numpy(latent(seed, generator.config.z_dim)) for seed in range(PROBE_IMAGES)])
    ws = torch.from_numpy(mapping.ws(mapping(z.numpy(), c)))
    silent = {
        name: value * 0 if name.endswith("noise_strength") else value for name, value in generator.weights.items()
    }
    net = network(replace(generator, weights=silent))
    table = torch.from_numpy(Palette(generator)(ws.numpy())) if generator.config.draws_fields else None

    def seen() -> torch.Tensor:
        drawn: torch.Tensor = net.synthesis(ws)
        return drawn if table is None else paint(values(drawn), table)

    still, wanted = seen(), LAYER_RMS if table is None else FIELDS_RMS
    strengths = {}
    for name, parameter in net.named_parameters():
        if name.endswith("noise_strength"):
            parameter.fill_(PROBE_STRENGTH)
            change = (seen() - still).square().mean().sqrt().item()
            parameter.fill_(0.0)
            size = int(name.split(".")[1].removeprefix("b"))
            strengths[name] = silent[name] + PROBE_STRENGTH * wanted[size] / max(change, 1e-6)
    return replace(generator, weights={**silent, **strengths})
