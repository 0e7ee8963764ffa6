"""What a family of generators is: the networks that share a way from z to an image, and the files that they come in. A
family is a folder of this room with a `family.py` whose `FAMILY` is one `Family`; how an engine draws with it is the other
half, `engine/<family>/family.py`. `models/_template` and `engine/_template` are the two halves of a small one, to be copied.

Everything here speaks of rows of style: an image is made of `ws` `[n, num_ws, w_dim]`, and each row decides the detail of
one resolution. In a StyleGAN these are the rows of w+; in a network without a mapping network they are whatever each of its
blocks takes in (its part of z, its class), one row a block, and `truncation_psi` is what scales it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from liveviz.models.sizes import Array, Config

if TYPE_CHECKING:
    from torch import Tensor

    from liveviz.models.generator import Generator
    from liveviz.models.importing.opened import Opened
    from liveviz.models.importing.state import State
    from liveviz.models.latents import LatentMapping

    Bend = Callable[[Tensor], Tensor]  # activations [n, C, h, w] to activations of that shape

Read = tuple[str, "Config", dict[str, Array]]  # kind of file, in words; sizes; weights, those of `Config.shapes`


class Reference(Protocol):
    """The network in torch as its paper has it, on the CPU, without gradients: slow, and what all engines are compared
    with."""

    def ws(self, z: Tensor, c: Tensor | None, psi: float) -> Tensor:
        """ws `[n, num_ws, w_dim]` of z `[n, z_dim]` and c `[n, classes]` (None without), truncated on every row."""

    def draw(
        self,
        ws: Tensor,
        noise: Sequence[Tensor] | None = None,
        view: Tensor | None = None,
        bends: Mapping[int, Bend] | None = None,
        filters: Mapping[int, Sequence[Tensor]] | None = None,
    ) -> Tensor:
        """Images float32 `[n, img_channels, height, width]`, about ±1, of ws `[n, num_ws, w_dim]`.

        Args:
            noise: one field `[1, 1, h, w]` per place of `Config.noises`, before its strength; None: the file's own.
            view: `[3, 3]`, where the image is taken from, of a config with a `plane`; None: the file's own.
            bends: by layer, what becomes of its activations before anything reads them.
            filters: by layer, a factor `[C]` for every filter of each of its convolutions.
        """


class Family(Protocol):
    """One family; to be subclassed, so that what most families do alike need not be written again.

    networks: what its networks are called, with an article, for messages.
    playable: which files of other programs it reads, in words.
    anchors: the kinds of network that it finds in a table of tensors: by their names, one tensor that only they have.
    """

    networks: tuple[str, ...] = ()
    playable: str = ""
    anchors: Mapping[str, str] = {}

    @abstractmethod
    def config(self, values: Mapping[str, object]) -> Config:
        """The config of `Config.as_dict`, read from a file that may be hostile; LivevizError for any field that is missing,
        unknown or out of range."""

    @abstractmethod
    def examples(self) -> tuple[Config, ...]:
        """Small configs, at least one of every architecture, which tests draw with in a moment."""

    @abstractmethod
    def new(self, config: Any, seed: int = 0) -> Generator:
        """A generator with random weights that are worth looking at; the same for the same seed, 0 to 2**32 - 1."""

    @abstractmethod
    def mapping(self, generator: Generator) -> LatentMapping:
        """The way from z to rows of style."""

    @abstractmethod
    def reference(self, generator: Generator, precision: str = "f32") -> Reference:
        """The network in torch, in one of `precisions`."""

    def precisions(self, config: Any) -> tuple[str, ...]:
        """What the reference network can be run in, that of the file's own images first: f32, f16."""
        return ("f32",)

    def as_trained(self, generator: Generator) -> Generator:
        """The generator told to run in half precision where its training did so as a rule, for benchmarks."""
        return generator

    def stored_noise(self, generator: Generator) -> list[Array]:
        """The fields `[h, w]` of `Config.noises` that the file holds; nothing where there is no noise."""
        return []

    def style_matrices(self, generator: Generator) -> Iterable[tuple[int, Array]]:
        """(row of style, matrix `[k, w_dim]` that reads it) of every layer: what SeFa finds directions in; unscaled."""
        return []

    def decides_directions(self, weight: str) -> bool:
        """Whether directions in w depend on the weight of that name: what makes w, and what reads it."""
        return True

    def widen(self, generator: Generator, size: tuple[int, int], how: str) -> Generator:
        """The generator with an image of nearly the shape of `size` (width, height); itself where it cannot be so.

        Args:
            how: mirror or extend, as `models.widen` has it.
        """
        return generator

    def without_last_level(self, generator: Generator) -> Generator | None:
        """The generator that stops one level early, of the same z, classes and first rows of style; None: it cannot."""
        return None

    def read_pickle(self, opened: Opened) -> Read | None:
        """The generator in a pickle of modules; None where it is no network of this family.

        Raises: LivevizError in one line that names the file, where it is one and cannot be played.
        """
        return None

    def read_state(self, opened: Opened, state: State) -> Read:
        """The network in a table of tensors that has one of `anchors`; raises as `read_pickle`."""
        raise opened.source.fail(f"is a {state.kind}, which cannot be read")
