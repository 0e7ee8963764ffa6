"""What a light generator is asked while it learns: ws as shows make them. Shows do not only draw samples: they mix two or
three, others on coarse rows than on fine ones, pull them towards the average, and push along directions. What was not
practised there would look unlike the teacher just when somebody turns a knob."""

import torch
from torch import Tensor

from liveviz.models import Directions, GeneratorConfig, row_kinds
from liveviz.models.stylegan.reference_parts import MappingTorch
from liveviz.spec import LAYER_RANGES
from liveviz.spec.parameters import PCA_KNOBS

MOST_TERMS = 3  # samples that are mixed at most
PURE_UP_TO, SPLIT_UP_TO, FADE_UP_TO = (
    0.4,
    0.65,
    0.85,
)  # one sample; ranges of layers from different ones; all faded alike; the rest: both
PSI_RANGE = (0.7, 1.0)
"""Truncation of what is asked, least and most."""
PUSHED_SHARE, MOST_PUSHES = 0.5, 3  # how many are pushed, and along how many directions at most


def ask(
    mapping: MappingTorch, config: GeneratorConfig, directions: Directions | None, count: int, random: torch.Generator
) -> Tensor:
    """ws `[count, num_ws, w_dim]`."""
    ranges = len(LAYER_RANGES)
    z = torch.randn(count, MOST_TERMS, config.z_dim, generator=random)
    classes = torch.randint(max(config.classes, 1), (count, MOST_TERMS), generator=random)
    same = torch.rand(count, 1, generator=random) < 0.5  # half of all mixtures stay within a class
    classes = torch.where(same, classes[:, :1], classes)
    c = torch.nn.functional.one_hot(classes, config.classes).float().flatten(0, 1) if config.classes else None
    w = mapping(z.flatten(0, 1), c).unflatten(0, (count, MOST_TERMS))  # [n, MOST_TERMS, w_dim]

    kind = torch.rand(count, 1, 1, generator=random)
    one = torch.eye(MOST_TERMS)
    pure = one[:1].expand(count, ranges, MOST_TERMS)
    split = one[torch.randint(MOST_TERMS, (count, ranges), generator=random)]
    fade = torch.rand(count, ranges, MOST_TERMS, generator=random) ** 2
    fade = fade / fade.sum(dim=2, keepdim=True)
    shares = torch.where(
        kind < PURE_UP_TO,
        pure,
        torch.where(kind < SPLIT_UP_TO, split, torch.where(kind < FADE_UP_TO, fade[:, :1], fade)),
    )  # [n, ranges, MOST_TERMS]
    ws = (shares @ w)[:, list(row_kinds(config))]  # [n, num_ws, w_dim]

    low, high = PSI_RANGE
    psi = (low + 2.0 * (high - low) * torch.rand(count, 1, 1, generator=random)).clamp(max=high)  # half of them whole
    ws = mapping.w_avg + psi * (ws - mapping.w_avg)
    return ws if directions is None else ws + _pushes(directions, config, count, random)


def _pushes(directions: Directions, config: GeneratorConfig, count: int, random: torch.Generator) -> Tensor:
    """What knobs add, `[count, num_ws, w_dim]`: nothing, or up to MOST_PUSHES of them at up to the ends of their ranges."""
    knobs = min(PCA_KNOBS, len(directions.std))
    components = torch.from_numpy(directions.components[:knobs].copy()).float()
    rows = torch.from_numpy(directions.rows(config.num_ws)[:knobs].copy())
    ends = torch.from_numpy((directions.range * directions.std[:, None])[:knobs].copy()).float()  # [k, 2]
    turned = torch.rand(count, knobs, generator=random).argsort(dim=1).argsort(dim=1)  # [n, k], a place for each
    many = torch.randint(1, MOST_PUSHES + 1, (count, 1), generator=random)
    many = torch.where(torch.rand(count, 1, generator=random) < PUSHED_SHARE, many, 0)
    amount = torch.rand(count, knobs, generator=random) * 2.0 - 1.0
    length = amount.abs() * torch.where(amount < 0.0, ends[:, 0], ends[:, 1]) * (turned < many)
    return torch.einsum("nk,kr,kd->nrd", length, rows, components)
