"""What the sizes of a generator answer, whatever family it is of, and how they stand in a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Shapes = dict[str, tuple[int, ...]]
DEFAULT_FAMILY = "stylegan"  # the family of a file that does not say
FAMILY_FIELD = "family"


@dataclass(frozen=True, slots=True)
class NoisePlace:
    """Where noise comes in: behind which convolution, of which layer (as bends call it), and how large its field is."""

    name: str
    layer: int
    height: int
    width: int


class Config(Protocol):
    """The sizes of one generator. A frozen dataclass as a rule; equal configs have equal layers.

    family: name of its folder in `models` and in `engine`.
    Raises: LivevizError, when it is made, that names the field and what is allowed.
    """

    family: ClassVar[str]

    @property
    def architecture(self) -> str:
        """Which of the family's networks, in a word that people read."""

    @property
    def z_dim(self) -> int:
        """Numbers of z, which is normally distributed, mean 0 and variance 1."""

    @property
    def w_dim(self) -> int:
        """Numbers of one row of style."""

    @property
    def classes(self) -> int:
        """How many classes there are, of which c `[n, classes]` is a mixture (sum 1); 0 where there are none."""

    @property
    def img_channels(self) -> int:
        """1 (grey), 3 (colour) or, where the image is one of fields, their number."""

    @property
    def draws_fields(self) -> bool:
        """Whether its image is one of fields (`liveviz.fields`), which become colour where they are shown, by a palette that
        is read from ws."""

    @property
    def width(self) -> int:
        """Columns of the image, pixels."""

    @property
    def height(self) -> int:
        """Rows of the image, pixels."""

    @property
    def num_ws(self) -> int:
        """How many rows of style an image is made of; at most 64."""

    @property
    def ws_resolutions(self) -> tuple[int, ...]:
        """For every row of style, the resolution whose detail it decides (4, 8, 16 ... pixels), never falling: coarse,
        middle and fine (`spec.layer_range`) follow from it."""

    @property
    def layers(self) -> dict[int, tuple[int, int, int]]:
        """(channels, height, width) of the activations that a bend can reach, by the layer's name in mapping files: about
        as many pixels as it has, coarse first. Empty where none can be reached."""

    @property
    def noises(self) -> tuple[NoisePlace, ...]:
        """Every noise field, in the order in which the network adds them; empty where it adds none."""

    @property
    def plane(self) -> bool:
        """Whether its image is a window on a plane without end, which view.zoom, view.rotate, view.x and view.y move."""

    @property
    def parameters(self) -> int:
        """How many numbers the weights are."""

    def shapes(self) -> Shapes:
        """Name and shape of every weight, in the order of the file; all float32."""

    def as_dict(self) -> dict[str, Any]:
        """What makes this config again, as plain JSON; the same for equal configs, whatever version writes it."""


def table_of(config: Config) -> Mapping[str, object]:
    """What `config_of` makes the config of again."""
    said = {} if config.family == DEFAULT_FAMILY else {FAMILY_FIELD: config.family}
    return {**said, **config.as_dict()}
