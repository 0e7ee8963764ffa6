"""The engine on an NVIDIA GPU without TensorRT: the static-weight rewrite in torch, half precision, channels last, with
one kernel between convolutions, and a whole frame, from ws to packed pixels, captured in one CUDA graph. Tests open
`Cuda` on the CPU, where the same arithmetic runs without a graph."""

import contextlib
import ctypes
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from liveviz import bending
from liveviz.engine import families
from liveviz.engine.backend import Array, NetworkBackend
from liveviz.engine.device_image import DeviceImage
from liveviz.engine.noise import STRENGTH_PARAMETERS
from liveviz.fields import COUNT as FIELDS
from liveviz.models import Generator
from liveviz.spec import ImageFrame, LivevizError, ParameterFrame, UsageError, layer_range

if TYPE_CHECKING:
    from torch import Tensor

    Draw = Callable[[Tensor, list[Tensor], Mapping[str, Tensor], bool], Tensor]

RANK = 20
_WARMUP_RUNS = 3


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
    generator: Generator,
    *,
    cache: Path | None,
    bends: bending.Topology,
    precision: str | None,
    threads: int | None,
) -> "Cuda":
    """precision: f16 unless f32 or bf16 is asked for."""
    return Cuda(generator, bends, precision or "f16", "cuda")


class Cuda(NetworkBackend):
    """The network on a torch device.

    stream: of CUDA, on which everything of this engine is in order; None on a CPU.
    State: the ws of the last frame; the input tensors and, on a GPU, the captured graph that reads them; what the last frame sent.
    """

    name: ClassVar[str] = "cuda"
    precisions: ClassVar[tuple[str, ...]] = ("f16", "f32", "bf16")

    def __init__(self, generator: Generator, bends: bending.Topology, precision: str, device: str) -> None:
        import torch

        from liveviz.engine.backends.cuda.device_noise import DeviceNoise

        if precision not in self.precisions:
            raise UsageError(f"backend {self.name}: precision {precision} is none of {', '.join(self.precisions)}")
        self._torch, self._device = torch, device
        self._network = families.network(generator)
        gains = [noise.scale for noise in self._network.noises]
        super().__init__(generator, bends, gains)
        self.precision = precision
        self.device = torch.cuda.get_device_name(0) if device == "cuda" else "CPU"
        self._dtype = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}[precision]
        self.stream = torch.cuda.Stream() if device == "cuda" else None
        self.on_device = device == "cuda" and not generator.config.draws_fields  # fields are a hundredth of a screen
        self._bend_inputs = {name: self._buffer(*shape) for name, shape in self.bends.shapes.items()}
        self._style_of = self.family.device_styles(self._network, device)
        ranges = [layer_range(place.layer) for place in generator.config.noises]
        self._fields = DeviceNoise(self.noise, gains, ranges, device, self._dtype)
        sizes = {
            "styles": self._style_of.size,
            "mix": 7,
            "factors": self._network.style_size,
        }
        total = sum(sizes.values())
        self._host = torch.zeros(total, pin_memory=device == "cuda")
        self._sent = self._buffer(total)
        names = list(sizes)
        self._put = dict(zip(names, (part.numpy() for part in self._host.split(list(sizes.values()))), strict=True))
        self._got = dict(zip(names, self._sent.split(list(sizes.values())), strict=True))
        self._draw = self._open_network(self.topology)
        self._ws: Array = np.zeros((1, generator.config.num_ws, generator.config.w_dim), np.float32)
        self._plain: Draw | None = None if self.topology else self._draw
        width, height = self.size
        kind = (FIELDS, torch.uint16) if generator.config.draws_fields else (4, torch.uint8)
        self._read = torch.zeros(height, width, kind[0], dtype=kind[1], pin_memory=device == "cuda")
        self._replay: Callable[[], Tensor] = self._capture() if device == "cuda" else self._frame

    def _buffer(self, *shape: int) -> "Tensor":
        return self._torch.zeros(shape, device=self._device)

    def _open_network(self, topology: bending.Topology) -> "Draw":
        """From styles `[1, style_size]`, noise, and what the bends take in, to pixels `[H, W, 4]` (True) or the raw
        image (False)."""
        from liveviz.engine.backends.cuda.fused_network import FusedNetwork

        return FusedNetwork(self._network, self._device, self._dtype, topology).draw

    def _styles(self) -> "Tensor":
        return self._style_of(self._got["styles"]) * self._got["factors"]

    def _frame(self) -> "Tensor":
        """Pixels on the device, from what was sent."""
        mix = self._got["mix"]
        self._fields.mix(mix[:6].view(3, 2), mix[6:])
        return self._draw(self._styles(), self._fields.views, self._bend_inputs, True)

    def _capture(self) -> Callable[[], "Tensor"]:
        """The frame as one CUDA graph: a function that replays it and returns the tensor it writes."""
        torch = self._torch
        try:
            graph = torch.cuda.CUDAGraph()
            with self._on_stream(), self._tuned():
                for _ in range(_WARMUP_RUNS):
                    self._frame()
                torch.cuda.current_stream().synchronize()
                # thread_local: the old engine plays on in another thread while this one is being captured
                with torch.cuda.graph(graph, stream=self.stream, capture_error_mode="thread_local"):
                    pixels = self._frame()
        except RuntimeError as error:
            raise LivevizError(f"backend {self.name}: cannot capture a frame: {str(error).splitlines()[0]}") from error

        def replay() -> "Tensor":
            graph.replay()
            return pixels

        return replay

    def prepare(self, frame: ParameterFrame) -> None:
        """Make ready what a frame sends to the device: all of it but noise fields and bends goes at `launch`."""
        ws = self._ws = self.latents.ws(frame)  # [1, num_ws, w_dim]
        where = self.family.view(self.generator.config, frame)
        moved = self.bends.step(frame)
        with self._on_stream():
            self._write(ws, where, self._network.factors(moved))
            mix = np.array(self._fields.load(frame.seed, frame.noise_phase), np.float32)  # [2]
            strengths = np.array([frame[name] for name in STRENGTH_PARAMETERS], np.float32)  # [3]
            self._put["mix"][:6], self._put["mix"][6] = np.outer(strengths, mix).ravel(), frame["noise_mask"]
            for name, value in moved.inputs.items():
                self._bend_inputs[name].copy_(self._torch.from_numpy(value))

    def _write(self, ws: Array, where: Array | None, by: Array | None) -> None:
        self._style_of.put(self._put["styles"], ws, where)
        self._put["factors"][:] = 1.0 if by is None else by

    def launch(self) -> "Tensor":
        """Start drawing what was prepared; pixels uint8 `[H, W, 4]` on the device, which the next launch overwrites."""
        with self._on_stream():
            self._sent.copy_(self._host, non_blocking=True)
            return self._replay()

    def draw(self, frame: ParameterFrame) -> DeviceImage:
        self.prepare(frame)
        pixels = self.launch()
        if self.stream is not None:
            self.stream.synchronize()
        return DeviceImage(pixels, frame.sequence, frame.time, frame.signal_time, frame.signal_sequence)

    def render(self, frame: ParameterFrame) -> ImageFrame:
        self.prepare(frame)
        pixels = self.launch()
        with self._on_stream():
            self._read.copy_(pixels, non_blocking=True)
            if self.stream is not None:
                self.stream.synchronize()
            made = np.array(self._read.numpy())  # its own: the next frame is read back to the same place
        return self._image(made, frame, self._ws)

    def _raw(self, ws: Array, noise: list[Array]) -> Array:
        with self._on_stream(), self._tuned():
            self._write(ws, None, None)
            self._sent.copy_(self._host)
            self._fields.fill(noise)
            if self._plain is None:
                self._plain = self._open_network(frozenset())
            raw: Array = self._plain(self._styles(), self._fields.views, {}, False).cpu().numpy()
            return raw

    def _tuned(self) -> contextlib.AbstractContextManager[None]:
        """cuDNN chooses its kernels by trial, once; who asks for float32 gets all of its bits."""
        flags = self._torch.backends.cudnn.flags
        return flags(enabled=True, benchmark=True, allow_tf32=self.precision != "f32")

    @contextlib.contextmanager
    def _on_stream(self) -> Iterator[None]:
        """Everything of one engine is in order on a stream of its own, beside which another may be built."""
        with self._torch.inference_mode(), self._torch.cuda.stream(self.stream):  # None: nothing to switch to
            yield

    def close(self) -> None:
        self._fields.close()
