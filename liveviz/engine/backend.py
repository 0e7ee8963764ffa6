"""The contract of a backend, and the part that all network backends share: from a ParameterFrame to the four things a
network needs (ws, noise, bends, and where the image goes), so that a backend file holds its own arithmetic
only and all of them show the same image."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from liveviz import bending, fields
from liveviz.engine import families
from liveviz.engine.device_image import DeviceImage
from liveviz.engine.noise import NoiseFields
from liveviz.models import Directions, Generator
from liveviz.models import families as generators
from liveviz.models.palette import Palette
from liveviz.spec import ImageFrame, LivevizError, ParameterFrame, UsageError
from liveviz.spec.levels import Rounding, to_bytes

NOISE_MODES = ("const", "none", "random")

Array = NDArray[np.float32]
Pixels = NDArray[Any]  # as in an ImageFrame


class Backend(ABC):
    """One opened engine.

    name: file name. device: in words. precision: f32, f16 or bf16. size: (width, height) of the image.
    topology: the stages that this one was built with: which bends it can do.
    on_device: whether it can leave its images on the GPU: whether it has `draw`.
    One thread at a time may call it.
    """

    name: ClassVar[str]
    device: str = "CPU"
    precision: str = "f32"
    size: tuple[int, int]
    topology: bending.Topology = frozenset()
    on_device = False

    @abstractmethod
    def render(self, frame: ParameterFrame) -> ImageFrame:
        """One image; its pixels are its own, no later frame touches them. Bends that need a stage outside the
        topology are left out."""

    def draw(self, frame: ParameterFrame) -> DeviceImage:
        """The image that `render` makes, left on the GPU; not asked for where `on_device` is False."""
        raise NotImplementedError

    @abstractmethod
    def synthesize(self, ws: Array, noise_mode: str = "const", seed: int = 0) -> Array:
        """Raw network output of ws.

        Args:
            ws: float32 `[n, num_ws, w_dim]`.
            noise_mode: const (the fields in the file), none, random (fields of `seed`, the same on every backend).
        Returns:
            float32 `[n, img_channels, H, W]`, about ±1.
        """

    def images(self, ws: Array, noise_mode: str = "const", seed: int = 0, size: tuple[int, int] | None = None) -> Array:
        """Images of ws, with their colours: float32 `[n, 1 or 3, H, W]`, about ±1; arguments as in `synthesize`.

        Args:
            size: (width, height) that an image of fields is painted at; None: its own. Others have one size.
        """
        return self.synthesize(ws, noise_mode, seed)

    def image_frames(self, ws: Array, noise_mode: str = "const", seed: int = 0) -> list[ImageFrame]:
        """Images of ws as `render` makes them; arguments as in `synthesize`. LivevizError where there is no network."""
        raise LivevizError(f"backend {self.name}: has no network, so it makes no stills")

    def ws(self, z: Array, c: Array | None, psi: float = 1.0) -> Array:
        """ws `[n, num_ws, w_dim]` of z `[n, z_dim]` and c `[n, classes]` (None without classes), truncated on every row.

        Raises: LivevizError where there is no network.
        """
        raise LivevizError(f"backend {self.name}: has no network, so it makes no stills")

    def lacks(self, stages: bending.Topology) -> bool:
        """Whether another one must be built before all of these are done."""
        return not stages <= self.topology

    def mask_noise(self, image: Array | None) -> None:  # noqa: B027 - a test card has no noise
        """Hold the noise back where `image` `[H, W]`, 0 to 1, is dark, as far as `noise_mask` says; None: nowhere."""

    def use_directions(self, directions: Directions) -> None:  # noqa: B027 - a test card has no latents
        """Let the knobs push along these, from the next image on."""

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Give back what the backend holds; it is not called again."""


class NetworkBackend(Backend):
    """A backend that runs a generator: subclasses say how to make pixels and raw output.

    State: the noise fields of the last phase, the cache of w.
    """

    def __init__(self, generator: Generator, topology: bending.Topology, noise_gains: Sequence[float]) -> None:
        config = generator.config
        self.generator = generator
        self.size = (config.width, config.height)
        self.topology = topology
        self.family = families.of(config)
        self.latents = self.family.latents(generator)
        self.noise = NoiseFields(config.noises, noise_gains)
        self._noise_const = generators.of(config).stored_noise(generator)
        self.bends = bending.Bends(topology, self.family.layers(config))
        self._palette = Palette(generator) if config.draws_fields else None

    def render(self, frame: ParameterFrame) -> ImageFrame:
        ws = self.latents.ws(frame)  # [1, num_ws, w_dim]
        noise = self.noise.frame(frame)
        where = self.family.view(self.generator.config, frame)
        pixels = self._pixels(ws, noise, where, self.bends.step(frame))
        return self._image(pixels, frame, ws)

    def _image(self, pixels: Pixels, frame: ParameterFrame, ws: Array) -> ImageFrame:
        """What was drawn of a frame, with the palette of its ws `[1, num_ws, w_dim]` where it has no colours yet."""
        palette = None if self._palette is None else self._palette(ws)[0]
        about = (frame.sequence, frame.time, frame.signal_time, frame.signal_sequence)
        return ImageFrame(pixels, *about, palette)

    def ws(self, z: Array, c: Array | None, psi: float = 1.0) -> Array:
        mapping = self.latents.mapping
        return mapping.ws(mapping(z, c), psi)

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
        if not len(ws):
            return np.zeros((0, config.img_channels, config.height, config.width), np.float32)
        return self._raw_batch(ws, noise)

    def images(self, ws: Array, noise_mode: str = "const", seed: int = 0, size: tuple[int, int] | None = None) -> Array:
        raw = self.synthesize(ws, noise_mode, seed)
        if self._palette is None or not len(raw):
            return raw
        both = zip(raw, self._palette(np.asarray(ws, np.float32)), strict=True)
        return np.stack([fields.colours(fields.pack(one), palette, size or self.size) for one, palette in both]) * 2 - 1

    def image_frames(self, ws: Array, noise_mode: str = "const", seed: int = 0) -> list[ImageFrame]:
        """Images of ws as `render` makes them; arguments as in `synthesize`."""
        raw = self.synthesize(ws, noise_mode, seed)
        palettes = [None] * len(raw) if self._palette is None else list(self._palette(np.asarray(ws, np.float32)))
        return [ImageFrame(pack(raw[n : n + 1]), n, palette=palette) for n, palette in enumerate(palettes)]

    def mask_noise(self, image: Array | None) -> None:
        self.noise.mask(image)

    def use_directions(self, directions: Directions) -> None:
        self.latents.use(directions)

    def _raw_batch(self, ws: Array, noise: list[Array]) -> Array:
        """Raw output `[n, C, H, W]` of at least one ws, one by one unless a backend does it otherwise."""
        return np.concatenate([self._raw(ws[n : n + 1], noise) for n in range(len(ws))])

    def _pixels(self, ws: Array, noise: list[Array], view: Array | None, moved: bending.Moved) -> Pixels:
        """Pixels as in an ImageFrame; not asked for where a backend brings its own `render`.

        Args:
            ws: `[1, num_ws, w_dim]`. noise: `[1, 1, h, w]` per convolution, times its gain.
            view: `[3, 3]`, where the image is taken from, where the family has a view; None for the file's own.
            moved: the bends: inputs that are not what they were, and what is multiplied into the styles.
        """
        raise NotImplementedError

    @abstractmethod
    def _raw(self, ws: Array, noise: list[Array]) -> Array:
        """Raw output `[1, C, H, W]` of the same, unbent, from the file's own view."""


def pack(img: Array) -> Pixels:
    """Pixels as in an ImageFrame of raw output `[1, C, H, W]`."""
    return fields.pack(img[0]) if img.shape[1] == fields.COUNT else pack_rgba(img)


def pack_rgba(img: Array) -> NDArray[np.uint8]:
    """Pixels `[H, W, 4]` of raw output `[1, C, H, W]`: -1 is 0, 1 is 255, alpha 255; grey becomes three channels."""
    levels = to_bytes(img[0], Rounding.UP)  # [C, H, W]
    pixels = np.full((*img.shape[2:], 4), 255, np.uint8)
    pixels[..., :3] = levels.transpose(1, 2, 0)
    return pixels
