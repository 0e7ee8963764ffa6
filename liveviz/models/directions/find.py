"""Where directions come from: the principal components of what the mapping network puts out (GANSpace), or of what the
synthesis network reads of it (SeFa). Both are measured within the classes of a generator: the largest differences in w
are those between classes, and a knob that swaps one image for another is no knob.

Sources: Härkönen et al. 2020 (2004.02546), section 2.1; Shen and Zhou 2021 (2007.06600), section 3.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from liveviz.models import families
from liveviz.models.directions.file import USUAL_SIGMA, Directions
from liveviz.models.generator import Generator

SAMPLE_COUNT, COMPONENT_COUNT = 20000, 64
KEPT_LATENTS = 4096  # w that a Cloud keeps to compare others with
DEAD_RATIO = 1e-4  # of the largest standard deviation: what w does not do
RARE_SHARE, SLACK_RATIO = 0.001, 1.25
CHUNK_LATENTS = 250

Wide = NDArray[np.float64]


@dataclass(frozen=True)
class Cloud:
    """What w does about its mean, or about the means of the classes.

    covariance: float64 `[w_dim, w_dim]`. sample: float32 `[up to KEPT_LATENTS, w_dim]`, some w with the mean of theirs
    taken off.
    """

    covariance: Wide
    sample: NDArray[np.float32]


def cloud(
    generator: Generator,
    samples: int = SAMPLE_COUNT,
    seed: int = 0,
    rest: Callable[[], object] = lambda: None,
    chunk: int = CHUNK_LATENTS,
) -> Cloud:
    """The cloud of `samples` random z, evenly of every class; no more than `chunk` of them are in memory at once.

    `rest` is called after each of these: a show that plays meanwhile gets its turn.

    Raises: ValueError for fewer than two of each class (one, where the mean is that of all).
    """
    mapping, config = families.of(generator.config).mapping(generator), generator.config
    groups = max(config.classes, 1)
    if samples < 2 * groups:
        raise ValueError(f"samples: {samples} are fewer than 2 of {groups} classes")
    random = np.random.RandomState(seed)
    origin = mapping.w_avg.astype(np.float64)  # sums of squares about a near point lose fewer digits
    squares = np.zeros((config.w_dim, config.w_dim))
    sums, counts = np.zeros((groups, config.w_dim)), np.zeros(groups)
    kept, kept_groups = [], []
    for first in range(0, samples, chunk):
        group = np.arange(first, min(first + chunk, samples)) % groups  # [n]
        z = random.randn(len(group), config.z_dim).astype(np.float32)
        w = mapping(z, mapping.one_hot(group)) - origin  # [n, w_dim], float64
        squares += w.T @ w
        np.add.at(sums, group, w)
        counts += np.bincount(group, minlength=groups)
        rest()
        if first < KEPT_LATENTS:
            kept.append(w)
            kept_groups.append(group)
    means = sums / counts[:, None]  # [groups, w_dim]
    covariance = (squares - (means * counts[:, None]).T @ means) / (samples - groups)
    sample = np.concatenate(kept) - means[np.concatenate(kept_groups)]
    return Cloud(covariance, sample[:KEPT_LATENTS].astype(np.float32))


def pca(
    generator: Generator,
    samples: int = SAMPLE_COUNT,
    components: int = COMPONENT_COUNT,
    seed: int = 0,
    rest: Callable[[], object] = lambda: None,
) -> Directions:
    """Principal components of w, within the classes; at most w_dim of them, the strongest first, unmeasured.

    Args: as for `cloud`.
    """
    return principal(generator, cloud(generator, samples, seed, rest), components)


def principal(generator: Generator, found: Cloud, components: int) -> Directions:
    """Principal components of a cloud."""
    rows = _eigenvectors(found.covariance)[:components]
    return _scaled(rows, found, "pca", generator.fingerprint)


def sefa(generator: Generator, found: Cloud, components: int) -> Directions:
    """Closed-form factorisation: the directions that the affine layers of all rows turn into the largest styles.

    Every affine layer counts as much, however many channels it has. They are scaled by the cloud as PCA's are.
    """
    square = np.zeros((generator.config.w_dim,) * 2)
    for _, matrix in families.of(generator.config).style_matrices(generator):
        weight = matrix.astype(np.float64)  # [styles, w_dim]
        if (power := np.square(weight).sum()) > 0.0:
            square += weight.T @ weight / power
    return _scaled(_eigenvectors(square)[:components], found, "sefa", generator.fingerprint)


def seen(generator: Generator, found: Cloud, start: int, end: int, count: int) -> NDArray[np.float32]:
    """One sigma `[up to count, w_dim]` each of the directions that rows start to end of ws hear most of.

    They are principal components of the styles, not of w: what no affine layer of those rows reads is left out. Within
    the sphere of one sigma they are orthogonal.
    """
    values, vectors = np.linalg.eigh(found.covariance)
    spread = vectors * np.sqrt(np.maximum(values, 0.0))  # [w_dim, w_dim], unit normals to w
    square = np.zeros_like(found.covariance)
    for row, matrix in families.of(generator.config).style_matrices(generator):
        if start <= row < end:
            styles = matrix.astype(np.float64) @ spread  # [styles, w_dim]
            if (power := np.square(styles).sum()) > 0.0:
                square += styles.T @ styles / power
    values, mixes = np.linalg.eigh(square)
    heard = values[::-1] > DEAD_RATIO * max(values[-1], 1e-30)
    return np.asarray((spread @ mixes[:, ::-1][:, heard][:, :count]).T, np.float32)


def _eigenvectors(square: Wide) -> Wide:
    """Eigenvectors `[n, n]` of a symmetric matrix in rows, strongest first.

    The sign of each is fixed: its entry of largest magnitude is positive.
    """
    rows = np.linalg.eigh(square)[1].T[::-1]
    return np.asarray(rows * np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])[:, None])


def reaches(sigmas: NDArray[np.float32], found: Cloud) -> NDArray[np.float32]:
    """(below, above) `[k, 2]`: how many of the given sigmas `[k, w_dim]` w goes along each, and SLACK_RATIO times that.

    The sample's ends are its quantiles of RARE_SHARE: beyond, w is no longer one that the synthesis network has seen.
    """
    along = found.sample @ (sigmas / np.square(sigmas).sum(axis=1, keepdims=True)).T  # [m, k]
    ends = np.quantile(along, [RARE_SHARE, 1.0 - RARE_SHARE], axis=0).T  # [k, 2]
    return np.asarray(SLACK_RATIO * ends, np.float32)


def _scaled(rows: Wide, found: Cloud, method: str, fingerprint: str) -> Directions:
    """Rows `[k, w_dim]` with the cloud's standard deviation along each, without those that w never goes along."""
    std = np.sqrt(np.maximum(np.einsum("kd,de,ke->k", rows, found.covariance, rows), 0.0))  # [k]
    alive = std > DEAD_RATIO * std.max()
    components, std = rows[alive].astype(np.float32), std[alive].astype(np.float32)
    plain = Directions.unmeasured(components, std, method, fingerprint)
    low, high = reaches(components * std[:, None], found).T
    ends = np.stack([np.clip(low, -USUAL_SIGMA, -1.0), np.clip(high, 1.0, USUAL_SIGMA)], axis=1)
    return replace(plain, range=ends)
