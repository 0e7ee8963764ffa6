"""Opening a generator for a show: the file is read and widened to the canvas, its engine compiled or taken from the cache
folder, with the engines between it and the one before where the two are of one family."""

import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liveviz import bending, engine, models
from liveviz.engine import Engine
from liveviz.runtime import paths
from liveviz.spec import LivevizError
from liveviz.system import copying

_log = logging.getLogger("liveviz.runtime")

_SQUARE_TO = 1.75  # the shape of `wide`: half-way to it, as shapes go, a canvas is no longer nearly square
# Where two generators are of one family, they turn into one another through these mixtures
MIXTURE_RATIOS = 0.25, 0.5, 0.75

Shape = tuple[tuple[int, int], str]  # of the canvas, and how a generator's image takes it
Told = Callable[[int, int], None]  # (how many parts are compiled, of how many)
# (name, the one that it comes after, or None, bends, whether it is still wanted, whom to tell); raises LivevizError
Prepare = Callable[[str, str | None, bending.Topology, Callable[[], bool], Told], None]


def shipped_for(size: tuple[int, int]) -> str:
    """The generator of ours that fills a canvas of (width, height) with the least that is mirrored or left out."""
    return "wide" if size[0] * size[0] > _SQUARE_TO * size[1] * size[1] else "default"


def open_model(name: str) -> models.Generator:
    """The generator of that name or path; one that is still being copied is waited for.

    Raises: LivevizError in one line: it cannot be had.
    """
    found = models.list_models(paths.model_folders()).get(name, Path(name))
    return copying.whole(found, lambda: models.open_model(name, paths.model_folders(), paths.cache()))


@dataclass(frozen=True)
class Opened:
    """One generator (None for `testcard`) and the engine that plays it.

    name: as it was asked for. generator: as it is played, in the canvas's shape. costs: by (light, small) as for
    `Opener.reduced`, the products of an image so drawn, compared with the whole; only where there is such a thing.
    """

    name: str
    generator: models.Generator | None
    engine: Engine
    costs: Mapping[tuple[bool, bool], float] = field(default_factory=dict)


class Opener:
    """Opens engines for one show.

    Args:
        backend: name, or auto. shape: of the canvas, None for the generators' own. mask: of the noise; may be changed.
        prepare: does what takes long elsewhere, so that it lies in the cache folder; None where everything is made here.
    """

    def __init__(
        self, backend: str, shape: Shape | None = None, mask: Any = None, prepare: Prepare | None = None
    ) -> None:
        self._backend, self._shape, self.mask = engine.choose(backend), shape, mask
        kept = engine.compiles(self._backend) and paths.cache() is not None
        self._prepare = prepare if kept else None

    def prepare(
        self,
        name: str,
        before: str | None,
        bends: bending.Topology,
        wanted: Callable[[], bool],
        told: Told = lambda done, parts: None,
    ) -> None:
        """Have compiled what `open` and `between` are going to need; LivevizError where it cannot be had."""
        if self._prepare is not None:
            self._prepare(name, before, bends, wanted, told)

    def open(self, name: str, bends: Any) -> Opened:
        """The generator of that name or path (any, for `testcard`); LivevizError where it cannot be had."""
        generator = None
        if self._backend != "testcard":
            generator = self._shaped(open_model(name))
        made = self._engine(generator, bends, functools.partial(self.prepare, name, None))
        return Opened(name, generator, made, self._costs(generator))

    def reduced(self, whole: Opened, light: bool, small: bool) -> Opened | None:
        """What draws `whole` at less cost, with the same bends: by its lighter twin, or without its last level, or both;
        None where it has no such thing. LivevizError where what its card names cannot be had."""
        generator = self._reduced(whole.generator, light, small)
        if generator is None:
            return None
        return Opened(whole.name, generator, self._engine(generator, whole.engine.topology))

    def _reduced(self, generator: models.Generator | None, light: bool, small: bool) -> models.Generator | None:
        """The generator of `reduced`."""
        if generator is not None and light:
            twin = models.lighter(generator, paths.model_folders())
            generator = None if twin is None else self._shaped(twin)
        return models.without_last_level(generator) if generator is not None and small else generator

    def _costs(self, generator: models.Generator | None) -> dict[tuple[bool, bool], float]:
        """`Opened.costs`; where what a card names cannot be had, one line says so."""
        found, whole = {}, 0.0
        for light, small in ((True, False), (False, True), (True, True)):
            try:
                reduced = self._reduced(generator, light, small)
            except LivevizError as error:
                _log.warning("%s", error)
                continue
            if generator is not None and reduced is not None:
                whole = whole or engine.products(generator)
                found[light, small] = engine.products(reduced) / whole
        return found

    def _shaped(self, generator: models.Generator) -> models.Generator:
        return generator if self._shape is None else models.widen(generator, *self._shape)

    def between(self, a: Opened, b: Opened) -> list[Engine]:
        """Engines on the way from one generator to another of its family; none between unrelated ones."""
        if a.generator is None or b.generator is None:
            return []
        topology = b.engine.topology
        return [self._engine(generator, topology) for generator in mixtures(a.generator, b.generator)]

    def _engine(self, generator: models.Generator | None, bends: Any, ahead: Any = None) -> Engine:
        return Engine(self._backend, generator, cache=paths.cache(), bends=bends, noise_mask=self.mask, ahead=ahead)


def mixtures(a: models.Generator, b: models.Generator) -> list[models.Generator]:
    """The generators that a show goes through from a to b; none where they are not of one family."""
    if not engine.of_one_family(a, b):
        return []
    return [engine.mix_weights(a, b, share) for share in MIXTURE_RATIOS]
