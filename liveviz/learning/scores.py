"""How good a generator is, in numbers: six figures that compare two sets of feature vectors. They mean something only
beside the same figures of real images against other real ones, at the same count, in the same feature space: the
more images, the smaller the neighbourhoods, and the less of what is a little wrong falls into them.

Sources: Fréchet distance, Heusel et al. 2017 (1706.08500); kernel distance, unbiased, Bińkowski et al. 2018
(1801.01401); precision and recall, Kynkäänniemi et al. 2019 (1904.06991); density and coverage, Naeem et al. 2020
(2002.09797).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

NEAREST_MANIFOLD, NEAREST_DENSITY = 3, 5  # as the papers choose
FEWEST_IMAGES = 8
"""Images a set must have to be compared."""
BLOCK_VECTORS = 2000
"""Vectors that are compared at once, for the memory's sake."""


@dataclass(frozen=True)
class Scores:
    """frechet ≥ 0 and kernel (about 0 where both sets are alike, may be a little below): lower is better.

    precision: share of what was made that could be real. recall: share of the real that could have been made.
    density: how deep in the crowd of the real the made ones are, about 1. coverage: share of the real that have
    something made beside them; near 0 the generator draws only a few images.
    """

    frechet: float
    kernel: float
    precision: float
    recall: float
    density: float
    coverage: float


def scores(real: Tensor, made: Tensor) -> Scores:
    """Compare vectors `[n, d]` and `[m, d]`, at least FEWEST_IMAGES each."""
    real, made = real.double(), made.double()
    return Scores(frechet(real, made), kernel(real, made), *neighbours(real, made))


def frechet(a: Tensor, b: Tensor) -> float:
    """Squared Fréchet distance of the two Gaussians with the means and covariances of a and b."""
    root = _root(torch.cov(a.T))
    between = torch.linalg.eigvalsh(root @ torch.cov(b.T) @ root).clamp(min=0.0).sqrt().sum()
    apart = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return max(0.0, float(apart + a.var(dim=0).sum() + b.var(dim=0).sum() - 2.0 * between))


def _root(matrix: Tensor) -> Tensor:
    """The symmetric square root of a positive matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0.0).sqrt()) @ vectors.T


def kernel(a: Tensor, b: Tensor) -> float:
    """Squared maximum mean discrepancy under (x·y / d + 1)³, unbiased: mean over blocks of at most BLOCK_VECTORS vectors."""
    count = max(1, min(len(a), len(b)) // BLOCK_VECTORS)
    found = [_discrepancy(x, y) for x, y in zip(a.chunk(count), b.chunk(count), strict=False)]
    return sum(found) / len(found)


def _discrepancy(a: Tensor, b: Tensor) -> float:
    def cube(x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / x.shape[1] + 1.0) ** 3

    def within(x: Tensor) -> Tensor:
        products = cube(x, x)
        return (products.sum() - products.diagonal().sum()) / (len(x) * (len(x) - 1))

    return float(within(a) + within(b) - 2.0 * cube(a, b).mean())


def neighbours(real: Tensor, made: Tensor) -> tuple[float, float, float, float]:
    """precision, recall, density, coverage, from the distances to the nearest neighbours within each set."""
    real_radii, made_radii = _radii(real), _radii(made)
    between = torch.cdist(real, made)  # [real, made]
    first, last = NEAREST_MANIFOLD - 1, NEAREST_DENSITY - 1
    precision = (between <= real_radii[:, None, first]).any(dim=0).double().mean()
    recall = (between <= made_radii[None, :, first]).any(dim=1).double().mean()
    inside = between <= real_radii[:, None, last]
    density = inside.sum(dim=0).double().mean() / NEAREST_DENSITY
    return float(precision), float(recall), float(density), float(inside.any(dim=1).double().mean())


def _radii(x: Tensor) -> Tensor:
    """Distance of each to its 1st to NEAREST_DENSITY-th neighbour among the others, `[n, NEAREST_DENSITY]`."""
    return torch.cdist(x, x).topk(NEAREST_DENSITY + 1, dim=1, largest=False).values[:, 1:]
