"""Directions in w that a musician puts on a knob: the principal components of the mapping network's outputs, in
standard deviations, so that the same turn of a knob means as much on any generator.

Source: Härkönen et al. 2020 (2004.02546), section 2.1.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveviz.models.generator import Generator
from liveviz.models.mapping_network import MappingNetwork
from liveviz.models.tensors import Container, save

MAX_COMPONENTS = 512


@dataclass(frozen=True)
class Directions:
    """components: float32 `[k, w_dim]`, orthonormal rows, strongest first. std: float32 `[k]`, of w along each."""

    components: NDArray[np.float32]
    std: NDArray[np.float32]


def pca(generator: Generator, samples: int = 20000, components: int = 64, seed: int = 0) -> Directions:
    """Principal components of w over `samples` random z (and random classes); at most w_dim of them.

    The sign of each is fixed: its entry of largest magnitude is positive.
    """
    mapping, config = MappingNetwork(generator), generator.config
    random = np.random.RandomState(seed)
    z = random.randn(samples, config.z_dim).astype(np.float32)
    c = mapping.one_hot(random.randint(max(config.classes, 1), size=samples))
    w = mapping(z, c).astype(np.float64)
    variance, vectors = np.linalg.eigh(np.cov(w, rowvar=False).reshape(config.w_dim, config.w_dim))
    count = min(components, config.w_dim)
    rows = vectors.T[::-1][:count]  # [k, w_dim]
    rows = rows * np.sign(rows[np.arange(count), np.abs(rows).argmax(axis=1)])[:, None]
    std = np.sqrt(np.maximum(variance[::-1][:count], 0.0))
    return Directions(rows.astype(np.float32), std.astype(np.float32))


def read_directions(path: str | Path, w_dim: int) -> Directions:
    """Read a directions file made for a generator with that w_dim; LivevizError in one line for anything else."""
    container = Container(Path(path))
    shape = container.shapes.get("components", ())
    if len(shape) != 2 or not 1 <= shape[0] <= MAX_COMPONENTS:
        raise container.fail(f"components: shape {list(shape)}, expected [1 to {MAX_COMPONENTS}, {w_dim}]")
    tensors = container.load({"components": (shape[0], w_dim), "std": (shape[0],)})
    if (tensors["std"] < 0).any():
        raise container.fail("std: a standard deviation is below 0")
    return Directions(tensors["components"], tensors["std"])


def write_directions(path: str | Path, directions: Directions) -> None:
    """Write a directions file at once or not at all."""
    save(Path(path), {"components": directions.components, "std": directions.std}, {})
