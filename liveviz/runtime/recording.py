"""The recording of a live show: pictures from the canvas, sound from the ears, into one mp4 that is playable whenever the
show is cut off. Without a screen, a file or the demo leaves an mp4 and its last frame behind."""

import logging
from pathlib import Path

import numpy as np

from liveviz.outputs.recorder import Recorder
from liveviz.outputs.still import enlarged, write_png
from liveviz.post import Chain
from liveviz.runtime import own_files
from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.ipc.status import ScreenKind
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.tick import Picture
from liveviz.spec import LivevizError
from liveviz.system.clock import now

_log = logging.getLogger("liveviz.runtime")
FINISH_S = 4.0  # how long the end of a recording may take: its last pictures are large, and the machine is busy
_BLACK = np.zeros((2, 2, 3), np.uint8)
_PATIENCE_S = 3.0  # how long the first frame waits for the ears to tell their sample rate


class Taping:
    """Records where it was asked to, or where a song ends the show and nobody can see it.

    State: starts with the first picture of the generator once the ears have told what they hear; an error stops the
    recording, never the show.
    """

    def __init__(self, options: ShowOptions, links: Links, screen: ScreenKind) -> None:
        self._options, self._links = options, links
        self._unseen = screen is ScreenKind.HEADLESS
        self._path = options.record
        self._recorder: Recorder | None = None
        self._last: np.ndarray | None = None
        self._asked: float | None = None
        self._over = options.record is None and not self._unseen
        self._start = 0.0
        self._written: list[Path] = []

    @property
    def records(self) -> bool:
        """A film is being made, or may be."""
        return not self._over

    def frame(self, picture: Picture, chain: Chain) -> None:
        """Add one presented picture, and the sound that has come meanwhile."""
        if self._over:
            return
        if self._recorder is None and not self._open():
            return
        recorder = self._recorder
        assert recorder is not None
        if recorder.error is not None:
            _log.warning("record: %s; the show goes on, %s holds what came before", recorder.error, self._path)
            self._finish()
            return
        self._last = _BLACK if picture.canvas is None else chain.read(enlarged=False)
        recorder.write(self._last, picture.time - self._start)
        for record in self._links.audio.drain():
            block = wire.unpack_audio(record)
            recorder.write_audio(block.samples, block.time - self._start)

    def _open(self) -> bool:
        """Open the file once it is known what there is to hear; False while it is not, or when there is nothing to do."""
        sound = self._links.audio_status.read()
        self._asked = self._asked or now()
        if not sound.plays and now() - self._asked < _PATIENCE_S:
            return False
        if self._path is None:
            if not sound.ends:
                self._over = True
                return False
            stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in Path(sound.source).stem)[:80]
            wanted = Path(f"liveviz-{stem}.mp4")
        else:
            wanted = self._path
        rate = sound.sample_rate or None
        path: Path | None = None
        try:
            path = own_files.claim(wanted)  # an evening's tape is never overwritten
            self._recorder = Recorder(path, self._options.size, self._options.fps, rate, 2, live=True)
        except LivevizError as error:
            _log.warning("%s; the show goes on without a recording", error)
            if path is not None and path.is_file() and not path.stat().st_size:
                path.unlink()
            self._over = True
            return False
        if path != wanted:  # also where a stage that was started again goes on in another file
            _log.info("record: %s is there already and stays: this is %s", wanted, path)
        self._path = path
        self._written.append(path)
        self._links.audio.drain()  # what was heard before the first picture
        self._start = now()
        return True

    def _finish(self) -> None:
        if self._recorder is not None:
            told = self._recorder.error is not None
            self._recorder.close(FINISH_S)
            if self._recorder.error is not None and not told:
                _log.warning("record: %s: %s is not complete", self._recorder.error, self._path)
        self._recorder = None
        self._over = True

    def report(self) -> dict:
        """What was written, for the parent's last line."""
        dropped = self._recorder.dropped if self._recorder is not None else 0
        return {"written": [str(p.resolve()) for p in self._written], "dropped": dropped}

    def close(self) -> None:
        """Finish the file; where nobody asked for it, write the last frame beside it."""
        self._finish()
        if self._options.record is None and self._last is not None and self._written:
            still = own_files.unused(self._written[-1].with_suffix(".png"))
            try:
                write_png(enlarged(self._last, self._options.size), still, "play")
            except LivevizError as error:
                _log.warning("last frame: %s", error)
            else:
                self._written.append(still)
