"""Backends side by side on one generator in one run: the same frames, the reference as the measure, and beside each the
least time that this machine could take."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from liveviz.bench.benchmark import bench, bench_on_device
from liveviz.bench.roofline import floor_ms, measure
from liveviz.engine import network, registry
from liveviz.engine.backends.cuda.backend import Cuda
from liveviz.engine.cost import COUNTING_NOTE, ConvCost, count
from liveviz.models import Generator, GeneratorConfig
from liveviz.spec import LivevizError

GRAPH_NAME = "reference-graph"  # the reference on a GPU as one CUDA graph, cuDNN choosing its kernels by trial


def names() -> list[str]:
    """What can be compared: every backend with a network, and GRAPH_NAME."""
    return [*(name for name in registry.backends() if name != "testcard"), GRAPH_NAME]


def usual() -> list[str]:
    """What is compared unless asked otherwise: the reference and what a show could choose here."""
    if not registry.available("cuda")[0]:
        return ["reference", "openvino"]
    return ["reference", GRAPH_NAME, "cuda", *(["tensorrt"] if registry.available("tensorrt")[0] else [])]


def random_generator(config: GeneratorConfig) -> Generator:
    """Random weights, unit normal where speed can depend on their values at all; made in a second even at 1024 pixels."""
    random = np.random.default_rng(0)
    weights = {}
    for name, shape in config.shapes().items():
        value = random.standard_normal(shape, np.float32)
        if name.endswith("affine.bias"):
            value = np.ones(shape, np.float32)
        elif name.endswith(("noise_strength", ".bias")):
            value = np.asarray(value * np.float32(0.1))
        weights[name] = value
    return Generator(config, weights, f"random {config.resolution}")


class Comparison:
    """One run on one generator.

    Args:
        now: seconds on a monotonic clock. precision: of openvino, cuda and tensorrt; None takes each one's best.
    State: the rates of this machine that were measured so far.
    """

    def __init__(
        self, generator: Generator, now: Callable[[], float], *, cache: Path | None = None, precision: str | None = None
    ) -> None:
        self._generator, self._now, self._cache, self._precision = generator, now, cache, precision
        self._steps: list[ConvCost] = count(network(generator))
        self._rates: dict[tuple[str, str], tuple[float, float]] = {}
        self._first: float | None = None
        self._gpu = registry.available("cuda")[0]

    def run(self, wanted: Sequence[str], frames: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """(name, row) of one after the other. A row is what `bench` gives (on a GPU `bench_on_device`), and "ratio", how
        many times as fast as the first row it is, and "roofline_ms"."""
        for name in wanted:
            row, device = self._row(name, frames)
            p50 = row["ms"]["p50"]
            self._first = self._first or p50
            copied, product = self._rate(device, row["precision"])
            size = 4 if row["precision"] == "f32" else 2
            floor = floor_ms(self._steps, size, copied, product)
            yield name, row | {"ratio": round(self._first / p50, 2), "roofline_ms": round(floor, 4)}

    def _row(self, name: str, frames: int) -> tuple[dict[str, Any], str]:
        if name == GRAPH_NAME or (name == "reference" and self._gpu):
            if not self._gpu:
                raise LivevizError(f"bench {name}: does not run here: {registry.available('cuda')[1]}")
            from liveviz.bench.cuda import GpuReference

            reference = GpuReference(self._generator, captured=name == GRAPH_NAME)
            try:
                return bench_on_device(reference, frames=frames), "cuda"
            finally:
                reference.close()
        precision = self._precision if name != "reference" else "f32"
        backend = registry.create(name, self._generator, cache=self._cache, precision=precision)
        try:
            if isinstance(backend, Cuda):
                from liveviz.bench.cuda import TimedBackend

                row = bench_on_device(TimedBackend(backend), frames=frames)
                return row | {"host_ms": bench(backend, now=self._now, frames=frames)["ms"]}, "cuda"
            return bench(backend, frames=frames, now=self._now), "cpu"
        finally:
            backend.close()

    def _rate(self, device: str, precision: str) -> tuple[float, float]:
        key = (device, precision)
        if key not in self._rates:
            self._rates[key] = measure(device, precision, self._now)
        return self._rates[key]

    def facts(self) -> dict[str, Any]:
        """What was measured on: {"model", "machine"}."""
        config = self._generator.config
        sizes = config.as_dict()
        return {
            "model": {
                "name": self._generator.name,
                "architecture": config.architecture,
                **{name: sizes[name] for name in ("resolution", "channel_base", "channel_max") if name in sizes},
                "gmac": round(sum(step.macs for step in self._steps) / 1e9, 3),
                "activations": sum(step.activations for step in self._steps),
                "weights": sum(step.weights for step in self._steps),
                "convention": COUNTING_NOTE,
            },
            "machine": [
                {
                    "device": device,
                    "precision": precision,
                    "copy_gb_s": round(copied, 1),
                    "matmul_tflop_s": round(product, 3),
                }
                for (device, precision), (copied, product) in self._rates.items()
            ],
        }
