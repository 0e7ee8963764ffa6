"""The eager reference as a backend: torch, weights modulated per sample, as the papers have it. Slow; benchmarks
measure the others against it, and it runs wherever torch does."""

import importlib.util
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from liveviz import bending
from liveviz.engine.backend import Array, NetworkBackend, Pixels, pack
from liveviz.models import Generator, families
from liveviz.spec import ImageFrame, ParameterFrame, UsageError

RANK = 1


def available() -> tuple[bool, str]:
    """Wherever torch is installed."""
    return (True, "CPU") if importlib.util.find_spec("torch") else (False, "torch is not installed")


def open_backend(
    generator: Generator, *, cache: Path | None, bends: bending.Topology, precision: str | None, threads: int | None
) -> "Reference":
    """Nothing is compiled, so every layer can be bent at any time.

    precision: one of those of the generator's family, the first by default: a StyleGAN2 has f16 where resolutions of it ran in
    half precision when it was trained, which runs them as its own code does, roundings included.
    """
    there = families.of(generator.config).precisions(generator.config)
    if precision is not None and precision not in there:
        raise UsageError(f"backend reference: precision {precision} is not {' or '.join(sorted(there, reverse=True))}")
    return Reference(generator, precision or there[0], threads)


class Reference(NetworkBackend):
    """A family's reference network on the CPU.

    State: the topology of the last frame; the tensors that its bends take in.
    """

    name: ClassVar[str] = "reference"

    def __init__(self, generator: Generator, precision: str, threads: int | None) -> None:
        import torch

        super().__init__(generator, frozenset(), [1.0] * len(generator.config.noises))
        if threads is not None:
            torch.set_num_threads(threads)
        self.precision = precision
        self._inputs: dict[str, torch.Tensor] = {}
        self._network = families.of(generator.config).reference(generator, precision)

    def ws(self, z: Array, c: Array | None, psi: float = 1.0) -> Array:
        """By torch's own sums: half precision makes a visible difference of the last bit of a w."""
        import torch

        with torch.inference_mode():
            made = self._network.ws(torch.from_numpy(z), None if c is None else torch.from_numpy(c), psi)
            return np.asarray(made.numpy())

    def lacks(self, stages: bending.Topology) -> bool:
        return False

    def render(self, frame: ParameterFrame) -> ImageFrame:
        wanted = bending.stages(frame.bends, self.bends.layers)
        if wanted != self.topology:
            self.topology, self.bends = wanted, bending.Bends(wanted, self.bends.layers)
            self._inputs = {}
        return super().render(frame)

    def _pixels(self, ws: Array, noise: list[Array], view: Array | None, moved: bending.Moved) -> Pixels:
        import torch

        from liveviz.engine.bends_torch import TorchOperations

        self._inputs |= {name: torch.from_numpy(value) for name, value in moved.inputs.items()}
        gains = {layer: torch.from_numpy(gain)[:, None, None] for layer, gain in moved.gains.items()}

        def bend(x: torch.Tensor, layer: int) -> torch.Tensor:
            x = bending.build(TorchOperations(), x, layer, self.topology, self._inputs)
            return x * gains[layer] if layer in gains else x

        layers = {stage.layer for stage in self.topology} | gains.keys()
        filters = {layer: [torch.from_numpy(f) for f in factors] for layer, factors in moved.filters.items()}
        return pack(self._run(ws, noise, view, {n: partial(bend, layer=n) for n in layers}, filters))

    def _raw(self, ws: Array, noise: list[Array]) -> Array:
        return self._run(ws, noise, None)

    def _raw_batch(self, ws: Array, noise: list[Array]) -> Array:
        """In half precision all at once: its roundings depend on the batch, and files come with images of batches."""
        return self._run(ws, noise, None) if self.precision == "f16" else super()._raw_batch(ws, noise)

    def _run(
        self,
        ws: Array,
        noise: list[Array],
        view: Array | None,
        bends: Mapping[int, Any] | None = None,
        filters: Mapping[int, Any] | None = None,
    ) -> Array:
        import torch

        tensors = [torch.from_numpy(field) for field in noise]
        where = None if view is None else torch.from_numpy(view)
        with torch.inference_mode():
            img = self._network.draw(torch.from_numpy(ws), tensors, where, bends, filters)
        return np.asarray(img.numpy())
