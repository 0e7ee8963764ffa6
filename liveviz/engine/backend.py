"""The contract of a backend, and the part that all network backends share: from a ParameterFrame to the four things a
network needs (ws, noise, sampling grids, and where the picture goes), so that a backend file holds its own arithmetic
only and all of them show the same picture."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from liveviz import bending
from liveviz.engine.latents import Latents
from liveviz.engine.noise import NoiseFields
from liveviz.models import Generator
from liveviz.spec import BendSetting, ImageFrame, LivevizError, ParameterFrame, UsageError

NOISE_MODES = ("const", "none", "random")

Array = NDArray[np.float32]


class Backend(ABC):
    """One opened engine.

    name: file name. device: in words. precision: f32, f16 or bf16. size: (width, height) of the picture.
    topology: the resolutions whose activations this one can bend.
    One thread at a time may call it.
    """

    name: ClassVar[str]
    device: str = "CPU"
    precision: str = "f32"
    size: tuple[int, int]
    topology: frozenset[int] = frozenset()

    @abstractmethod
    def render(self, frame: ParameterFrame) -> ImageFrame:
        """One picture; its pixels are its own, no later frame touches them. Bends on layers outside the topology are
        left out."""

    @abstractmethod
    def synthesize(self, ws: Array, noise_mode: str = "const", seed: int = 0) -> Array:
        """Raw network output of ws.

        Args:
            ws: float32 `[n, num_ws, w_dim]`.
            noise_mode: const (the fields in the file), none, random (fields of `seed`, the same on every backend).
        Returns:
            float32 `[n, img_channels, H, W]`, about ±1.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Give back what the backend holds; it is not called again."""


class NetworkBackend(Backend):
    """A backend that runs a generator: subclasses say how to make pixels and raw output.

    State: the noise fields of the last phase, the cache of w.
    """

    def __init__(self, generator: Generator, topology: frozenset[int], noise_gains: Sequence[float]) -> None:
        config = generator.config
        self.generator = generator
        self.size = (config.resolution, config.resolution)
        self.topology = topology
        self.latents = Latents(generator)
        resolutions = [r for r in config.resolutions for _ in range(1 if r == 4 else 2)]
        self.noise = NoiseFields(resolutions, noise_gains)
        names = [f"synthesis.b{r}.conv{i}" for r in config.resolutions for i in ([1] if r == 4 else [0, 1])]
        self._noise_const = [generator.weights[f"{name}.noise_const"] for name in names]

    def render(self, frame: ParameterFrame) -> ImageFrame:
        ws = self.latents.ws(frame)  # [1, num_ws, w_dim]
        noise = self.noise.frame(frame)
        pixels = self._pixels(ws, noise, settings_by_layer(frame.bends, self.topology))
        return ImageFrame(pixels, frame.sequence, frame.time, frame.signal_time, frame.signal_sequence)

    def synthesize(self, ws: Array, noise_mode: str = "const", seed: int = 0) -> Array:
        ws = np.asarray(ws, np.float32)
        config = self.generator.config
        if ws.ndim != 3 or ws.shape[1:] != (config.num_ws, config.w_dim):
            raise LivevizError(f"ws: shape {list(ws.shape)}, expected [n, {config.num_ws}, {config.w_dim}]")
        if noise_mode not in NOISE_MODES:
            raise UsageError(f"noise_mode {noise_mode!r:.20}: unknown; there are {', '.join(NOISE_MODES)}")
        if noise_mode == "const":
            noise = self.noise.of(self._noise_const)
        elif noise_mode == "none":
            noise = self.noise.of([np.zeros_like(field) for field in self._noise_const])
        else:
            noise = self.noise.at(seed, 0.0, (1.0, 1.0, 1.0))
        pictures = [self._raw(ws[n : n + 1], noise) for n in range(len(ws))]
        shape = (0, config.img_channels, config.resolution, config.resolution)
        return np.concatenate(pictures) if pictures else np.zeros(shape, np.float32)

    @abstractmethod
    def _pixels(self, ws: Array, noise: list[Array], bends: Mapping[int, tuple[BendSetting, ...]]) -> NDArray[np.uint8]:
        """Pixels `[H, W, 4]` of ws `[1, num_ws, w_dim]`; noise per convolution `[1, 1, r, r]`, times its gain."""

    @abstractmethod
    def _raw(self, ws: Array, noise: list[Array]) -> Array:
        """Raw output `[1, C, H, W]` of the same, unbent."""


def settings_by_layer(settings: Sequence[BendSetting], topology: frozenset[int]) -> dict[int, tuple[BendSetting, ...]]:
    """The bends of each layer of the topology, in order; an empty tuple where there is none."""
    return {layer: tuple(s for s in settings if s.layer == layer) for layer in sorted(topology)}


class Grids:
    """The sampling grid of every layer of a topology, made anew only when its settings change.

    State: the last settings and grid of each layer.
    """

    def __init__(self) -> None:
        self._last: dict[int, tuple[tuple[BendSetting, ...], Array]] = {}

    def get(self, layer: int, settings: tuple[BendSetting, ...]) -> tuple[Array, bool]:
        """(grid `[r, r, 2]`, whether it is new)."""
        last = self._last.get(layer)
        if last is not None and last[0] == settings:
            return last[1], False
        made = bending.grid(layer, settings)
        self._last[layer] = (settings, made)
        return made, True


def pack_rgba(img: Array) -> NDArray[np.uint8]:
    """Pixels `[H, W, 4]` of raw output `[1, C, H, W]`: -1 is 0, 1 is 255, alpha 255; grey becomes three channels."""
    with np.errstate(over="ignore", invalid="ignore"):  # a generator may draw what is no number
        levels = np.clip(np.floor(img[0] * np.float32(127.5) + np.float32(128.0)), 0, 255).astype(np.uint8)  # [C, H, W]
    pixels = np.full((*img.shape[2:], 4), 255, np.uint8)
    pixels[..., :3] = levels.transpose(1, 2, 0)
    return pixels
