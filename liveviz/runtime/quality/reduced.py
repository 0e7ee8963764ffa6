"""The generator that plays, drawn with less: by its lighter twin, or without its last level. What is asked for is opened in
a thread of its own and comes in when it has drawn once; until then all goes on as before. Nothing fades: the stage mixes
neighbouring images anyway, and the two differ in softness only."""

import logging
from dataclasses import dataclass

from liveviz.engine import Engine
from liveviz.engine.building import Workshop, reason, warm
from liveviz.runtime.open_generator import Opened, Opener
from liveviz.spec import LivevizError, ParameterFrame

_log = logging.getLogger("liveviz.runtime")


@dataclass(frozen=True, slots=True)
class Reduction:
    """What the engine gives up. light: the lighter generator draws. small: its last level is left out."""

    light: bool = False
    small: bool = False


NOT_REDUCED = Reduction()


class Reduced:
    """Engines that stand for one generator.

    Args:
        opener: opens them.
    State: what is asked for, and what was drawn last; the engines that were opened for the present generator; the thread
    that opens one; engines that wait to be closed.
    """

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._of: Opened | None = None
        self._wanted = self._drawn = NOT_REDUCED
        self._made: dict[Reduction, Engine | None] = {}  # None: there is no such thing
        self._workshop: Workshop[Engine] = Workshop("reduce", background=False)

    def ask(self, wanted: Reduction) -> None:
        """Draw so from the next image on, or as soon as it can be."""
        self._wanted = wanted

    def engine(self, whole: Opened, frame: ParameterFrame) -> Engine:
        """The engine that draws `whole` now: as asked for where that is there, else as before."""
        self._stand_for(whole)
        if self._wanted != NOT_REDUCED and self._wanted not in self._made:
            self._make(whole, self._wanted, frame)
        else:
            self._drawn = self._wanted
        return self._made.get(self._drawn) or whole.engine

    def prepare(self, whole: Opened, wanted: Reduction, frame: ParameterFrame) -> None:
        """Open one that may be asked for, in the calling thread."""
        self._stand_for(whole)
        if wanted != NOT_REDUCED and wanted not in self._made:
            self._open(whole, wanted, frame)

    def _stand_for(self, whole: Opened) -> None:
        if whole is not self._of:
            self._forget()
            self._of = whole

    @property
    def engines(self) -> list[Engine]:
        """All that are open, besides the whole one."""
        return [one for one in self._made.values() if one is not None]

    def rest(self) -> None:
        """Close one that is not needed any more, between two images."""
        self._workshop.rest()

    def close(self) -> None:
        """Give everything back."""
        self._workshop.finish()
        self._forget()
        self._workshop.close()

    def _forget(self) -> None:
        self._workshop.retire(*self.engines)
        self._made, self._drawn = {}, NOT_REDUCED

    def _make(self, whole: Opened, wanted: Reduction, frame: ParameterFrame) -> None:
        if not self._workshop.busy:
            self._workshop.start(self._open, whole, wanted, frame)

    def _open(self, whole: Opened, wanted: Reduction, frame: ParameterFrame) -> None:
        """Open it and draw once; where that fails, one line says why and the whole one goes on."""
        made: Engine | None = None
        try:
            opened = self._opener.reduced(whole, wanted.light, wanted.small)
            if opened is not None:
                made = opened.engine
                warm(made, frame)
        except (LivevizError, RuntimeError, MemoryError) as error:  # the last two: a library that has no room
            _log.warning("model %s cannot be drawn with less: %s", whole.name, reason(error))
        if self._of is whole:
            self._made[wanted] = made
        elif made is not None:
            self._workshop.retire(made)
