"""Muon for matrices and convolutions, Adam for the rest, behind one `step`, with one state to store.

Muon replaces a matrix's momentum by the nearest orthogonal matrix, so that all directions of it learn at one rate.
Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers" (Newton-Schulz iteration, its coefficients).
"""

import math

import torch
from torch import Tensor, nn

from liveviz.learning.precision import training_dtype

MOMENTUM = 0.9
"""Share of the direction before that is kept in each step."""
ORTHOGONAL_SCALE = 0.25  # of an orthogonal step, so that Muon and Adam take one learning rate
QUINTIC_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic Newton-Schulz iteration (Jordan et al. 2024, Muon)."""
ADAM_STATE_KEYS = ("step", "exp_avg", "exp_avg_sq")
"""What Adam keeps of every weight, by torch's names."""


def orthogonal(x: Tensor) -> Tensor:
    """The orthogonal matrices nearest to x `[n, a, b]`, roughly (singular values 0.7 to 1.2)."""
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-12)
    tall = x.shape[1] > x.shape[2]
    x = (x.transpose(1, 2) if tall else x).to(training_dtype(x.device))
    a, b, c = QUINTIC_COEFFICIENTS
    for _ in range(5):
        square = x @ x.transpose(1, 2)
        x = a * x + (b * square + c * (square @ square)) @ x
    return (x.transpose(1, 2) if tall else x).float()


class Optimiser:
    """Steps the named parameters. State: Muon's momenta and Adam's state, both in `tensors`."""

    def __init__(self, named: dict[str, nn.Parameter]) -> None:
        self.named = named
        self.matrices = {n: p for n, p in named.items() if p.ndim in (2, 4) and min(p.shape[0], p[0].numel()) >= 16}
        self.momenta = {n: torch.zeros_like(p) for n, p in self.matrices.items()}
        rest = [p for n, p in named.items() if n not in self.matrices]
        self._rest = [n for n in named if n not in self.matrices]
        self.adam = torch.optim.Adam([{"params": [p]} for p in rest], betas=(0.9, 0.99))

    @torch.no_grad()
    def step(self, rates: dict[str, float]) -> None:
        """Use the gradients with a learning rate each; 0 leaves a parameter alone."""
        for group, name in zip(self.adam.param_groups, self._rest, strict=True):
            group["lr"] = rates[name]
            if rates[name] == 0.0:
                group["params"][0].grad = None
        self.adam.step()
        shapes: dict[tuple[int, int], list[tuple[str, Tensor]]] = {}
        for name, p in self.matrices.items():
            if p.grad is None or rates[name] == 0.0:
                continue
            momentum = self.momenta[name].mul_(MOMENTUM).add_(p.grad)
            update = (p.grad + MOMENTUM * momentum).reshape(p.shape[0], -1)
            shapes.setdefault((update.shape[0], update.shape[1]), []).append((name, update))
        for shape, updates in shapes.items():
            steps = orthogonal(torch.stack([u for _, u in updates])) * (ORTHOGONAL_SCALE * math.sqrt(max(shape)))
            for (name, _), step in zip(updates, steps, strict=True):
                p = self.matrices[name]
                p.sub_(step.reshape(p.shape), alpha=rates[name])

    def tensors(self) -> dict[str, Tensor]:
        """Everything that the next step depends on, float32, by name."""
        found = {f"momenta.{name}": momentum for name, momentum in self.momenta.items()}
        for name in self._rest:
            p = self.named[name]
            state = self.adam.state.get(p) or unstepped(p)
            found |= {f"adam.{name}.{part}": state[part] for part in ADAM_STATE_KEYS}
        return found

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Go on from what `tensors` gave."""
        for name, momentum in self.momenta.items():
            momentum.copy_(tensors[f"momenta.{name}"])
        for name in self._rest:
            p = self.named[name]
            state = unstepped(p)
            for part in ADAM_STATE_KEYS:
                state[part].copy_(tensors[f"adam.{name}.{part}"])
            self.adam.state[p] = state


def unstepped(p: nn.Parameter) -> dict[str, Tensor]:
    """Adam's state of a parameter that was never stepped, as Adam itself begins it."""
    return {"step": torch.tensor(0.0), "exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)}
