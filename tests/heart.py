"""Small generators and frames for the tests of models, bending and engine."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveviz.models import Card, Generator, GeneratorConfig, new, small_config, write_bundle
from liveviz.spec import CORE_PARAMETERS, LatentTerm, ParameterFrame


def plain_generator(config: GeneratorConfig, seed: int = 0) -> Generator:
    """Unit-normal weights by name order, style biases 1, noise 0.1: nothing of `init.new`, whose taste may change."""
    random = np.random.RandomState(seed)
    weights: dict[str, NDArray[np.float32]] = {}
    for name, shape in config.shapes().items():
        value = random.standard_normal(shape)
        if ".fc" in name and name.endswith("weight"):
            value = value / config.mapping_lr
        elif name.endswith("noise_strength"):
            value = np.full(shape, 0.1)
        elif name.endswith("affine.bias"):
            value = value * 0.2 + 1.0
        elif name.endswith(("bias", "w_avg")):
            value = value * 0.2
        elif name.endswith("magnitude_ema"):
            value = np.full(shape, 0.8)
        elif name.endswith("transform"):
            value = np.array([[0.8, 0.6, 0.1], [-0.6, 0.8, -0.2], [0.0, 0.0, 1.0]])
        elif name.endswith("_filter"):
            taps = np.hanning(shape[0] + 2)[1:-1]
            value = taps / taps.sum() if len(shape) == 1 else np.outer(taps, taps) / taps.sum() ** 2
        weights[name] = np.asarray(value, np.float32)
    return Generator(config, weights, f"plain-{seed}")


def small(resolution: int = 32, **kwargs: Any) -> GeneratorConfig:
    """A config that a test runs in milliseconds."""
    sizes: dict[str, Any] = {"channel_base": 512, "channel_max": 16, "z_dim": 12, "w_dim": 20, "mapping_layers": 2}
    return GeneratorConfig(resolution=resolution, **{**sizes, **kwargs})


def bundle(folder: Path, name: str, resolution: int, seed: int) -> Path:
    """Write a small generator that a show can play as `folder`/`name`."""
    generator = new(small_config(resolution, 512, 32), seed)
    write_bundle(folder / name, replace(generator, card=Card(name, False, "CC0-1.0", "a test")))
    return folder / name


def frame(values: dict[str, float] | None = None, **kwargs: Any) -> ParameterFrame:
    """A frame with every parameter at its default but those given."""
    table = {p.name: p.default for p in CORE_PARAMETERS} | (values or {})
    fields: dict[str, Any] = {"sequence": 7, "time": 1.5, "latents": (LatentTerm(3, -1, (1.0, 1.0, 1.0)),)}
    return ParameterFrame(values=table, **{**fields, **kwargs})


def relative_error(value: NDArray, truth: NDArray) -> float:
    """Largest difference over largest magnitude of the truth."""
    return float(np.abs(value - truth).max() / np.abs(truth).max())


def rms_error(value: NDArray, truth: NDArray) -> float:
    """Root mean square of the difference over that of the truth."""
    return float(np.sqrt(np.square(value - truth).mean() / np.square(truth).mean()))


def close_to_original(value: NDArray, truth: NDArray, halves: bool) -> bool:
    """Whether the reference draws the image that an original program drew, on another processor maybe.

    Float32 sums differ in their last bits from processor to processor. halves: the image has roundings to half precision
    in it; where a sum lies at the edge of one, that last bit becomes 5e-4, but most values have no such sum in them.
    """
    differences = np.abs(value - truth) / np.abs(truth).max()
    if halves:
        return bool(np.median(differences) < 1e-6 and differences.max() < 2e-3)
    return bool(differences.max() < 1e-5)


def has_bf16() -> bool:
    """Whether OpenVINO can draw in bfloat16 here with instructions of the processor for it. It lists the precision where it
    only emulates it, many times slower, and also where a cap on the instruction set makes it refuse some networks."""
    import torch

    from liveviz.engine.backends.openvino import backend as openvino
    from liveviz.learning.precision import has_bfloat16

    listed = "BF16" in openvino.library().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return listed and has_bfloat16(torch.device("cpu"))
