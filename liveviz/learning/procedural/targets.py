"""What the network is asked and what it should answer, also for what a show does to latents.

A batch holds four kinds of questions: an image; middle rows from another z and class; a truncated w; a w between two.
For each the answer is drawn: the other's middle numbers; milder numbers; the way between (numbers within a class, fields
between classes: edges are distances, so that one shape grows into the other). So nothing that is played is left to chance.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from liveviz.fields import CHANNELS, as_drawn
from liveviz.learning.pictures import COARSE_NUMBERS, Z_DIM, draw_fields, normalise, numbers_of
from liveviz.learning.procedural.network import FieldsNetwork

PLAIN, MIXED, TRUNCATED, BETWEEN = range(4)
"""Kinds of questions."""
KIND_SHARES = (0.46, 0.14, 0.14, 0.26)
"""How many of the questions are of each kind."""
SAME_CLASS_SHARE = 0.25  # of those between: both of one class


@dataclass(frozen=True)
class Questions:
    """z, other: normalised `[n, z_dim]`. classes, others: `[n]`. kind: `[n]`. t: psi or the way between, `[n, 1]`."""

    z: Tensor
    other: Tensor
    classes: Tensor
    others: Tensor
    kind: Tensor
    t: Tensor


def ask(count: int, classes: int, random: torch.Generator, share: slice, device: torch.device) -> Questions:
    """The part `share` of `count` random questions with balanced classes; all depends on `random` (a CPU one) alone."""
    z, other = (normalise(torch.randn(count, Z_DIM, generator=random)) for _ in range(2))
    start = int(torch.randint(classes, (1,), generator=random))
    first = (torch.arange(count) + start) % classes
    second = torch.randint(classes, (count,), generator=random)
    kind = torch.multinomial(torch.tensor(KIND_SHARES), count, replacement=True, generator=random)
    within = (kind == BETWEEN) & (torch.rand(count, generator=random) < SAME_CLASS_SHARE)
    second = torch.where(within, first, second)
    t = torch.rand(count, 1, generator=random)
    t = torch.where(kind[:, None] == TRUNCATED, 0.4 + 0.6 * t, t)
    return Questions(*(v[share].to(device) for v in (z, other, first, second, kind, t)))


def way(t: Tensor) -> Tensor:
    """How much of the second image is seen at t between two: pure near both ends."""
    return t**2 / (t**2 + (1.0 - t) ** 2)


def latents(network: FieldsNetwork, q: Questions) -> tuple[Tensor, Tensor, Tensor]:
    """w for the coarse rows, for the middle rows, and of the plain first z: each `[n, SHAPE_W]`."""
    first, second = network.w(torch.cat([q.z, q.other]), torch.cat([q.classes, q.others])).chunk(2)
    kind = q.kind[:, None]
    coarse = torch.where(kind == TRUNCATED, network.w_avg.lerp(first, q.t), first)
    coarse = torch.where(kind == BETWEEN, first.lerp(second, q.t), coarse)
    return coarse, torch.where(kind == MIXED, second, coarse), first


@torch.no_grad()
def answers(names: list[str], q: Questions, size: int, width: int = 0) -> Tensor:
    """Fields as stored, `[n, channels, size, width]` (0: a square), that the network should draw for the questions."""
    one, two = numbers_of(q.z), numbers_of(q.other)  # each [n, COARSE_NUMBERS + MIDDLE_NUMBERS]
    kind = q.kind[:, None]
    numbers = torch.where(kind == TRUNCATED, one * q.t, one)
    numbers = torch.where(kind == MIXED, torch.cat([one[:, :COARSE_NUMBERS], two[:, COARSE_NUMBERS:]], dim=1), numbers)
    same = (q.kind == BETWEEN) & (q.classes == q.others)
    numbers = torch.where(same[:, None], one.lerp(two, q.t), numbers)
    drawn = draw_fields(names, numbers, q.classes, size, width)
    faded = ((q.kind == BETWEEN) & ~same).nonzero()[:, 0]
    if len(faded):
        end = draw_fields(names, two[faded], q.others[faded], size, width)
        drawn[faded] = drawn[faded].lerp(end, way(q.t[faded])[:, :, None, None])
    for n, channel in enumerate(CHANNELS):
        drawn[:, n] = as_drawn(drawn[:, n], channel.low, channel.high)
    return drawn
