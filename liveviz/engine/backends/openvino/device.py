"""On which of OpenVINO's devices a generator is drawn, and in which precision: measured, because what a library says that a
device can do includes what it only emulates (OpenVINO lists bfloat16 for every AVX-512 processor; without instructions for
it, it takes four times as long as float32), and an integrated GPU may be faster than its processor, or slower."""

import hashlib
import logging
import os
from collections.abc import Callable
from functools import cache as remember
from pathlib import Path
from typing import Any

import numpy as np

from liveviz.spec import UsageError
from liveviz.system.files import keep_word, kept_word

MIN_SPEEDUP_RATIO = 1.15  # times as fast bfloat16 must be: it costs accuracy
# The environment variable that keeps the library from using all that a processor has
ISA_VARIABLE = "ONEDNN_MAX_CPU_ISA"
# One layer of a 448x256 generator: 2 ms on two cores
_TRIAL_CHANNELS, _TRIAL_HEIGHT_PIXELS, _TRIAL_WIDTH_PIXELS = 64, 64, 112
_TRIAL_RUNS = 25

_log = logging.getLogger("liveviz.engine")


def devices(core: Any) -> dict[str, str]:
    """What OpenVINO finds here, by its own name (CPU, GPU, GPU.0, NPU): the maker's name."""
    return {name: str(core.get_property(name, "FULL_DEVICE_NAME")).strip() for name in core.available_devices}


def choose(openvino: Any, core: Any, wanted: str | None, folder: Path | None) -> str:
    """The device to draw on: `wanted`, or, where that is None, the fastest.

    Args:
        core: `openvino.Core()`. folder: the cache folder, where what was measured is kept; None measures once a process.
    Raises: UsageError for one that is not here.
    """
    there = devices(core)
    if wanted is not None:
        if wanted.upper() not in there:
            raise UsageError(f"device {wanted!r:.40}: not found by OpenVINO here; there are {', '.join(there)}")
        return wanted.upper()
    if len(there) == 1:
        return next(iter(there))
    return _kept(folder, "device", tuple(there), lambda: _fastest_device(openvino, core), (openvino, core))


def fastest(openvino: Any, core: Any, folder: Path | None, device: str = "CPU") -> str:
    """The precision to draw in: f16 on a GPU; on a CPU `bf16` where it is at least MIN_SPEEDUP_RATIO times as fast
    there, else `f32`.

    Args: as for `choose`.
    """
    if device != "CPU":
        return "f16" if "FP16" in core.get_property(device, "OPTIMIZATION_CAPABILITIES") else "f32"
    if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return "f32"
    return _kept(folder, "precision", ("bf16", "f32"), lambda: _measured(openvino, core), (openvino, core))


def _kept(
    folder: Path | None, what: str, allowed: tuple[str, ...], measure: Callable[[], str], of: tuple[Any, Any]
) -> str:
    openvino, core = of
    if folder is None:
        return measure()
    facts = (devices(core), openvino.get_version(), os.environ.get(ISA_VARIABLE, ""))
    path = folder / f"{what}-{hashlib.sha256(repr(facts).encode()).hexdigest()[:16]}.txt"
    if (found := kept_word(path, allowed)) is None:
        keep_word(path, found := measure())
    return found


@remember
def _fastest_device(openvino: Any, core: Any) -> str:
    """By the same convolution on each, in the precision that each is used in."""
    took: dict[str, float] = {}
    for device in core.available_devices:
        request = _request(openvino, core, fastest(openvino, core, None, device), device)
        if request is not None:
            took[device] = min(_latency(request) for _ in range(_TRIAL_RUNS))
            _log.debug("one convolution on %s: %.2f ms", device, took[device])
    return min(took, key=lambda device: took[device], default="CPU")


@remember
def _measured(openvino: Any, core: Any) -> str:
    """The same convolution both ways, the best of several runs each, in turns."""
    requests = {name: _request(openvino, core, name) for name in ("f32", "bf16")}
    if requests["bf16"] is None:
        return "f32"
    best = dict.fromkeys(requests, float("inf"))
    for _ in range(_TRIAL_RUNS):
        for name, request in requests.items():
            best[name] = min(best[name], _latency(request))
    _log.debug("one convolution: %.2f ms in f32, %.2f ms in bf16", best["f32"], best["bf16"])
    return "bf16" if best["f32"] >= MIN_SPEEDUP_RATIO * best["bf16"] else "f32"


def _latency(request: Any) -> float:
    """Milliseconds of one run."""
    request.infer()
    return float(request.latency)


def _request(openvino: Any, core: Any, precision: str, device: str = "CPU") -> Any:
    """A 3x3 convolution, compiled; None where this device refuses the precision after all."""
    ops = openvino.opset13
    x = ops.parameter([1, _TRIAL_CHANNELS, _TRIAL_HEIGHT_PIXELS, _TRIAL_WIDTH_PIXELS], np.float32)
    weight = ops.constant(np.full((_TRIAL_CHANNELS, _TRIAL_CHANNELS, 3, 3), 0.01, np.float32))
    y = ops.convolution(x, weight, [1, 1], [1, 1], [1, 1], [1, 1])
    config = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1"}
    try:
        return core.compile_model(openvino.Model([y], [x], "precision"), device, config).create_infer_request()
    except RuntimeError:
        return None
