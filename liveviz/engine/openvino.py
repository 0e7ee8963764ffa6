"""The engine on a CPU: the static-weight rewrite as an OpenVINO graph, built node by node from numpy constants (no
torch, no ONNX on the way). Styles, noise and sampling grids are inputs, so a frame costs one inference and nothing is
compiled while a show runs. What is compiled is kept in a cache folder.

Measured on two cores with AMX at 256x256, channel_base 4096: transposed convolution with a depthwise FIR beats the
polyphase form in f32 (9 against 13 ms) and equals it in bf16; a fourth picture channel carried along for alpha saves
the concatenation; converting to 8 bits before the transpose moves a quarter of the bytes.
"""

import hashlib
import importlib.util
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from liveviz.engine import rewrite as rewrite_module
from liveviz.engine.backend import Array, Grids, NetworkBackend
from liveviz.engine.rewrite import FIR, Rewrite
from liveviz.models import Generator
from liveviz.models.tensors import write_atomic
from liveviz.spec import BendSetting, LivevizError, UsageError

RANK = 10
_MAGIC = b"liveviz-openvino-1\n"

_log = logging.getLogger("liveviz.engine")


def available() -> tuple[bool, str]:
    """Wherever openvino is installed."""
    return (True, "CPU") if importlib.util.find_spec("openvino") else (False, "openvino is not installed")


def open_backend(
    generator: Generator, *, cache: Path | None, bends: frozenset[int], precision: str | None, threads: int | None
) -> "OpenVino":
    """precision: bf16 where the CPU has it, else f32."""
    return OpenVino(generator, cache, bends, precision, threads)


class OpenVino(NetworkBackend):
    """One compiled graph for pictures, and one for raw output when it is first asked for.

    State: the input arrays, which the compiled graph reads in place.
    """

    name: ClassVar[str] = "openvino"

    def __init__(
        self,
        generator: Generator,
        cache: Path | None,
        bends: frozenset[int],
        precision: str | None,
        threads: int | None,
    ) -> None:
        import openvino

        self._ov: Any = openvino
        self._core = openvino.Core()
        self._rewrite = Rewrite(generator)
        super().__init__(generator, bends, [conv.noise_scale for conv in self._rewrite.convs])
        can = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self.precision = precision or ("bf16" if "BF16" in can else "f32")
        if self.precision not in ("f32", "bf16") or (self.precision == "bf16" and "BF16" not in can):
            raise UsageError(
                f"backend openvino: precision {self.precision} is none of this CPU's (f32, bf16 where it can)"
            )
        self.device = str(self._core.get_property("CPU", "FULL_DEVICE_NAME")).strip()
        self._cache, self._threads = cache, threads
        self._grids = Grids()
        self._style = np.zeros((1, self._rewrite.style_size), np.float32)
        self._grid_inputs = {r: np.zeros((1, r, r, 2), np.float32) for r in sorted(bends)}
        self._request = self._open(pixels=True)
        self._raw_request: Any = None

    def _pixels(self, ws: Array, noise: list[Array], bends: Mapping[int, tuple[BendSetting, ...]]) -> NDArray[np.uint8]:
        self._style[...] = self._rewrite.styles(ws)
        for layer, settings in bends.items():
            grid, new = self._grids.get(layer, settings)
            if new:
                self._grid_inputs[layer][0] = grid
        self._request.infer()
        return np.array(self._request.get_output_tensor(0).data[0])  # [H, W, 4], a copy: the graph writes there again

    def _raw(self, ws: Array, noise: list[Array]) -> Array:
        if self._raw_request is None:
            self._raw_request = self._open(pixels=False)
        self._style[...] = self._rewrite.styles(ws)
        self._raw_request.infer()
        return np.array(self._raw_request.get_output_tensor(0).data)  # [1, C, H, W]

    def close(self) -> None:
        self._request = self._raw_request = None

    def _open(self, pixels: bool) -> Any:
        """An inference request that reads this object's arrays in place."""
        topology = self.topology if pixels else frozenset()
        config = {
            "INFERENCE_PRECISION_HINT": self.precision,
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            **({"INFERENCE_NUM_THREADS": self._threads} if self._threads else {}),
        }
        compiled = self._from_cache(self._key(topology, pixels, config), config, topology, pixels)
        request = compiled.create_infer_request()
        inputs = [self._style, *self.noise.views, *(self._grid_inputs[r] for r in sorted(topology))]
        for index, array in enumerate(inputs):
            request.set_input_tensor(index, self._ov.Tensor(array, shared_memory=True))
        return request

    def _key(self, topology: frozenset[int], pixels: bool, config: Mapping[str, object]) -> str:
        """Name of the cache file: whatever makes a compiled graph invalid changes it."""
        sources = [Path(__file__).read_bytes(), Path(rewrite_module.__file__).read_bytes()]
        facts = {
            "generator": self.generator.fingerprint,
            "topology": sorted(topology),
            "pixels": pixels,
            "config": config,
            "openvino": self._ov.get_version(),
            "device": self.device,
            "can": self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"),
            "sources": [hashlib.sha256(source).hexdigest() for source in sources],
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]

    def _from_cache(self, key: str, config: dict[str, Any], topology: frozenset[int], pixels: bool) -> Any:
        path = self._cache / f"{key}.openvino" if self._cache else None
        if path is not None and (blob := _read_blob(path)) is not None:
            try:
                return self._core.import_model(blob, "CPU", config)
            except RuntimeError as error:
                _log.warning("%s: cannot be loaded, compiling again: %s", path, str(error).splitlines()[0])
        try:
            compiled = self._core.compile_model(self._graph(topology, pixels), "CPU", config)
        except RuntimeError as error:
            raise LivevizError(
                f"backend openvino: cannot compile this generator: {str(error).splitlines()[0]}"
            ) from error
        if path is not None:
            _write_blob(path, compiled.export_model().getvalue())
        return compiled

    def _graph(self, topology: frozenset[int], pixels: bool) -> Any:
        return _Graph(self._ov, self._rewrite, topology, pixels).model


def _read_blob(path: Path) -> bytes | None:
    """What `_write_blob` wrote, or None where there is none or it was damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    head = len(_MAGIC) + 32
    if data[: len(_MAGIC)] != _MAGIC or hashlib.sha256(data[head:]).digest() != data[len(_MAGIC) : head]:
        _log.warning("%s: is damaged, compiling again", path)
        return None
    return data[head:]


def _write_blob(path: Path, blob: bytes) -> None:
    """A cache that cannot be written costs time, not the show."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, _MAGIC + hashlib.sha256(blob).digest() + blob)
    except (OSError, LivevizError) as error:
        _log.warning("the compiled engine is not kept: %s", error)


class _Graph:
    """The rewrite as an OpenVINO model: inputs style, noise per convolution, grid per bent layer; one output."""

    def __init__(self, ov: Any, rewrite: Rewrite, topology: frozenset[int], pixels: bool) -> None:
        import openvino.opset13 as ops

        self.o: Any = ops
        self.rewrite, self.topology, self.pixels = rewrite, topology, pixels
        self.style = ops.parameter([1, rewrite.style_size], np.float32, name="style")
        self.noise = [ops.parameter([1, 1, c.resolution, c.resolution], np.float32, name=c.name) for c in rewrite.convs]
        self.grids = {r: ops.parameter([1, r, r, 2], np.float32, name=f"grid{r}") for r in sorted(topology)}
        self.parts = self._split_style()
        # For pixels a fourth channel goes along: zero all the way, it becomes alpha when packed.
        self.channels = 4 if pixels else rewrite.config.img_channels
        output = self._synthesis()
        self.model = ov.Model([output], [self.style, *self.noise, *self.grids.values()], "liveviz")

    def _constant(self, value: Any) -> Any:
        return self.o.constant(np.ascontiguousarray(value, dtype=np.float32))

    def _split_style(self) -> dict[int, Any]:
        """Every part of the style vector as `[1, n, 1, 1]`, by where it starts."""
        slices = (
            [c.s for c in self.rewrite.convs] + [c.d for c in self.rewrite.convs] + [t.s for t in self.rewrite.rgbs]
        )
        slices.sort(key=lambda part: part.start)
        lengths = np.array([part.stop - part.start for part in slices])
        split = self.o.variadic_split(self.style, self.o.constant(1), self.o.constant(lengths))
        return {
            part.start: self.o.reshape(split.output(n), self.o.constant(np.array([1, lengths[n], 1, 1])), False)
            for n, part in enumerate(slices)
        }

    def _synthesis(self) -> Any:
        x, img = self._constant(self.rewrite.const[None]), None
        rgbs = iter(self.rewrite.rgbs)
        for number, conv in enumerate(self.rewrite.convs):
            x = self._conv(x, number)
            if conv.up:
                continue
            if conv.resolution in self.topology:
                how = {"align_corners": False, "mode": "bilinear", "padding_mode": "reflection"}
                x = self.o.grid_sample(x, self.grids[conv.resolution], how)
            y = self._rgb(x, next(rgbs))
            img = y if img is None else self.o.add(self._upsample(img), y)
        return self._pack(img) if self.pixels else img

    def _conv(self, x: Any, number: int) -> Any:
        o, conv = self.o, self.rewrite.convs[number]
        x = o.multiply(x, self.parts[conv.s.start])
        if conv.up:
            kernel = self._constant(conv.weight.transpose(1, 0, 2, 3))  # [I, O, 3, 3]
            x = o.convolution_backprop_data(x, kernel, [2, 2], None, [0, 0], [0, 0], [1, 1])  # [1, O, 2h + 1, 2w + 1]
            fir = self._constant(np.broadcast_to(FIR * 4, (conv.bias.size, 1, 1, 4, 4)))
            x = o.group_convolution(x, fir, [1, 1], [1, 1], [1, 1], [1, 1])
        else:
            x = o.convolution(x, self._constant(conv.weight), [1, 1], [1, 1], [1, 1], [1, 1])
        x = o.add(o.multiply(x, self.parts[conv.d.start]), self.noise[number])
        x = o.add(x, self._constant(conv.bias[None, :, None, None]))
        x = o.prelu(x, self._constant([0.2]))
        return self._clamp(x)

    def _clamp(self, x: Any) -> Any:
        clamp = self.rewrite.clamp
        return x if clamp is None else self.o.clamp(x, -clamp, clamp)

    def _rgb(self, x: Any, rgb: Any) -> Any:
        weight, bias = np.zeros((self.channels, rgb.weight.shape[1]), np.float32), np.zeros(self.channels, np.float32)
        colours = min(self.channels, 3)
        weight[:colours], bias[:colours] = rgb.weight, rgb.bias  # a grey generator fills all three
        x = self.o.multiply(x, self.parts[rgb.s.start])
        y = self.o.convolution(x, self._constant(weight[:, :, None, None]), [1, 1], [0, 0], [0, 0], [1, 1])
        y = self._clamp(self.o.add(y, self._constant(bias[None, :, None, None])))
        return y

    def _upsample(self, img: Any) -> Any:
        fir = self._constant(np.broadcast_to(FIR * 4, (self.channels, 1, 1, 4, 4)))
        return self.o.group_convolution_backprop_data(img, fir, [2, 2], None, [1, 1], [1, 1], [1, 1])

    def _pack(self, img: Any) -> Any:
        """uint8 `[1, H, W, 4]`: -1 is 0, 1 is 255, alpha 255."""
        o = self.o
        offset = self._constant(np.array([128.0, 128.0, 128.0, 255.0])[None, :, None, None])
        levels = o.floor(o.clamp(o.add(o.multiply(img, self._constant(127.5)), offset), 0.0, 255.0))
        return o.transpose(o.convert(levels, "u8"), o.constant(np.array([0, 2, 3, 1])))
