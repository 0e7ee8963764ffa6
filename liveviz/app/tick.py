"""The tick, written once. Live and offline differ only in the clock and in what `listen`, `controls` and `render` are:
the newest of every mailbox, or every block in order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import moderngl

from liveviz.mapping import Show
from liveviz.post import Chain
from liveviz.spec import ControlMessage, ImageFrame, ParameterFrame, SignalFrame


class Clock(Protocol):
    """Hands out (now, dt) in seconds."""

    def next(self) -> tuple[float, float]: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """What one tick made: the parameters, the generator's image, the canvas texture (None = black)."""

    time: float
    dt: float
    parameters: ParameterFrame
    image: ImageFrame
    canvas: moderngl.Texture | None


class Tick:
    """Inputs to one picture.

    Args:
        clock: wall clock or frame clock.
        controls: (until) -> messages that arrived.
        listen: (until, dt) -> newest SignalFrame, or None before there is one.
        show: the mapping.
        render: ParameterFrame -> ImageFrame.
        chain: the post effects.
    State: the last picture, which `stage.freeze` holds; `applied`, how many messages moved something, by kind.
    """

    def __init__(
        self,
        clock: Clock,
        controls: Callable[[float], Iterable[ControlMessage]],
        listen: Callable[[float, float], SignalFrame | None],
        show: Show,
        render: Callable[[ParameterFrame], ImageFrame],
        chain: Chain,
    ) -> None:
        self._clock, self._controls, self._listen = clock, controls, listen
        self._show, self._render, self._chain = show, render, chain
        self._last: tuple[ImageFrame, moderngl.Texture] | None = None
        self.applied = {"osc": 0, "midi": 0, "key": 0}

    def step(self) -> Picture:
        """One picture, at the clock's next time."""
        now, dt = self._clock.next()
        for message in self._controls(now):
            if self._show.control(message):
                self.applied["osc" if message.address[0] == "/" else message.address.partition(".")[0]] += 1
        parameters = self._show.step(self._listen(now, dt), now, dt)
        if self._last is None or parameters["stage.freeze"] < 0.5:
            image = self._render(parameters)
            self._last = image, self._chain.draw(image, parameters, now, dt)
        image, canvas = self._last
        return Picture(now, dt, parameters, image, None if parameters["stage.blackout"] >= 0.5 else canvas)
