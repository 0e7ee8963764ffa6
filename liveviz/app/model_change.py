"""Another generator in the middle of a show: it is read, checked and compiled beside the one that plays, comes in at the
next beat with a crossfade, and stays out, with one line, if anything about it is wrong."""

import logging
import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from liveviz import engine, models
from liveviz.app import paths
from liveviz.app.options import ShowOptions
from liveviz.spec import ImageFrame, LivevizError, ParameterFrame

FADE_S = 0.8
BEAT_WITHIN_S = 2.0  # where no beat comes, it comes in without one
BETWEEN = (0.25, 0.5, 0.75)  # where two generators are of one family, they turn into one another through these mixtures
_QUIET = 15  # how nice the preparing process is

_log = logging.getLogger("liveviz.app")

Shape = tuple[tuple[int, int], str]  # of the canvas, and how a generator's picture takes it


@dataclass(frozen=True)
class Opened:
    """One generator (None for `testcard`) and the engine that plays it."""

    name: str
    generator: models.Generator | None
    engine: engine.Engine


class Opener:
    """Opens engines for one show.

    Args:
        backend: name, or auto. shape: of the canvas, None for the generators' own. mask: of the noise.
    """

    def __init__(self, backend: str, shape: Shape | None = None, mask: Any = None) -> None:
        self._backend, self._shape, self._mask = engine.choose(backend), shape, mask

    def open(self, name: str, bends: Any) -> Opened:
        """The generator of that name or path (any, for `testcard`); LivevizError where it cannot be had."""
        generator = None
        if self._backend != "testcard":
            generator = models.open_model(name, paths.model_folders(), paths.cache())
            if self._shape is not None:
                generator = models.widen(generator, *self._shape)
        return Opened(name, generator, self._engine(generator, bends))

    def between(self, a: Opened, b: Opened) -> list[engine.Engine]:
        """Engines on the way from one generator to another of its family; none between strangers."""
        if a.generator is None or b.generator is None or not engine.of_one_family(a.generator, b.generator):
            return []
        topology = b.engine.topology
        return [self._engine(engine.mix_weights(a.generator, b.generator, share), topology) for share in BETWEEN]

    def _engine(self, generator: models.Generator | None, bends: Any) -> engine.Engine:
        return engine.Engine(self._backend, generator, cache=paths.cache(), bends=bends, noise_mask=self._mask)


def prepare(name: str, options: ShowOptions) -> None:
    """Compile a generator into the cache, in a process of its own that gives way to the show; LivevizError where it
    cannot be had."""
    words = ["model", "compile", name, "--backend", options.backend, "--mapping", str(options.mapping)]
    words += ["--size", f"{options.size[0]}x{options.size[1]}", "--wide", options.wide]
    started = subprocess.Popen(
        [sys.executable, "-m", "liveviz", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, started.pid, _QUIET)
    said = started.communicate()[1].strip()
    if started.returncode != 0:
        raise LivevizError(said.splitlines()[-1].removeprefix("liveviz: error: ") if said else "cannot be compiled")


class Playing:
    """The engine that plays, and the one that comes.

    Args:
        name: of the first generator. bends: topology to begin with. fits: whether pictures of that size can be shown.
        opener: opens them. prepare: does whatever takes long, elsewhere.
    Raises:
        LivevizError: the first one cannot be had, or its pictures are too large.
    State: the name asked for last, at most one engine that is being made or fades in; `mistake`, why the last one asked
        for does not play, or nothing.
    """

    def __init__(
        self,
        name: str,
        bends: Any,
        fits: Callable[[tuple[int, int]], bool],
        opener: Opener,
        prepare: Callable[[str], None],
    ) -> None:
        self._opener, self._prepare, self._fits = opener, prepare, fits
        self._now = self._open(name, bends)
        self.mistake = ""
        self._asked = name
        self._maker: threading.Thread | None = None
        self._next: Opened | None = None
        self._way: list[engine.Engine] = []  # engines between the two
        self._since: tuple[float, float] | None = None  # time and beats when the next one was there
        self._fading: float | None = None  # when the fade began

    @property
    def name(self) -> str:
        """What plays."""
        return self._now.name

    @property
    def engine(self) -> engine.Engine:
        """What plays it."""
        return self._now.engine

    def ask(self, name: str) -> None:
        """Play that generator as soon as it is ready; what was asked for before and is not there yet is forgotten."""
        self._asked, self.mistake = name, ""

    def render(self, frame: ParameterFrame) -> ImageFrame:
        """The picture of `frame`, of the one generator, of the next one, or between the two."""
        self._make()
        coming = self._next
        if coming is not None and coming.name != self._asked and self._fading is None:
            self._forget()
            coming = None
        share = self._share(frame) if coming is not None else 0.0
        if coming is None or share <= 0.0:
            return self._now.engine.render(frame)
        if share < 1.0:
            return self._mixed(coming, frame, share)
        self._now.engine.close()
        self._now, self._next = coming, None
        self._forget()
        _log.info("model %s plays", self.name)
        return self._now.engine.render(frame)

    def close(self) -> None:
        """Give everything back."""
        if self._maker is not None:
            self._maker.join()
        self._forget()
        self._now.engine.close()

    def _mixed(self, coming: Opened, frame: ParameterFrame, share: float) -> ImageFrame:
        if self._way:
            return engine.Crossfade([self._now.engine, *self._way, coming.engine]).render(frame, share)
        return engine.mix(self._now.engine.render(frame), coming.engine.render(frame), share)

    def _share(self, frame: ParameterFrame) -> float:
        """How much of the next one is seen: it waits for a beat, and fades."""
        if self._since is None:
            self._since = frame.time, frame.beats
        if self._fading is None:
            beat = math.floor(frame.beats) > math.floor(self._since[1])
            if not beat and frame.time - self._since[0] < BEAT_WITHIN_S:
                return 0.0
            self._fading = frame.time
        x = min(max((frame.time - self._fading) / FADE_S, 0.0), 1.0)
        return x * x * (3.0 - 2.0 * x)

    def _make(self) -> None:
        """Begin to make what is asked for, where nothing is being made."""
        busy = self._next is not None or (self._maker is not None and self._maker.is_alive())
        if busy or self.mistake or self._asked == self.name:
            return
        self._maker = threading.Thread(
            target=self._work, args=(self._asked, self.engine.topology), name="model-change", daemon=True
        )
        self._maker.start()

    def _work(self, name: str, bends: Any) -> None:
        try:
            self._prepare(name)
            made = self._open(name, bends)
            self._way = self._opener.between(self._now, made)
        except (LivevizError, OSError) as error:
            if name == self._asked:
                text = str(error)
                self.mistake = text if text.startswith("model ") else f"model {name}: {text}"
                _log.warning("%s; the show goes on as it was", self.mistake)
            return
        self._next = made  # last: from here on it may be played

    def _open(self, name: str, bends: Any) -> Opened:
        opened = self._opener.open(name, bends)
        if not self._fits(opened.engine.size):
            width, height = opened.engine.size
            opened.engine.close()
            raise LivevizError(
                f"model {name}: pictures of {width}x{height} are too large for this show; start it with that"
            )
        return opened

    def _forget(self) -> None:
        for one in (*self._way, *([self._next.engine] if self._next is not None else [])):
            one.close()
        self._way, self._next = [], None
        self._since = self._fading = None
