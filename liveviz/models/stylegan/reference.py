"""The whole generator in torch as the papers have it. It is slow, and it is the truth: the fast engines are compared with
it, and training starts from it. Parameter and buffer names are those of the file, so `state_dict()` is a generator
file."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from liveviz.models.generator import Generator
from liveviz.models.palette import BIAS, WEIGHT
from liveviz.models.stylegan import reference3
from liveviz.models.stylegan.config import GeneratorConfig, as_stylegan
from liveviz.models.stylegan.reference2 import Layer, Synthesis, fir_kernel, upsample
from liveviz.models.stylegan.reference_parts import Bend, MappingTorch, bend

__all__ = ["Layer", "Network", "bend", "fir_kernel", "network", "upsample"]


class Network(nn.Module):
    """The whole generator: `mapping` and `synthesis`.

    fp16: run the layers that a StyleGAN2's training ran in half precision (`num_fp16_res`) in half precision.
    """

    def __init__(self, config: GeneratorConfig, fp16: bool = False) -> None:
        super().__init__()
        self.config = config
        self.mapping = MappingTorch(config)
        self.synthesis: nn.Module = reference3.Synthesis(config) if config.is_stylegan3 else Synthesis(config, fp16)

    def ws(self, z: Tensor, c: Tensor | None, psi: float) -> Tensor:
        """As `models.family.Reference` has it."""
        return self.mapping.ws(self.mapping(z, c), psi)

    def draw(
        self,
        ws: Tensor,
        noise: Sequence[Tensor] | None = None,
        view: Tensor | None = None,
        bends: Mapping[int, Bend] | None = None,
        filters: Mapping[int, Sequence[Tensor]] | None = None,
    ) -> Tensor:
        """As `models.family.Reference` has it."""
        where = {} if view is None else {"view": view}
        made: Tensor = self.synthesis(ws, noise, bends, filters=filters, **where)
        return made


def network(generator: Generator, fp16: bool = False) -> Network:
    """The torch network with a generator's weights, on the CPU, without gradients.

    Everything is float32 unless `fp16` asks for the precision that the original runs on a GPU.
    """
    net = Network(as_stylegan(generator.config), fp16)
    # Arrays read from a file may be read-only, and torch would share them: copy.
    drawn = {name: value for name, value in generator.weights.items() if name not in (WEIGHT, BIAS)}
    net.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in drawn.items()})
    return net.requires_grad_(False).eval()
