"""The mapping network in numpy: z and class to w. A show asks for a few new w per second, each 0.1 ms of work, and
the live path must not load torch for that."""

from collections import OrderedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from liveviz.models.generator import Generator, latent
from liveviz.models.stylegan.config import as_stylegan

CACHED = 1024

Array = NDArray[np.float32]


class MappingNetwork:
    """z to w and ws of one generator.

    State: an LRU cache of the w of the last 1024 (seed, class) pairs.
    Source: Karras et al. 2019, section 2; 2020 (2006.06676) for the class embedding.
    """

    def __init__(self, generator: Generator) -> None:
        config, weights = as_stylegan(generator.config), generator.weights
        self.config = config
        self.w_avg: Array = weights["mapping.w_avg"]  # [w_dim]
        lr, gain = np.float32(config.mapping_lr), np.float32(np.sqrt(2.0))
        # The leaky ReLU is positively homogeneous: its gain of sqrt 2 goes into the weights before it.
        self._layers = [
            (
                np.ascontiguousarray((weights[f"mapping.fc{n}.weight"] * (lr * gain / np.sqrt(np.float32(width)))).T),
                weights[f"mapping.fc{n}.bias"] * (lr * gain),
            )
            for n in range(config.mapping_layers)
            for width in [weights[f"mapping.fc{n}.weight"].shape[1]]
        ]
        if config.classes:
            scale = np.float32(1.0 / np.sqrt(config.classes))
            self._embed = np.ascontiguousarray(weights["mapping.embed.weight"].T) * scale  # [classes, w_dim]
            self._embed_bias = weights["mapping.embed.bias"]
        self._cache: OrderedDict[tuple[int, int], Array] = OrderedDict()

    def __call__(self, z: ArrayLike, c: ArrayLike | None = None) -> Array:
        """w `[n, w_dim]` of z `[n, z_dim]` and c `[n, classes]` (one-hot or a mixture, where conditional)."""
        x = _normalise(np.asarray(z, np.float32))  # [n, z_dim]
        if self.config.classes:
            y = np.asarray(c, np.float32) @ self._embed + self._embed_bias  # [n, w_dim]
            x = np.concatenate([x, _normalise(y)], axis=1)  # [n, z_dim + w_dim]
        for weight, bias in self._layers:
            x = x @ weight + bias
            x = np.maximum(x, np.float32(0.2) * x)  # [n, w_dim]
        return x

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
        if len(self._cache) > CACHED:
            self._cache.popitem(last=False)
        return w

    def one_hot(self, indices: ArrayLike) -> Array:
        """c `[n, classes]` of class indices `[n]`."""
        index = np.asarray(indices, int)
        c = np.zeros((index.size, self.config.classes), np.float32)
        if self.config.classes:
            c[np.arange(index.size), index] = 1.0
        return c

    def ws(self, w: ArrayLike, psi: float = 1.0, cutoff: int | None = None) -> Array:
        """ws `[n, num_ws, w_dim]` of w `[n, w_dim]`, the first `cutoff` rows (all by default) pulled towards w_avg."""
        ws = np.repeat(np.asarray(w, np.float32)[:, None], self.config.num_ws, axis=1)
        rows = ws[:, :cutoff]
        rows[...] = self.w_avg + np.float32(psi) * (rows - self.w_avg)
        return ws


def _normalise(x: Array) -> Array:
    """Scale rows to a second moment of 1."""
    return x / np.sqrt(np.mean(np.square(x), axis=1, keepdims=True) + np.float32(1e-8))
