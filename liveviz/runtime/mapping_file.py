"""The mapping file of a live show: watched while it is played from, and kept whole while somebody breaks it."""

import contextlib
import logging
from pathlib import Path

from liveviz import mapping, models
from liveviz.runtime import composition, paths
from liveviz.runtime.ipc.shared_memory import Slot
from liveviz.spec import LivevizError, Stems
from liveviz.system import copying
from liveviz.system.clock import now

_log = logging.getLogger("liveviz.runtime")
_LOOK_EVERY = 0.15
# An editor may take it away for a moment, `cp` shows half of it
_STILL_LOOKS = round(copying.STILL_S / _LOOK_EVERY)


class MappingFile:
    """The mapping file on disk: saved, it changes the show; saved with a mistake, the last good show goes on.

    Args:
        path: of the file. last_good: where the text of the last good one is kept, for a stage that is started again.
        stems: that the show listens to. model: the generator that plays; where it changes, the names of its directions do.
    Raises:
        LivevizError: it is not good, and no good one was kept.
    State: `program`, the last good one; `mistake`, what is wrong with what was saved last, or nothing.
    """

    def __init__(self, path: Path, last_good: Slot, stems: Stems, model: str | None = None) -> None:
        self.path, self._last_good, self._stems = path, last_good, stems
        self.model = self._named_by = model
        self._file = copying.Watched(path)
        self._looked = now()
        self.mistake = ""
        try:
            self.program = copying.whole(path, self._load)
        except LivevizError as error:
            if (kept := last_good.read()) is None:
                raise
            self._warn(error)
            self.program = composition.load_mapping(kept[1].tobytes().decode(), path, stems, model)

    def changed(self) -> mapping.Program | None:
        """A new good program, when there is one."""
        if now() - self._looked < _LOOK_EVERY:
            return None
        self._looked = now()
        self._file.look()
        renamed = self.model != self._named_by and models.direction_names(self.model or "", paths.model_folders()) != (
            models.direction_names(self._named_by or "", paths.model_folders())
        )
        self._named_by = self.model
        saved = self._file.new
        if not (renamed or (saved and self._file.still in (1, _STILL_LOOKS))):
            return None
        try:
            program = self._load()
        except LivevizError as error:
            if self._file.still == _STILL_LOOKS or not saved:  # else it may be half written
                self._file.take()
                self._warn(error)
            return None
        self._file.take()
        self.mistake = ""
        if not saved and program == self.program:
            return None
        _log.info("mapping %s: loaded again", self.path.name)
        self.program = program
        return program

    def _load(self) -> mapping.Program:
        program = composition.load_mapping(self.path, stems=self._stems, model=self.model)
        with contextlib.suppress(OSError, ValueError):  # replaced or grown in this very moment: kept next time
            self._last_good.write(self.path.read_bytes())
        return program

    def _warn(self, error: LivevizError) -> None:
        _log.warning("%s; the show goes on as it was", error)
        self.mistake = str(error).replace(str(self.path), self.path.name, 1)  # the overlay is narrow
