"""The judge of the last stage: a small convolutional network that looks at pieces of maps, drawn by the network and by
the programs, and says which is which. A mean of differences forgives a soft edge in the right place; the judge does not.

Each piece is judged against the right answer to the same question at the same place, patch by patch, so that what it
finds is how things are drawn and not what. A little grain on both hides ripples that nobody can see.

Sources: Isola et al. 2017 (1611.07004: patches); Jolicoeur-Martineau 2018 (1807.00734: relativistic pairs);
Mescheder et al. 2018 (1801.04406: R1, on both kinds as Huang et al. 2025, 2501.05441).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from liveviz.learning.gan.discriminator import Conv, activate
from liveviz.learning.optimiser import ADAM, unstepped
from liveviz.learning.pictures import MAPS

SIDE = 96  # pixels of a piece
PIECES = 2  # of every picture
OVER = 24  # pixels that places reach over the border, where pieces stop: it shows zero padding, so it is judged more
GRAIN = 0.01  # standard deviation, of maps that go from 0 to about 1
LAZY = 8  # steps between two times that its slope is held down
SLOPE = 2.0  # how much
RATE, BETAS = 0.003, (0.0, 0.99)
WIDTHS = (24, 32, 48, 64)


@dataclass(frozen=True)
class Verdict:
    """wish: what the drawing network is to lower. cost: what the judge is to lower."""

    wish: Tensor
    cost: Tensor


class Judge(nn.Module):
    """Maps `[n, 5, h, w]` to a logit a patch, `[n, 1, h / 8, w / 8]`, higher for those of the programs; with its Adam."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        one, two, three, four = WIDTHS
        self.layers = nn.ModuleList(
            [
                Conv(MAPS, one, 3),
                Conv(one, two, 3, down=True),
                Conv(two, three, 3, down=True),
                Conv(three, four, 3, down=True),
                Conv(four, four, 3),
            ]
        )
        self.out = Conv(four, 1, 1)
        self.to(device)
        self.adam = torch.optim.Adam(self.parameters(), lr=RATE, betas=BETAS)

    def forward(self, maps: Tensor) -> Tensor:
        x = maps.contiguous(memory_format=torch.channels_last)
        with torch.autocast(maps.device.type, torch.bfloat16):
            for layer in self.layers:
                x = activate(layer(x))
            x = self.out(x)
        return x.float()

    def look(self, drawn: Tensor, wanted: Tensor, seed: int, lazy: bool) -> Verdict:
        """Judge random pieces.

        Args:
            drawn, wanted: maps `[n, 5, h, w]`. seed: of places and grain. lazy: hold the slope down this time.
        """
        rows = torch.arange(len(drawn)).repeat_interleave(PIECES).tolist()
        random = torch.Generator().manual_seed(seed)
        height, width = (min(SIDE, side) for side in drawn.shape[-2:])

        def places(room: int) -> list[int]:
            return torch.randint(-OVER, room + OVER + 1, (len(rows),), generator=random).clamp(0, room).tolist()

        top, left = places(drawn.shape[-2] - height), places(drawn.shape[-1] - width)

        def pieces(maps: Tensor) -> Tensor:
            cut = [maps[n, :, y : y + height, x : x + width] for n, y, x in zip(rows, top, left, strict=True)]
            grain = torch.randn(len(cut), MAPS, height, width, generator=random).to(maps.device) * GRAIN
            return torch.stack(cut) + grain

        made, real = pieces(drawn), pieces(wanted)  # each [m, 5, SIDE, SIDE]
        ahead = self(real) - self(made)  # [m, 1, SIDE / 8, SIDE / 8]
        wish, cost = F.softplus(ahead).mean(), F.softplus(-ahead).mean()
        if lazy:
            cost = cost + self._steepness(torch.cat([real, made]).detach()) * (SLOPE * LAZY)
        return Verdict(wish, cost)

    def _steepness(self, pieces: Tensor) -> Tensor:
        """Mean squared slope of a piece's mean logit."""
        pieces.requires_grad_()
        total = self(pieces).mean(dim=(1, 2, 3)).sum()
        (slope,) = torch.autograd.grad(total, pieces, create_graph=True)
        return slope.square().sum(dim=(1, 2, 3)).mean()

    def gradients(self, verdict: Verdict) -> list[Tensor]:
        """Of the cost, by parameter. The verdict can still be used."""
        return list(torch.autograd.grad(verdict.cost, list(self.parameters()), retain_graph=True))

    def learn(self, gradients: list[Tensor]) -> None:
        """One step by gradients."""
        for p, gradient in zip(self.parameters(), gradients, strict=True):
            p.grad = gradient
        self.adam.step()
        self.adam.zero_grad()

    def tensors(self) -> dict[str, Tensor]:
        """Everything that the next step depends on, float32, by name."""
        found = {f"network.{name}": value for name, value in self.state_dict().items()}
        for name, p in self.named_parameters():
            state = self.adam.state.get(p) or unstepped(p)
            found |= {f"adam.{name}.{part}": state[part] for part in ADAM}
        return found

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Go on from what `tensors` gave."""
        self.load_state_dict({n: tensors[f"network.{n}"] for n in self.state_dict()})
        for name, p in self.named_parameters():
            state = unstepped(p)
            for part in ADAM:
                state[part].copy_(tensors[f"adam.{name}.{part}"])
            self.adam.state[p] = state
