"""From z and class to the rows of style that an image is made of, in numpy: a show needs it on every frame, and must not load
torch for it. Each family says how; what follows from that is here."""

from abc import ABC, abstractmethod
from collections import OrderedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from liveviz.models.sizes import Config

CACHED_LATENTS = 1024

Array = NDArray[np.float32]


def latent(seed: int, z_dim: int) -> Array:
    """z of a seed, float32 `[1, z_dim]`, as everyone's StyleGAN scripts draw it; seed 0 to 2**32 - 1."""
    return np.random.RandomState(seed).randn(1, z_dim).astype(np.float32)


class LatentMapping(ABC):
    """z to w and ws of one generator.

    w_avg: float32 `[w_dim]`, what truncation pulls towards.
    State: an LRU cache of the w of the last 1024 (seed, class) pairs.
    """

    def __init__(self, config: Config, w_avg: Array) -> None:
        self.config, self.w_avg = config, w_avg
        self._cache: OrderedDict[tuple[int, int], Array] = OrderedDict()

    @abstractmethod
    def __call__(self, z: ArrayLike, c: ArrayLike | None = None) -> Array:
        """w `[n, w_dim]` of z `[n, z_dim]` and c `[n, classes]` (one-hot or a mixture, where conditional)."""

    def w(self, seed: int, cls: int = -1) -> Array:
        """w `[w_dim]` of one seed; cls -1 means `seed % classes`, others are taken modulo the number of classes."""
        classes = self.config.classes
        index = (seed if cls < 0 else cls) % classes if classes else 0
        key = (seed, index)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        w = self(latent(seed, self.config.z_dim), self.one_hot([index]))[0]
        self._cache[key] = w
        if len(self._cache) > CACHED_LATENTS:
            self._cache.popitem(last=False)
        return w

    def one_hot(self, indices: ArrayLike) -> Array:
        """c `[n, classes]` of class indices `[n]`."""
        index = np.asarray(indices, int)
        c = np.zeros((index.size, self.config.classes), np.float32)
        if self.config.classes:
            c[np.arange(index.size), index] = 1.0
        return c

    def truncated(self, rows: Array, psi: float) -> Array:
        """Rows of style `[..., w_dim]` pulled towards w_avg, psi 1: not at all. A family that truncates otherwise (scales z
        alone, picks other statistics) has a way of its own, which changes nothing at psi 1."""
        return np.asarray(self.w_avg + np.float32(psi) * (rows - self.w_avg))

    def ws(self, w: ArrayLike, psi: float = 1.0, cutoff: int | None = None) -> Array:
        """ws `[n, num_ws, w_dim]` of w `[n, w_dim]`, the first `cutoff` rows (all by default) pulled towards w_avg."""
        ws = np.repeat(np.asarray(w, np.float32)[:, None], self.config.num_ws, axis=1)
        rows = ws[:, :cutoff]
        rows[...] = self.truncated(rows, psi)
        return ws
