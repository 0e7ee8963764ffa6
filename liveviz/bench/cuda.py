"""What benchmarks measure on a GPU: the fast backends as they are, and what they are compared with: the reference on the
same card with the half precision that its training ran with, eager, and captured in a CUDA graph with cuDNN choosing its
fastest kernels. Not a backend, since nobody plays with it."""

from typing import Any, Protocol

import numpy as np

from liveviz.engine import families as engine_families
from liveviz.engine.backends.cuda.backend import Cuda
from liveviz.engine.noise import NoiseFields
from liveviz.models import Generator, families
from liveviz.spec import ParameterFrame

_WARMUP_RUNS = 3


class OnDevice(Protocol):
    """What `bench_on_device` times."""

    device: str
    precision: str

    def time(self, frame: ParameterFrame) -> tuple[Any, Any, Any]:
        """Draw a frame, wait for it, and return three events: it was there, its upload began, its pixels are packed."""


def _events() -> tuple[Any, Any, Any]:
    import torch

    return tuple(torch.cuda.Event(enable_timing=True) for _ in range(3))  # type: ignore[return-value]


class TimedBackend:
    """`cuda` or `tensorrt`."""

    def __init__(self, backend: Cuda) -> None:
        self.device, self.precision, self._backend = backend.device, backend.precision, backend

    def time(self, frame: ParameterFrame) -> tuple[Any, Any, Any]:
        import torch

        start, uploading, end = _events()
        stream = self._backend.stream
        start.record(stream)
        self._backend.prepare(frame)
        uploading.record(stream)
        self._backend.launch()
        end.record(stream)
        torch.cuda.synchronize()
        return start, uploading, end


class GpuReference:
    """The family's reference network on the GPU, from ws and noise to packed pixels.

    Args:
        captured: as one CUDA graph, cuDNN choosing by trial; else eager, as its own programs run it.
    State: the inputs on the device; the graph.
    """

    def __init__(self, generator: Generator, captured: bool) -> None:
        import torch

        from liveviz.engine.backends.cuda.fused import pack

        family, config = families.of(generator.config), generator.config
        trained = family.as_trained(generator)
        self.precision = family.precisions(trained.config)[0]
        self.device = torch.cuda.get_device_name(0)
        self._latents = engine_families.of(config).latents(generator)
        self._noise = NoiseFields(config.noises, [1.0] * len(config.noises))
        network: Any = family.reference(trained, self.precision)
        network.cuda()
        self._ws = torch.zeros(1, config.num_ws, config.w_dim, device="cuda")
        self._fields = [torch.zeros(view.shape, device="cuda") for view in self._noise.views]
        self._before = torch.backends.cudnn.benchmark
        torch.backends.cudnn.benchmark = captured

        def draw() -> Any:
            return pack(network.draw(self._ws, self._fields))

        self._draw, self._torch = draw, torch
        if captured:
            self._draw = self._capture(draw)

    def _capture(self, draw: Any) -> Any:
        torch = self._torch
        stream = torch.cuda.Stream()
        with torch.inference_mode(), torch.cuda.stream(stream):
            for _ in range(_WARMUP_RUNS):
                draw()
            stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(), torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
            draw()
        return graph.replay

    def time(self, frame: ParameterFrame) -> tuple[Any, Any, Any]:
        torch = self._torch
        start, uploading, end = _events()
        start.record()
        ws = np.ascontiguousarray(self._latents.ws(frame))
        fields = self._noise.frame(frame)
        uploading.record()
        with torch.inference_mode():
            self._ws.copy_(torch.from_numpy(ws))
            for tensor, field in zip(self._fields, fields, strict=True):
                tensor.copy_(torch.from_numpy(field))
            self._draw()
        end.record()
        torch.cuda.synchronize()
        return start, uploading, end

    def close(self) -> None:
        """Let cuDNN choose as before."""
        self._torch.backends.cudnn.benchmark = self._before
