"""The engine on a CPU: the static-weight rewrite as an OpenVINO graph, built node by node from numpy constants (no
torch, no ONNX on the way). Styles, noise and sampling grids are inputs, so a frame costs one inference and nothing is
compiled while a show runs. What is compiled is kept in a cache folder."""

import hashlib
import importlib.util
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from liveviz import bending
from liveviz.engine import families
from liveviz.engine.backend import Array, NetworkBackend, Pixels
from liveviz.engine.backends.openvino import bends as bend_openvino
from liveviz.engine.backends.openvino import bf16
from liveviz.engine.backends.openvino import graph as openvino_graph
from liveviz.engine.backends.openvino.device import ISA_VARIABLE, choose, fastest
from liveviz.engine.backends.openvino.graph import Graph, whole_image, whole_pixels
from liveviz.models import Generator
from liveviz.spec import LivevizError, UsageError
from liveviz.system.cache import Cache

RANK = 10
COMPILES = True
DEVICES = True  # `openvino:GPU` as a backend's name says on which of its devices
PRECISIONS = {"bf16": "BF16", "f16": "FP16"}  # OpenVINO's words
KEPT_GRAPHS = 32  # compiled graphs in the cache folder
_SOURCE_MODULES = (openvino_graph, bend_openvino, bf16)

_log = logging.getLogger("liveviz.engine")


def available() -> tuple[bool, str]:
    """Wherever openvino is installed."""
    return (True, "CPU") if importlib.util.find_spec("openvino") else (False, "openvino is not installed")


def library() -> Any:
    """The openvino module, without its telemetry: that looks up an analytics host and writes an id into the user's home
    as soon as it is imported, and openvino does as well without."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    return openvino


def open_backend(
    generator: Generator,
    *,
    cache: Path | None,
    bends: bending.Topology,
    precision: str | None,
    threads: int | None,
    device: str | None = None,
) -> "OpenVino":
    """precision: the one that was measured to be fastest here (`openvino_device.fastest`); on a CPU f32 for a network whose
    filters are `slow_in_bf16`, as a StyleGAN3's are: they take five times as long there. device: OpenVINO's name; None
    takes the fastest."""
    return OpenVino(generator, cache, bends, precision, threads, device)


class OpenVino(NetworkBackend):
    """One compiled graph for images, and one for raw output when it is first asked for.

    State: the input arrays, which the compiled graph reads in place.
    """

    name: ClassVar[str] = "openvino"

    def __init__(
        self,
        generator: Generator,
        cache: Path | None,
        bends: bending.Topology,
        precision: str | None,
        threads: int | None,
        device: str | None = None,
    ) -> None:
        self._ov = library()
        self._core = self._ov.Core()
        self._network = families.network(generator)
        super().__init__(generator, bends, [noise.scale for noise in self._network.noises])
        self._on = choose(self._ov, self._core, device, cache)
        self._can = self._core.get_property(self._on, "OPTIMIZATION_CAPABILITIES")
        never = self.family.hints(generator.config).slow_in_bf16 and self._on == "CPU"
        self.precision = precision or ("f32" if never else fastest(self._ov, self._core, cache, self._on))
        if self.precision != "f32" and PRECISIONS.get(self.precision) not in self._can:
            able = ", ".join(["f32", *(name for name, word in PRECISIONS.items() if word in self._can)])
            raise UsageError(f"backend openvino: precision {self.precision} is none of {self._on}'s ({able})")
        self.device = str(self._core.get_property(self._on, "FULL_DEVICE_NAME")).strip()
        self._cache, self._threads = cache, threads
        self._style = np.zeros((1, self._network.style_size), np.float32)
        self._bend_inputs = {name: np.zeros(shape, np.float32) for name, shape in self.bends.shapes.items()}
        self._request = self._open(pixels=True)
        self._raw_request: Any = None

    def _pixels(self, ws: Array, noise: list[Array], view: Array | None, moved: bending.Moved) -> Pixels:
        self._style[...] = self._network.styles(ws, view)
        if (scale := self._network.factors(moved)) is not None:
            self._style *= scale
        for name, value in moved.inputs.items():
            self._bend_inputs[name][...] = value
        self._request.infer()
        return whole_pixels(self._request.get_output_tensor(0).data)

    def _raw(self, ws: Array, noise: list[Array]) -> Array:
        if self._raw_request is None:
            self._raw_request = self._open(pixels=False)
        self._style[...] = self._network.styles(ws)
        self._raw_request.infer()
        return whole_image(self._raw_request.get_output_tensor(0).data, self.generator.config.height)

    def close(self) -> None:
        self._request = self._raw_request = None

    def _open(self, pixels: bool) -> Any:
        """An inference request that reads this object's arrays in place."""
        topology: bending.Topology = self.topology if pixels else frozenset()
        config = {
            "INFERENCE_PRECISION_HINT": self.precision,
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            **({"INFERENCE_NUM_THREADS": self._threads} if self._threads and self._on == "CPU" else {}),
        }
        compiled = self._compiled(config, topology, pixels)
        request = compiled.create_infer_request()
        styles = [self._style[:, part].reshape(shape) for part, shape in self._network.parts()]
        inputs = [*styles, *self.noise.views, *(self._bend_inputs.values() if topology else ())]
        for index, array in enumerate(inputs):
            request.set_input_tensor(index, self._ov.Tensor(array, shared_memory=True))
        return request

    def _facts(self, topology: bending.Topology, pixels: bool, config: Mapping[str, object]) -> dict[str, object]:
        """Whatever makes a compiled graph invalid."""
        files = [Path(str(module.__file__)) for module in (*_SOURCE_MODULES, *bending.ops().values())]
        sources = [path.read_bytes() for path in (*files, *families.sources(self.generator.config.family))]
        return {
            "generator": self.generator.fingerprint,
            "topology": sorted(topology),
            "pixels": pixels,
            "config": config,
            "openvino": self._ov.get_version(),
            "device": self.device,
            "can": [self._on, self._can, os.environ.get(ISA_VARIABLE, "")],
            "sources": [hashlib.sha256(source).hexdigest() for source in sources],
        }

    def _compiled(self, config: dict[str, Any], topology: bending.Topology, pixels: bool) -> Any:
        """The graph for this device, from the cache where it is kept there."""
        cache, facts = Cache(self._cache, "openvino", KEPT_GRAPHS), self._facts(topology, pixels, config)
        if (blob := cache.load(facts)) is not None:
            try:
                return self._core.import_model(blob, self._on, config)
            except RuntimeError as error:
                _log.warning("%s: cannot be loaded, compiling again: %s", cache.path(facts), str(error).splitlines()[0])
        try:
            compiled = self._core.compile_model(self._graph(topology, pixels), self._on, config)
        except RuntimeError as error:
            raise LivevizError(
                f"backend openvino: cannot compile this generator: {str(error).splitlines()[0]}"
            ) from error
        if self._cache is not None:
            cache.store(facts, compiled.export_model().getvalue())
        return compiled

    def _graph(self, topology: bending.Topology, pixels: bool) -> Any:
        return Graph(self._ov, self._network, topology, pixels, self.precision == "bf16").model
