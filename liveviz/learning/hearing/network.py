"""The network that learns to hear, as torch trains it. The live analyser runs the same arithmetic in numpy from the tensors
that `tensors` writes; a test holds the two together."""

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

WIDE, DEEP = 64, 2
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

    def __init__(self, mean: Tensor, scale: Tensor, heard: int, wide: int = WIDE) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.first = nn.Linear(mean.numel(), wide)
        self.memory = nn.GRU(wide, wide, DEEP, batch_first=True)
        self.last = nn.Linear(wide, heard)

    def forward(self, looks: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Logits `[batch, looks, heard]` of looks `[batch, looks, features]`, and the memory `[DEEP, batch, wide]`."""
        x = torch.tanh(self.first((looks - self.mean) / self.scale))  # [batch, looks, wide]
        x, state = self.memory(x, state)  # [batch, looks, wide]
        return self.last(x), state

    def tensors(self) -> dict[str, NDArray]:
        """Everything the live analyser needs, float32."""
        return {name.replace(".", "_"): value.detach().numpy().copy() for name, value in self.state_dict().items()}
