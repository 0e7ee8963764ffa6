"""The network that learns to hear, as torch trains it. The live analyser runs the same arithmetic in numpy from the tensors
that `tensors` writes; a test holds the two together."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

LAYER_UNITS, RECURRENT_LAYERS = 64, 2
"""Units of each layer, and how many recurrent layers."""
State = Tensor


class HearingNetwork(nn.Module):
    """Looks in, how likely each heard thing is out; causal, one look at a time, with a memory of seconds.

    Args:
        mean, scale: float32 `[features]`, of the looks it will learn from.
        heard: number of things to hear.
        wide: units of every layer.
    Source: Cho et al. 2014 (the gated recurrent unit); Heydari, Cwitkowitz & Duan 2021 for its use online.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Tensor, scale: Tensor, heard: int, wide: int = LAYER_UNITS) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.first = nn.Linear(mean.numel(), wide)
        self.memory = nn.GRU(wide, wide, RECURRENT_LAYERS, batch_first=True)
        self.last = nn.Linear(wide, heard)

    def forward(self, looks: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Logits `[batch, looks, heard]` of looks `[batch, looks, features]`, and the memory `[RECURRENT_LAYERS, batch, wide]`."""
        x = torch.tanh(self.first((looks - self.mean) / self.scale))  # [batch, looks, wide]
        x, state = self.memory(x, state)  # [batch, looks, wide]
        return self.last(x), state

    @classmethod
    def of(cls, tensors: Mapping[str, NDArray], features: int, heard: int) -> "HearingNetwork":
        """The network whose `tensors` these are.

        Raises:
            ValueError: they are of another one.
        """
        net = cls(torch.zeros(features), torch.ones(features), heard)
        own = net.state_dict()
        named = {name: tensors.get(name.replace(".", "_")) for name in own}
        wrong = [name for name, value in named.items() if value is None or value.shape != own[name].shape]
        if wrong:
            raise ValueError(f"{wrong[0]} is missing or has another shape")
        net.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in named.items()})
        return net

    def tensors(self) -> dict[str, NDArray]:
        """Everything the live analyser needs, float32."""
        return {name.replace(".", "_"): value.detach().numpy().copy() for name, value in self.state_dict().items()}
