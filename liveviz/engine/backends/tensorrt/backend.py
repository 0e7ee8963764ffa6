"""The engine on an NVIDIA GPU with TensorRT, or TensorRT for RTX: one file for both modules, since their Python is the
same. The network is a plan (built in seconds, with or without a GPU, and kept in the cache folder); styles, noise and
packing are those of the `cuda` backend, and all of a frame is one CUDA graph. A live show starts on `cuda` and takes
this one when it is built."""

import hashlib
import platform
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from liveviz import bending
from liveviz.engine import families
from liveviz.engine.backends.cuda import backend as cuda
from liveviz.engine.backends.tensorrt import bends as bend_tensorrt
from liveviz.engine.backends.tensorrt import graph as tensorrt_graph
from liveviz.engine.backends.tensorrt.plan import (
    MISSING_MESSAGE,
    PlanNetwork,
    build_plan,
    capability_of,
    load_module,
    module_name,
)
from liveviz.models import Generator
from liveviz.system.cache import Cache
from liveviz.system.cuda_driver import driver_version

if TYPE_CHECKING:
    from torch import Tensor

    from liveviz.engine.backends.cuda.backend import Draw

RANK = 30
STAND_IN = "cuda"
COMPILES = True


def available() -> tuple[bool, str]:
    """Where there is a TensorRT of either kind, and what `cuda` needs."""
    name = module_name()
    if name is None:
        return False, MISSING_MESSAGE
    yes, why = cuda.available()
    return yes, f"{why} ({name})" if yes else why


def open_backend(
    generator: Generator,
    *,
    cache: Path | None,
    bends: bending.Topology,
    precision: str | None,
    threads: int | None,
) -> "TensorRt":
    """precision: f16 unless f32 is asked for."""
    return TensorRt(generator, bends, precision or "f16", cache)


def facts(
    trt: ModuleType,
    generator: Generator,
    topology: bending.Topology,
    precision: str,
    gpu: tuple[str, tuple[int, int]],
    capability: str | None,
) -> dict[str, object]:
    """All that makes a plan stale: the network and how it is built, the library, the GPU, its driver, the system.

    Args:
        gpu: (name, (major, minor)) of the card.
    """
    modules = [bend_tensorrt, tensorrt_graph, *bending.ops().values()]
    digest = hashlib.sha256()
    for path in [*(Path(str(module.__file__)) for module in modules), *families.sources(generator.config.family)]:
        digest.update(path.read_bytes())
    return {
        "generator": generator.fingerprint,
        "topology": sorted([*stage] for stage in topology),
        "precision": precision,
        "sources": digest.hexdigest(),
        "library": [trt.__name__, trt.__version__],
        "gpu": [gpu[0], *gpu[1]],
        "driver": driver_version(),
        "system": [platform.system(), platform.machine()],
        "flags": ["strongly typed", capability],
    }


class TensorRt(cuda.Cuda):
    """The network as a plan.

    State: as `Cuda`; the plan's context.
    """

    name: ClassVar[str] = "tensorrt"
    precisions: ClassVar[tuple[str, ...]] = ("f16", "f32")

    def __init__(self, generator: Generator, bends: bending.Topology, precision: str, cache: Path | None) -> None:
        self._cache = cache
        super().__init__(generator, bends, precision, "cuda")

    def _open_network(self, topology: bending.Topology) -> "Draw":
        import torch

        from liveviz.engine.backends.cuda.fused import pack

        trt = load_module()
        gpu = (torch.cuda.get_device_name(0), torch.cuda.get_device_capability(0))
        capability = capability_of(trt, *gpu[1])
        about = facts(trt, self.generator, topology, self.precision, gpu, capability)
        plans, compiled = Cache(self._cache, "plans"), Cache(self._cache, "kernels")
        plan = plans.load(about)
        if plan is None:
            plan = build_plan(trt, self._network, topology, self.precision == "f16", capability)
            plans.store(about, plan)
        names = [noise.name for noise in self._network.noises]
        bends = self._bend_inputs if topology else {}
        static = dict(zip(names, self._fields.views, strict=True)) | bends
        kept = compiled.load(about)
        network = PlanNetwork(trt, plan, static, kept)

        def draw(styles: Tensor, noise: list[Tensor], bends: Mapping[str, Tensor], pixels: bool) -> Tensor:
            inputs = {tensorrt_graph.STYLE_NAME: styles, **dict(zip(names, noise, strict=True)), **bends}
            img = network.run(inputs)
            return pack(img) if pixels else img.clone()

        with self._on_stream():  # once before any capture: what the card compiles, it compiles now
            draw(self._buffer(1, self._network.style_size), self._fields.views, bends, True)
            torch.cuda.current_stream().synchronize()
        if (made := network.compiled()) is not None and made != kept:
            compiled.store(about, made)
        return draw
