"""The engine on an NVIDIA GPU without TensorRT: the static-weight rewrite in torch, half precision, channels last, a
whole frame captured in one CUDA graph. Tests open `Cuda` on the CPU, where the same arithmetic runs without a graph."""

import ctypes
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from liveviz.engine.backend import Array, Grids, NetworkBackend
from liveviz.engine.rewrite import Rewrite
from liveviz.models import Generator
from liveviz.spec import BendSetting, LivevizError, UsageError

RANK = 20
_WARMUPS = 3


def available() -> tuple[bool, str]:
    """Where there is an NVIDIA driver and a torch that was built for it. torch is imported only where the driver is."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False, "no NVIDIA driver"
    if not importlib.util.find_spec("torch"):
        return False, "torch is not installed"
    import torch

    if not torch.cuda.is_available():
        return False, "torch finds no CUDA GPU"
    return True, torch.cuda.get_device_name(0)


def open_backend(
    generator: Generator, *, cache: Path | None, bends: frozenset[int], precision: str | None, threads: int | None
) -> "Cuda":
    """precision: f16 unless f32 or bf16 is asked for."""
    return Cuda(generator, bends, precision or "f16", "cuda")


class Cuda(NetworkBackend):
    """The static network on a torch device.

    State: on a GPU, the input tensors and the captured graph that reads them.
    """

    name: ClassVar[str] = "cuda"

    def __init__(self, generator: Generator, bends: frozenset[int], precision: str, device: str) -> None:
        import torch

        from liveviz.engine.static_torch import StaticNetwork

        self._rewrite = Rewrite(generator)
        super().__init__(generator, bends, [conv.noise_scale for conv in self._rewrite.convs])
        dtypes = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
        if precision not in dtypes:
            raise UsageError(f"backend cuda: precision {precision} is none of {', '.join(dtypes)}")
        self.precision = precision
        self.device = torch.cuda.get_device_name(0) if device == "cuda" else "CPU"
        self._net = StaticNetwork(self._rewrite, device, dtypes[precision])
        self._grids = Grids()

        def buffer(*shape: int) -> torch.Tensor:
            return torch.zeros(shape, device=device)

        self._style = buffer(1, self._rewrite.style_size)
        self._noise = [buffer(1, 1, conv.resolution, conv.resolution) for conv in self._rewrite.convs]
        self._grid_inputs = {r: buffer(r, r, 2) for r in sorted(bends)}
        self._replay: Any = self._capture() if device == "cuda" else self._frame

    def _frame(self) -> Any:
        """Pixels on the device, from the input tensors."""
        from liveviz.engine.static_torch import pack

        return pack(self._net(self._style, self._noise, self._grid_inputs))

    def _capture(self) -> Any:
        """The frame as one CUDA graph: a function that replays it and returns the tensor it writes."""
        import torch

        try:
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.inference_mode(), torch.cuda.stream(stream):
                for _ in range(_WARMUPS):
                    self._frame()
            torch.cuda.current_stream().wait_stream(stream)
            graph = torch.cuda.CUDAGraph()
            with torch.inference_mode(), torch.cuda.graph(graph, capture_error_mode="thread_local"):
                pixels = self._frame()
        except RuntimeError as error:
            raise LivevizError(f"backend cuda: cannot capture a frame: {str(error).splitlines()[0]}") from error

        def replay() -> Any:
            graph.replay()
            return pixels

        return replay

    def _fill(self, ws: Array, noise: list[Array]) -> None:
        import torch

        self._style.copy_(torch.from_numpy(self._rewrite.styles(ws)))
        for tensor, field in zip(self._noise, noise, strict=True):
            tensor.copy_(torch.from_numpy(field))

    def _pixels(self, ws: Array, noise: list[Array], bends: Mapping[int, tuple[BendSetting, ...]]) -> NDArray[np.uint8]:
        import torch

        with torch.inference_mode():
            self._fill(ws, noise)
            for layer, settings in bends.items():
                grid, new = self._grids.get(layer, settings)
                if new:
                    self._grid_inputs[layer].copy_(torch.from_numpy(grid))
            pixels: NDArray[np.uint8] = self._replay().cpu().numpy()
            return pixels

    def _raw(self, ws: Array, noise: list[Array]) -> Array:
        import torch

        with torch.inference_mode():
            self._fill(ws, noise)
            raw: Array = self._net(self._style, self._noise, {}).cpu().numpy()
            return raw
