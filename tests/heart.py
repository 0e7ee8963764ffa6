"""Small generators and frames for the tests of models, bending and engine."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveviz.models import Generator, GeneratorConfig
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
