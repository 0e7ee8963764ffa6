"""Where a show is seen: a window, or no window at all, with the same few calls."""

import logging
from typing import Protocol

import moderngl

from liveviz.app.figures import Figures
from liveviz.app.links import Links
from liveviz.app.tick import Picture
from liveviz.mapping import Show
from liveviz.spec import ControlMessage

_log = logging.getLogger("liveviz.app")


class Screen(Protocol):
    """What the stage needs of a screen. kind: "window" or "headless"."""

    kind: str
    ctx: moderngl.Context

    @property
    def closed(self) -> bool: ...

    def poll(self) -> list[ControlMessage]: ...

    def toggle_overlay(self) -> None: ...

    def present(self, picture: Picture, show: Show, figures: Figures, links: Links) -> None: ...

    def close(self) -> None: ...
