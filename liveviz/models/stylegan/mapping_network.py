"""The mapping network in numpy: z and class to w. A show asks for a few new w per second, each 0.1 ms of work, and
the live path must not load torch for that."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from liveviz.models.generator import Generator
from liveviz.models.latents import LatentMapping
from liveviz.models.stylegan.config import as_stylegan

Array = NDArray[np.float32]


class MappingNetwork(LatentMapping):
    """z to w and ws of one generator.

    State: an LRU cache of the w of the last 1024 (seed, class) pairs.
    Source: Karras et al. 2019, section 2; 2020 (2006.06676) for the class embedding.
    """

    def __init__(self, generator: Generator) -> None:
        config, weights = as_stylegan(generator.config), generator.weights
        super().__init__(config, weights["mapping.w_avg"])
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


def _normalise(x: Array) -> Array:
    """Scale rows to a second moment of 1."""
    return x / np.sqrt(np.mean(np.square(x), axis=1, keepdims=True) + np.float32(1e-8))
