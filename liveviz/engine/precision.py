"""Which precision is fastest on this processor: measured, because what a library says a processor can do includes what it
only emulates (OpenVINO lists bfloat16 for every AVX-512 processor; without instructions for it, it takes four times as
long as float32)."""

import hashlib
import logging
import os
from functools import cache as remember
from pathlib import Path
from typing import Any

import numpy as np

from liveviz.spec import keep_word, kept_word

GAIN = 1.15  # times as fast bfloat16 must be: it costs accuracy
CAP = "ONEDNN_MAX_CPU_ISA"  # the environment variable that keeps the library from using all that a processor has
_CHANNELS, _HEIGHT, _WIDTH = 64, 64, 112  # one layer of a 448x256 generator: 2 ms on two cores
_RUNS = 9

_log = logging.getLogger("liveviz.engine")


def fastest(openvino: Any, core: Any, folder: Path | None) -> str:
    """`bf16` where OpenVINO draws at least GAIN times as fast in it on this CPU, else `f32`.

    Args:
        core: `openvino.Core()`. folder: the cache folder, where what was measured is kept; None measures once a process.
    """
    if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return "f32"
    facts = (core.get_property("CPU", "FULL_DEVICE_NAME"), openvino.get_version(), os.environ.get(CAP, ""))
    if folder is None:
        return _measured(openvino, core)
    path = folder / f"precision-{hashlib.sha256(repr(facts).encode()).hexdigest()[:16]}.txt"
    if (found := kept_word(path, ("bf16", "f32"))) is None:
        keep_word(path, found := _measured(openvino, core))
    return found


@remember
def _measured(openvino: Any, core: Any) -> str:
    """The same convolution both ways, the best of several runs each, in turns."""
    requests = {name: _request(openvino, core, name) for name in ("f32", "bf16")}
    if requests["bf16"] is None:
        return "f32"
    best = dict.fromkeys(requests, float("inf"))
    for _ in range(_RUNS):
        for name, request in requests.items():
            request.infer()
            best[name] = min(best[name], request.latency)
    _log.debug("one convolution: %.2f ms in f32, %.2f ms in bf16", best["f32"], best["bf16"])
    return "bf16" if best["f32"] >= GAIN * best["bf16"] else "f32"


def _request(openvino: Any, core: Any, precision: str) -> Any:
    """A 3x3 convolution, compiled; None where this CPU refuses the precision after all."""
    ops = openvino.opset13
    x = ops.parameter([1, _CHANNELS, _HEIGHT, _WIDTH], np.float32)
    weight = ops.constant(np.full((_CHANNELS, _CHANNELS, 3, 3), 0.01, np.float32))
    y = ops.convolution(x, weight, [1, 1], [1, 1], [1, 1], [1, 1])
    config = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1"}
    try:
        return core.compile_model(openvino.Model([y], [x], "precision"), "CPU", config).create_infer_request()
    except RuntimeError:
        return None
