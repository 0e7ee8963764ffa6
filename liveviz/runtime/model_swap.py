"""Another generator in the middle of a show: it is read, checked and compiled beside the one that plays, comes in at the
next beat with a crossfade, and stays out, with one line, if anything about it is wrong."""

import logging
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from liveviz import bending, engine, models
from liveviz.engine import Crossfade, DeviceImage, Engine
from liveviz.engine.building import Workshop, reason, warm
from liveviz.runtime.model_progress import Coming
from liveviz.runtime.open_generator import Opened, Opener
from liveviz.runtime.quality.reduced import Reduced, Reduction
from liveviz.spec import ImageFrame, LivevizError, ParameterFrame
from liveviz.system.clock import now

FADE_S = 0.8
BEAT_WITHIN_S = 2.0  # where no beat comes, it comes in without one
SETTLE_S = 0.15  # who pages through generators gets the one that he stops at
_WARM = 2  # images drawn before it is seen

_log = logging.getLogger("liveviz.runtime")

Image = TypeVar("Image", ImageFrame, DeviceImage)


class Playing:
    """The engine that plays, and the one that comes.

    Each generator has an engine of its own, which swaps its backends by itself (`engine.Engine`); here two generators are
    on the screen at once, in a fade that begins at a beat. What both share of building and closing is the `Workshop`.

    Args:
        name: of the first generator. bends: topology to begin with. fits: whether images of that size can be shown.
        opener: opens them.
        budget: seconds that drawing one image may take; where two engines take longer, they take turns in a fade.
    Raises:
        LivevizError: the first one cannot be had, or its images are too large.
    State: the name asked for last, at most one engine that is being made or fades in; `mistake`, why the last one asked
        for does not play, or nothing; `coming`, how far the next one is, or None; `drawing`, the engine that drew the last
        image, where not two did; what was prepared in this show; engines that wait to be closed.
    """

    def __init__(
        self,
        name: str,
        bends: Any,
        fits: Callable[[tuple[int, int]], bool],
        opener: Opener,
        budget: float = math.inf,
    ) -> None:
        self._opener, self._fits, self._budget = opener, fits, budget
        self._now = self._open(name, bends)
        self.mistake = ""
        self.coming: Coming | None = None
        self._asked, self._asked_at = name, -math.inf
        self._frame: ParameterFrame | None = None
        # what plays has drawn: its threads are there already, at full priority, and draw for the next one too
        self._workshop: Workshop[Engine] = Workshop("model-change")
        self._prepared: set[tuple[str, str, bending.Topology]] = set()
        self._reduced = Reduced(opener)
        self.drawing = self._now.engine
        self._next: Opened | None = None
        self._way: list[Engine] = []  # engines between the two
        self._since: tuple[float, float] | None = None  # time and beats when the next one was there
        self._fading: float | None = None  # when the fade began
        self._slow = False  # two engines in one frame are too much here
        self._drawn: dict[int, Any] = {}  # in a fade, by place: the last image of each engine
        self._count = 0

    @property
    def name(self) -> str:
        """What plays."""
        return self._now.name

    @property
    def engine(self) -> Engine:
        """What plays it."""
        return self._now.engine

    @property
    def changing(self) -> bool:
        """Whether two generators are drawn, on the way from one to the other."""
        return self._fading is not None

    @property
    def making(self) -> bool:
        """Whether another one is being made, for which `close` would wait."""
        return self._workshop.busy

    @property
    def generator(self) -> models.Generator | None:
        """What plays, as it was read; None for a test card."""
        return self._now.generator

    @property
    def on_device(self) -> bool:
        """Whether all that may draw the next image can leave it on the GPU."""
        return all(one.on_device for one in self._engines())

    def ask(self, name: str) -> None:
        """Play that generator as soon as it is ready; what was asked for before and is not there yet is forgotten."""
        self._asked, self._asked_at, self.mistake = name, now(), ""
        self.coming = None

    def reduce(self, wanted: Reduction) -> None:
        """Draw with less from here on; between two generators, both are drawn whole."""
        self._reduced.ask(wanted)

    def prepare(self, wanted: Reduction, frame: ParameterFrame) -> None:
        """Open what `reduce` may ask for, while nothing is played yet."""
        self._reduced.prepare(self._now, wanted, frame)

    def cost(self, wanted: Reduction) -> float | None:
        """Of an image so drawn, compared with the whole; None where this generator cannot be."""
        return self._now.costs.get((wanted.light, wanted.small))

    def mask_noise(self, image: Any) -> None:
        """Hold the noise back by another mask from here on. Any thread may call it while another one draws."""
        self._opener.mask = image
        for one in self._engines():
            one.mask_noise(image)

    def render(self, frame: ParameterFrame) -> ImageFrame:
        """The image of `frame`, of the one generator, of the next one, or between the two."""
        return self._image(frame, ImageFrame, lambda one: one.render(frame))

    def draw(self, frame: ParameterFrame) -> DeviceImage:
        """The same, left on the GPU; only where `on_device` is true."""
        return self._image(frame, DeviceImage, lambda one: one.draw(frame))

    def rest(self) -> None:
        """Give back something of what plays no more. To be called between two images: it takes as long as drawing one,
        and would make one late in the middle of it."""
        self._now.engine.rest()
        self._reduced.rest()
        self._workshop.rest(lambda one: not one.building)

    def close(self) -> None:
        """Give everything back."""
        self._workshop.finish()
        self._forget()
        self._reduced.close()
        self._workshop.close()
        self._now.engine.close()

    def _engines(self) -> list[Engine]:
        """The one that plays, whole and reduced; in a fade also those between and the one that comes."""
        coming = self._next  # read once: another thread sets it
        come = [coming.engine] if coming is not None else []
        return [self._now.engine, *self._reduced.engines, *self._way, *come]

    def _image(self, frame: ParameterFrame, kind: type[Image], draw: Callable[[Engine], Image]) -> Image:
        self._frame = frame
        self._make()
        coming = self._next
        if coming is not None and coming.name != self._asked and self._fading is None:
            self._forget()
            coming = None
        share = self._share(frame) if coming is not None else 0.0
        if coming is None or share <= 0.0:
            self.drawing = self._reduced.engine(self._now, frame)
            return draw(self.drawing)
        if share < 1.0:
            return self._mixed(coming, frame, share, kind, draw)
        self._workshop.retire(self._now.engine)
        self._now, self._next, self.coming = coming, None, None
        self.drawing = coming.engine
        self._forget()
        _log.info("model %s plays", self.name)
        return draw(self._now.engine)

    def _mixed(
        self,
        coming: Opened,
        frame: ParameterFrame,
        share: float,
        kind: type[Image],
        draw: Callable[[Engine], Image],
    ) -> Image:
        """Between the two. Where drawing both takes longer than the budget, each draws every other frame."""
        way = [self._now.engine, *self._way, coming.engine]
        began, drawn = now(), 0
        self._count += 1

        def turn(one: Engine) -> Image:
            nonlocal drawn
            place = way.index(one)
            image = self._drawn.get(place)
            if not isinstance(image, kind) or not self._slow or (place + self._count) % 2 == 0:
                image = self._drawn[place] = draw(one)
                drawn += 1
            return image

        of_one_family = len(way) > 2  # else the two may be of two sizes
        mixed = Crossfade(way).at(share, turn) if of_one_family else engine.mix(turn(way[0]), turn(way[1]), share)
        self._slow = self._slow or (drawn > 1 and now() - began > self._budget)
        return replace(
            mixed,
            parameters=frame.sequence,
            time=frame.time,
            signal_time=frame.signal_time,
            signal_sequence=frame.signal_sequence,
        )

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
        busy = self._next is not None or self.making
        if busy or self.mistake or self._asked == self.name or now() - self._asked_at < SETTLE_S:
            return
        self._workshop.start(self._work, self._asked, self.engine.topology)

    def _work(self, name: str, bends: bending.Topology) -> None:
        def wanted() -> bool:
            return name == self._asked and not self._workshop.closed

        made: list[Engine] = []
        coming = self.coming = Coming(name)
        _log.info("%s", coming.words(now()))
        try:
            if (name, self.name, bends) not in self._prepared:  # paged back to, it comes at once
                self._opener.prepare(name, self.name, bends, wanted, coming.told)
                self._prepared.add((name, self.name, bends))
            coming.loads()
            opened = self._open(name, bends)
            made.append(opened.engine)
            masked = self._opener.mask
            made += (way := self._opener.between(self._now, opened))
            for one in made:
                warm(one, self._frame, _WARM)
            if masked is not self._opener.mask:  # it was changed meanwhile
                for one in made:
                    one.mask_noise(self._opener.mask)
        except Exception as error:  # noqa: BLE001 - whatever a file, a library or a full memory does, the old one plays
            self._workshop.retire(*made)
            if self.coming is coming:
                self.coming = None
            if wanted():
                text = reason(error)
                self.mistake = text if text.startswith("model ") else f"model {name}: {text}"
                _log.warning("%s; the show goes on as it was", self.mistake)
            return
        self._way = way
        coming.is_ready()
        self._next = opened  # last: from here on it may be played

    def _open(self, name: str, bends: Any) -> Opened:
        opened = self._opener.open(name, bends)
        if not self._fits(opened.engine.size):
            width, height = opened.engine.size
            opened.engine.close()
            raise LivevizError(
                f"model {name}: images of {width}x{height} are too large for this show; start it with that"
            )
        return opened

    def _forget(self) -> None:
        """Leave the next one out, or what was between it and the one before."""
        self._workshop.retire(*self._way, *([] if self._next is None else [self._next.engine]))
        self._way, self._next = [], None
        self._since = self._fading = None
        self._slow, self._drawn = False, {}
