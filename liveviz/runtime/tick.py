"""The tick, written once. Live and offline differ only in the clock and in what `listen`, `controls` and `render` are:
the newest of every mailbox, or every block in order."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import moderngl

from liveviz.mapping import Performer
from liveviz.post import Chain
from liveviz.spec import ControlMessage, ParameterFrame, SignalFrame, StageImage, Tempo
from liveviz.system import clock

_TRANSPORT_ADDRESSES = ("midi.start", "midi.stop", "midi.continue")  # that nobody listens to them is no mistake


class Clock(Protocol):
    """Hands out (now, dt) in seconds."""

    def next(self) -> tuple[float, float]: ...


@dataclass(frozen=True, slots=True)
class TickFrame:
    """What one tick made: the parameters, the generator's image, the canvas texture (None = black).

    rendered: False where the image before is held. drawn_from: when drawing on the canvas began, on the show's clock.
    """

    time: float
    dt: float
    parameters: ParameterFrame
    image: StageImage
    canvas: moderngl.Texture | None
    rendered: bool = True
    drawn_from: float = 0.0


class Tick:
    """Inputs to one image.

    Args:
        frames: wall clock or frame clock.
        controls: (until) -> messages that arrived.
        listen: (until, dt) -> newest SignalFrame, or None before there is one.
        show: the mapping.
        render: ParameterFrame -> image.
        chain: the post effects.
        tempo: musical time of a source other than the analyser, None where there is none.
        share: how much of the generator's image is seen, 0 to 1; the rest is the image before it.
    State: the last image, which `stage.freeze` holds; `applied`, how many messages moved something, by kind; `unheard`,
        the last one of a controller, where nobody listens to it; `newest`, the last of all.
    """

    def __init__(
        self,
        frames: Clock,
        controls: Callable[[float], Iterable[ControlMessage]],
        listen: Callable[[float, float], SignalFrame | None],
        show: Performer,
        render: Callable[[ParameterFrame], StageImage],
        chain: Chain,
        share: Callable[[], float] = lambda: 1.0,
        tempo: Callable[[], Tempo | None] = lambda: None,
    ) -> None:
        self._clock, self._controls, self._listen = frames, controls, listen
        self._show, self._render, self._chain, self._share = show, render, chain, share
        self._tempo = tempo
        self._last: tuple[StageImage, moderngl.Texture] | None = None
        self.applied: Counter[str] = Counter()
        self.unheard: ControlMessage | None = None
        self.newest: ControlMessage | None = None

    def draw_with(self, chain: Chain) -> None:
        """Draw with another chain from now on; an image that is held is drawn again."""
        self._chain, self._last = chain, None

    def step(self) -> TickFrame:
        """One image, at the clock's next time."""
        now, dt = self._clock.next()
        for message in self._controls(now):
            heard = self._show.control(message)
            self.newest = message
            if message.kind != "key" and message.address not in _TRANSPORT_ADDRESSES:
                self.unheard = None if heard else message
            if heard:
                self.applied[message.kind] += 1
        parameters = self._show.step(self._listen(now, dt), now, dt, self._tempo())
        rendered = self._last is None or parameters["stage.freeze"] < 0.5
        if rendered:
            image = self._render(parameters)
            drawn_from = clock.now()
            self._last = image, self._chain.draw(image, parameters, now, dt, self._share())
        else:
            drawn_from = clock.now()
        assert self._last is not None
        image, canvas = self._last
        shown = None if parameters["stage.blackout"] >= 0.5 else canvas
        return TickFrame(now, dt, parameters, image, shown, rendered, drawn_from)
