"""The engine's half of a family of generators: how one is drawn in the steps that every backend brings (`operations`), and
what of a ParameterFrame its image listens to. It is a folder of this room with a `family.py` whose `FAMILY` is one
`Family`; its name is that of the folder in `models` with the other half.

A network is constants and one packed vector of numbers, the *style vector*, that is made again for each frame from the rows of
style: backends compile the constants, and a frame costs its style vector, its noise and what its bends take in.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from liveviz import bending
from liveviz.engine.latents import Latents
from liveviz.engine.operations import Conv, NetworkOperations, Noise
from liveviz.models import Config, Generator
from liveviz.spec import ParameterFrame
from liveviz.spec.parameters import PCA_KNOBS

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float32]
Part = tuple[slice, tuple[int, ...]]  # where in the style vector, and the shape of what it multiplies or is

# What an image may listen to, and the parameters of each; `latents` (seeds, classes, weights), `rows` and `bends` are lists
# of a frame's own.
LISTENED_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "latents": (),
    "classes": (),
    "rows": (),
    "bends": (),
    "truncation": ("truncation_psi", "truncation_cutoff"),
    "directions": tuple(f"pca.{n}" for n in range(PCA_KNOBS)),
    "noise": ("noise_strength.coarse", "noise_strength.middle", "noise_strength.fine", "noise_mask"),
    "view": ("view.zoom", "view.rotate", "view.x", "view.y"),
}


@dataclass(frozen=True, slots=True)
class Hints:
    """What was measured of a family's networks, for backends to choose by.

    slow_in_bf16: filters of its kind take several times as long in bf16 on a CPU, so f32 is taken unless asked otherwise.
    draws_in_f32: in a bf16 graph, the step that draws must stay in f32.
    """

    slow_in_bf16: bool = False
    draws_in_f32: bool = False


class DeviceStyles(Protocol):
    """The style vector made where the network runs, in torch.

    size: how many float32 numbers a frame sends for it.
    """

    size: int

    def put(self, into: Array, ws: Array, view: Array | None) -> None:
        """Write what a frame sends: into `[size]`, of ws `[1, num_ws, w_dim]` and the view `[3, 3]` or None."""

    def __call__(self, sent: "Tensor") -> "Tensor":
        """The style vector float32 `[1, style_size]` of what was sent, `[size]`, on the device."""


class WholeStyles:
    """The style vector made on the host, and sent whole."""

    def __init__(self, network: "Network") -> None:
        self._network, self.size = network, network.style_size

    def put(self, into: Array, ws: Array, view: Array | None) -> None:
        into[:] = self._network.styles(ws, view)[0]

    def __call__(self, sent: "Tensor") -> "Tensor":
        return sent[None]


class Network(ABC):
    """One generator as constants, for every backend alike. Sums that are made here are float32.

    config: its sizes. noises: the noise fields, as `Config.noises` has them. style_size: length of the style vector.
    readers: by layer, which parts of it (`[channels]` each) multiply that layer's activations wherever they are read: a gain
        is multiplied into these. writers: by layer, which parts (`[filters]` each) multiply the results of its convolutions, in
        order: a rewritten filter is.
    """

    config: Config
    noises: list[Noise]
    style_size: int
    readers: Mapping[int, list[slice]]
    writers: Mapping[int, list[slice]]

    def __init__(self) -> None:
        self._coloured: dict[tuple[str, int], Conv] = {}

    @abstractmethod
    def parts(self) -> list[Part]:
        """All of the style vector as a backend takes it in: parts that do not overlap, each with the shape `[1, C, 1, 1]` of
        what it multiplies, or `[1, n]`. `Conv.s`, `Conv.d` and `NetworkOperations.fourier` name them by where they start."""

    @abstractmethod
    def styles(self, ws: Array, view: Array | None = None) -> Array:
        """The style vectors float32 `[n, style_size]` of ws `[n, num_ws, w_dim]`.

        Args:
            view: `[3, 3]`, where the image is taken from, of a config with a `plane`; None: the file's own.
        """

    @abstractmethod
    def build(self, o: NetworkOperations, colours: int) -> Any:
        """The network in a backend's operations.

        Args:
            colours: channels of the result: img_channels for the raw image; 4 for one that is to be packed: grey
                three times, and a fourth channel that is 0.
        Returns: the image `[1, colours, H, W]`, about ±1.
        """

    def coloured(self, conv: Conv, colours: int) -> Conv:
        """A convolution that draws, with `colours` outputs; the same object every time.

        A grey generator fills all three colours; a fourth channel is zero all the way, and becomes alpha when packed.
        """
        key = (conv.name, colours)
        if key not in self._coloured:
            weight = np.zeros((colours, *conv.weight.shape[1:]), np.float32)
            bias, filled = np.zeros(colours, np.float32), colours if colours == len(conv.bias) else min(colours, 3)
            weight[:filled], bias[:filled] = conv.weight, conv.bias
            self._coloured[key] = replace(conv, weight=weight, bias=bias)
        return self._coloured[key]

    def factors(self, moved: bending.Moved) -> Array | None:
        """What the style vector is multiplied by for the bends of a frame that need no stage, float32 `[style_size]`; None
        where that changes nothing."""
        if not moved.gains and not moved.filters:
            return None
        made = np.ones(self.style_size, np.float32)
        for layer, gains in moved.gains.items():
            for part in self.readers[layer]:
                made[part] *= gains
        for layer, filters in moved.filters.items():
            for part, factor in zip(self.writers.get(layer, []), filters, strict=True):
                made[part] *= factor
        return made


class Family(Protocol):
    """One family; to be subclassed, so that what most families do alike need not be written again."""

    @abstractmethod
    def network(self, generator: Generator) -> Network:
        """A generator as constants. LivevizError where one of them is too large for float32."""

    @abstractmethod
    def layers(self, config: Any) -> dict[int, bending.LayerShape]:
        """Every layer that a bend can reach, those of `Config.layers`."""

    @abstractmethod
    def listens(self, config: Any) -> frozenset[str]:
        """Which of `LISTENED_PARAMETERS` change an image. `classes` where there are some; `noise` where the config
        has noises, `view` where it has a plane, `bends` where it has layers."""

    def latents(self, generator: Generator) -> Latents:
        """The way from a frame to ws."""
        return Latents(generator)

    def view(self, config: Any, frame: ParameterFrame) -> Array | None:
        """`[3, 3]`: from image coordinates to where the image is taken from; None at rest, and where it cannot move."""
        return None

    def device_styles(self, network: Any, device: str) -> DeviceStyles:
        """The way to the style vector of one of its networks on a torch device."""
        return WholeStyles(network)

    def hints(self, config: Any) -> Hints:
        """What backends should know of such a network."""
        return Hints()
