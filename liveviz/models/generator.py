"""A generator in memory: sizes and float32 arrays, nothing that can run."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from liveviz.models.card import Card
from liveviz.models.sizes import Config, table_of

if TYPE_CHECKING:
    from liveviz.models.directions.file import Directions


@dataclass(frozen=True)
class Generator:
    """Everything that is known of one generator.

    config: its sizes.
    weights: float32 arrays by name, exactly those of `config.shapes()`, all finite.
    name: what to call it in messages: the bundle's name or the file's stem.
    directions: PCA directions of w, where the bundle has them.
    card: where it comes from, where it is a bundle.
    """

    config: Config
    weights: Mapping[str, NDArray[np.float32]] = field(repr=False)
    name: str = "unnamed"
    directions: "Directions | None" = field(default=None, repr=False)
    card: Card | None = None

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the sizes and all weights: the same for the same network, whatever file it was in."""
        digest = hashlib.sha256(json.dumps(table_of(self.config), sort_keys=True).encode())
        for name in self.config.shapes():
            digest.update(np.ascontiguousarray(self.weights[name]).data)
        return digest.hexdigest()
