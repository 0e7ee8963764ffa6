"""The eager reference as a backend: torch, weights modulated per sample, as the papers have it. Slow; benchmarks
measure the others against it, and it runs wherever torch does."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from liveviz.engine.backend import Array, Grids, NetworkBackend, pack_rgba
from liveviz.models import Generator
from liveviz.spec import BendSetting, UsageError

RANK = 1


def available() -> tuple[bool, str]:
    """Wherever torch is installed."""
    return (True, "CPU") if importlib.util.find_spec("torch") else (False, "torch is not installed")


def open_backend(
    generator: Generator, *, cache: Path | None, bends: frozenset[int], precision: str | None, threads: int | None
) -> "Reference":
    """Nothing is compiled, so every layer can be bent at any time; float32 only."""
    if precision not in (None, "f32"):
        raise UsageError(f"backend reference: precision {precision} is not f32")
    return Reference(generator, threads)


class Reference(NetworkBackend):
    """`models.reference` on the CPU."""

    name: ClassVar[str] = "reference"

    def __init__(self, generator: Generator, threads: int | None) -> None:
        import torch

        from liveviz.models.reference import network

        super().__init__(generator, frozenset(generator.config.resolutions), [1.0] * (generator.config.num_ws - 1))
        if threads is not None:
            torch.set_num_threads(threads)
        self._synthesis = network(generator).synthesis
        self._grids = Grids()

    def _pixels(self, ws: Array, noise: list[Array], bends: Mapping[int, tuple[BendSetting, ...]]) -> NDArray[np.uint8]:
        return pack_rgba(self._run(ws, noise, {layer: self._grids.get(layer, s)[0] for layer, s in bends.items() if s}))

    def _raw(self, ws: Array, noise: list[Array]) -> Array:
        return self._run(ws, noise, {})

    def _run(self, ws: Array, noise: list[Array], grids: Mapping[int, Array]) -> Array:
        import torch

        tensors = [torch.from_numpy(field) for field in noise]
        bends = {layer: torch.from_numpy(grid) for layer, grid in grids.items()}
        with torch.inference_mode():
            img = self._synthesis(torch.from_numpy(ws), tensors, bends)
        return np.asarray(img.numpy())
