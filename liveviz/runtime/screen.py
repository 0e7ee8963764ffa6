"""Where a show is seen: a window, or none at all, behind the same few calls, with the overlay for the performer."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import moderngl

from liveviz import signals
from liveviz.outputs import window
from liveviz.outputs.headless import Headless
from liveviz.outputs.overlay import Overlay, OverlayStats
from liveviz.runtime.frame_times import Figures
from liveviz.runtime.hints import Hints
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.ipc.status import EngineStatus, Phase, ScreenKind, StageStatus, Transport
from liveviz.runtime.options import ShowOptions
from liveviz.spec import ControlMessage, LivevizError, SignalFrame
from liveviz.system.clock import now

_log = logging.getLogger("liveviz.runtime")
_STATUS_EVERY = 0.5
_LOOK_EVERY, _LOOK_AGAIN = 0.25, 2.0  # seconds between two looks for a display


class Screen:
    """The window where there is a display, else the same GL without one.

    A window that was asked for is waited for. One whose display goes away is opened again, where it was, once the display
    is back; until then the show goes on unseen.

    Args:
        options: what the user asked for; `window` is auto, window, fullscreen or headless.
        goes_on: False where the show ends meanwhile.
    Raises:
        LivevizError: it ended before there was a display.
    State: `kind`, for the whole show; whether the overlay is on;
        `quality`, the step that it says.
    """

    def __init__(self, options: ShowOptions, links: Links, goes_on: Callable[[], bool] = lambda: True) -> None:
        self._options, self._links = options, links
        self._overlay: Overlay | None = None
        self._overlay_on = False
        self._engine = EngineStatus()
        self._status_read = 0.0
        self._message = ""
        self.quality = ""
        self.show_name = options.mapping.stem
        self._look_at = 0.0
        before = links.stage_status.read()  # of a stage that died: the parent remembers it
        self._place = _place(before.place)
        asked = options.window in ("window", "fullscreen")
        seen, reason = (False, "") if options.window == "headless" else window.available()
        if asked and not seen and before.screen is ScreenKind.UNKNOWN:
            seen = self._wait(reason, goes_on)
        window_before = before.screen is ScreenKind.WINDOW
        self.kind = ScreenKind.WINDOW if seen or asked or window_before else ScreenKind.HEADLESS
        self._target: window.Window | Headless
        if seen:
            self._target = self._window()
        else:
            self._target = Headless(options.size)
            _log.info("headless%s", f": {reason}" if reason else "")

    def _wait(self, reason: str, goes_on: Callable[[], bool]) -> bool:
        """True once there is a display."""
        _log.warning("%s: a window was asked for, so the show waits for a display (Ctrl+C ends it)", reason)
        while goes_on():
            self._links.stage_status.say(StageStatus(phase=Phase.STARTING, waits=reason))
            time.sleep(_LOOK_EVERY)
            if window.find():
                _log.info("there is a display: the show begins")
                return True
        raise LivevizError(f"{reason}; the show ended before there was a display")

    def _window(self) -> window.Window:
        o = self._options
        return window.Window(o.size, "liveviz", o.window == "fullscreen", o.monitor, now, place=self._place)

    @property
    def place(self) -> dict | None:
        """Where the window is, for a stage that is started again."""
        if isinstance(self._target, window.Window):
            self._place = self._target.place
        return None if self._place is None else asdict(self._place)

    def must_change(self) -> bool:
        """Whether `change` must be called: the window's display is gone, or back."""
        if isinstance(self._target, window.Window):
            return self._target.lost
        if self.kind is ScreenKind.HEADLESS or now() < self._look_at:
            return False
        self._look_at = now() + _LOOK_EVERY
        return window.available()[0]

    def change(self) -> None:
        """Take another GL: nothing of the one before can be drawn with, and all of it is gone."""
        self._overlay = None
        before = self._target
        self._place = before.place if isinstance(before, window.Window) else self._place
        before.close()
        if isinstance(before, window.Window):
            self._target = Headless(self._options.size)
            _log.warning("the display is gone: the show goes on unseen, and its window comes back with the display")
            return
        try:
            self._target = self._window()
            _log.info("the display is back, and so is the window")
        except LivevizError as error:
            _log.warning("%s; trying again", error)
            self._look_at = now() + _LOOK_AGAIN
            self._target = Headless(self._options.size)

    @property
    def ctx(self) -> moderngl.Context:
        """GL of this screen."""
        return self._target.ctx

    @property
    def closed(self) -> bool:
        """The user has closed it."""
        return self._target.closed

    def poll(self) -> list[ControlMessage]:
        """Keys pressed and released."""
        return self._target.poll()

    def leave_escape(self, closes: bool) -> None:
        """Whether Esc closes the window; else it is a key like others."""
        if isinstance(self._target, window.Window):
            self._target.escape_closes = closes

    def toggle_overlay(self) -> None:
        """Show or hide the performer's figures."""
        self._overlay_on = not self._overlay_on

    def say(self, message: str) -> None:
        """A line for the overlay; empty takes it away."""
        self._message = message

    def present(
        self,
        canvas: moderngl.Texture | None,
        heard: SignalFrame | None,
        hints: Hints,
        figures: Figures,
    ) -> None:
        """Show the canvas, or black; over it the overlay where it is on."""
        if self._overlay_on and isinstance(self._target, window.Window) and not self._target.lost:
            self._overlay = self._overlay or Overlay(self.ctx)
            self._target.present(canvas, self._overlay.draw(self._stats(heard, hints, figures)))
        else:
            self._target.present(canvas)

    def _stats(self, heard: SignalFrame | None, hints: Hints, figures: Figures) -> OverlayStats:
        t = now()
        if t - self._status_read > _STATUS_EVERY:
            self._status_read = t
            self._engine = self._links.engine_status.read()
        names = [o.name for o in signals.all_outputs(self._options.stems)]
        level = dict(zip(names, heard.values.tolist(), strict=True)) if heard is not None else {}
        recent = list(figures.waits)[-200:]
        return OverlayStats(
            time=t,
            fps=figures.fps,
            target_fps=self._options.fps,
            frame_ms=[1000 * s for s in list(figures.intervals)[-120:]],
            latency_ms=1000 * sum(recent) / len(recent) if recent else None,
            level=level.get("rms", 0.0),
            level_db=level.get("level_db", -120.0),
            gain_db=level.get("gain_db", 0.0),
            beat_phase=level.get("beat_phase", 0.0),
            bpm=level.get("tempo", 0.0),
            control=hints.touched,
            hint=hints.text,
            model=self._engine.model or self._options.model,
            mapping=self.show_name,
            backend=f"{self._engine.backend} {self._engine.precision}".strip()
            + ", no host copy" * (self._engine.transport is Transport.DEVICE),
            message=self._message or self._engine.mistake or self._engine.coming,
            quality=self.quality,
            dropped=figures.presented - figures.rendered,
            late=figures.late,
        )

    def close(self) -> None:
        """Take the window away."""
        self._target.close()


def _place(told: Mapping[str, Any] | None) -> window.WindowPlace | None:
    """Where the window of a stage before this one was."""
    if told is None:
        return None
    monitor = told["monitor"]
    return window.WindowPlace(told["fullscreen"], monitor and (monitor[0], monitor[1]), tuple(told["windowed"]))
