"""Where a show is seen: a window, or none at all, behind the same few calls, with the overlay for the performer."""

import logging

import moderngl

from liveviz import signals
from liveviz.app.figures import Figures
from liveviz.app.hints import Hints
from liveviz.app.links import Links
from liveviz.app.options import ShowOptions
from liveviz.clock import now
from liveviz.outputs import window
from liveviz.outputs.handover import DeviceUpload
from liveviz.outputs.headless import Headless
from liveviz.outputs.overlay import Overlay, OverlayStats
from liveviz.spec import ControlMessage, SignalFrame

_log = logging.getLogger("liveviz.app")
_STATUS_EVERY = 0.5


class Screen:
    """The window where there is a display, else the same GL without one.

    Args:
        options: what the user asked for; `window` is auto, window, fullscreen or headless.
    State: `kind`, "window" or "headless"; whether the overlay is on; `quality`, the step that it says.
    """

    def __init__(self, options: ShowOptions, links: Links) -> None:
        self._options, self._links = options, links
        self._overlay: Overlay | None = None
        self._overlay_on = False
        self._engine: dict = {}
        self._status_read = 0.0
        self._message = ""
        self.quality = ""
        seen, reason = (False, "") if options.window == "headless" else window.available()
        self.kind = "window" if seen else "headless"
        self._target: window.Window | Headless
        if seen:
            fullscreen = options.window == "fullscreen"
            self._target = window.Window(options.size, "liveviz", fullscreen, options.monitor, now)
        else:
            self._target = Headless(options.size)
            _log.info("headless%s", f": {reason}" if reason else "")

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
        if self._overlay_on and self.kind == "window":
            self._overlay = self._overlay or Overlay(self.ctx)
            self._target.present(canvas, self._overlay.draw(self._stats(heard, hints, figures)))
        else:
            self._target.present(canvas)

    def _stats(self, heard: SignalFrame | None, hints: Hints, figures: Figures) -> OverlayStats:
        t = now()
        if t - self._status_read > _STATUS_EVERY:
            self._status_read = t
            self._engine = self._links.status["engine"].read()
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
            model=str(self._engine.get("model", self._options.model)),
            mapping=self._options.mapping.stem,
            backend=" ".join(str(self._engine.get(k, "")) for k in ("backend", "precision")).strip()
            + ", no host copy" * (self._engine.get("pictures") == DeviceUpload.way),
            message=self._message or str(self._engine.get("mistake", "")),
            quality=self.quality,
            dropped=figures.presented - figures.rendered,
            late=figures.late,
        )

    def close(self) -> None:
        """Take the window away."""
        self._target.close()
