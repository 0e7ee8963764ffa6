"""Which generator the performer wants: by name over OSC, by keys that turn the pages, or by a mapping file that names
another one. Over OSC only bundles that liveviz lists can be asked for, since whoever can send it must not make it open
files; a mapping file is the performer's own, and may name any file that the start takes."""

import difflib
import logging
import math

from liveviz import models
from liveviz.runtime import paths
from liveviz.runtime.ipc.links import Links
from liveviz.system.clock import now

_SHOWN_S = 10.0  # how long a mistake stays in the overlay
_TELL_EVERY = 1.0  # seconds: who sends wrong names at any rate does not fill the log

_log = logging.getLogger("liveviz.runtime")


class ModelChoice:
    """The names there are, and the one asked for.

    Args:
        first: name or path of the show's first generator. named: the one that the mapping file names, if any.
        plain: the one that plays where neither the command line nor a mapping names any.
    State: the name asked for last; `mistake`, why what was asked for last cannot be, or nothing; it goes after a while.
    """

    def __init__(self, first: str, named: str | None, plain: str, links: Links) -> None:
        self._first, self._named, self._links = first, named, links
        self._unnamed = plain if named == first else first  # where a mapping stops naming one
        asked = links.model.read()  # a stage that was started again
        self.name = asked[1].tobytes().decode() if asked is not None else first
        self._told = -math.inf
        self._mistake, self._mistaken_at = "", -math.inf

    @property
    def mistake(self) -> str:
        """One line for the overlay, or nothing."""
        return self._mistake if now() - self._mistaken_at < _SHOWN_S else ""

    def ask(self, name: str) -> None:
        """Play that bundle, or the first generator again; anything else is answered in the log."""
        known = models.list_models(paths.model_folders())
        if name != self._first and name not in known:
            near = difflib.get_close_matches(name, list(known), 1, 0.4)
            there = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            self._mistake, self._mistaken_at = f"no model {name!r:.40}: {there}", now()
            if now() - self._told > _TELL_EVERY:
                self._told = now()
                _log.warning("model %.50r: there is none of that name; there are %s", name, ", ".join(known))
            return
        self._play(name)

    def _play(self, name: str) -> None:
        self._mistake = ""
        engine = self._links.engine_status.read()
        failed = engine.model != name and bool(engine.mistake)  # the file may be there by now
        if name != self.name or failed:
            self.name = name
            self._links.model.write(name.encode())

    def turn(self, step: int) -> None:
        """The next bundle, or the one before."""
        names = list(dict.fromkeys([self._first, *models.list_models(paths.model_folders())]))
        at = names.index(self.name) if self.name in names else 0
        self.ask(names[(at + step) % len(names)])

    def follow(self, model: str | None) -> None:
        """A mapping file was saved that names `model` (a bundle, or any file), or none."""
        if model != self._named:
            self._play(model if model is not None else self._unnamed)
        elif model is not None and model == self.name:
            self._play(model)  # saved once more: where it could not be had, it is tried once more
        self._named = model
