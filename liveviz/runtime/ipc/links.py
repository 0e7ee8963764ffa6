"""All mailboxes of one show, made by the parent and handed to every child."""

from dataclasses import dataclass
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.parameter_wire import ParameterWire
from liveviz.runtime.ipc.shared_memory import Bell, Ring, Slot
from liveviz.runtime.ipc.status import AudioStatus, ControlStatus, EngineStatus, StageStatus, StatusBox
from liveviz.spec import Command, LivevizError, ShowState, Tempo

_MAPPING_BYTES = 512 * 1024
_NAME_BYTES = _PATH_BYTES = 4096
_STATE_BYTES = 128 * 1024
_WORD_BYTES = 8192
_MOST_OF_FIELDS = 1 << 23  # bytes: an image of fields is small; one with colours may be as large as it is
_ROOM_FOR = 1024 * 1024  # pixels: another generator may come in the middle of a show, and be larger


class Closes(Protocol):
    """A mailbox."""

    def close(self, unlink: bool = False) -> None:
        """Release it."""


_Box = TypeVar("_Box", bound=Closes)


@dataclass(frozen=True, slots=True)
class Statuses:
    """What the four processes said last."""

    audio: AudioStatus
    control: ControlStatus
    engine: EngineStatus
    stage: StageStatus


class Links:
    """The mailboxes between the audio, control, engine and stage processes.

    Args:
        context: of multiprocessing, for the bells.
        outputs: number of signal outputs.
        parameters: layout of a ParameterFrame.
        image: (width, height) of the engine's first images.
    Raises:
        LivevizError: there is no room for them.
    `mapping` holds the text of the last good mapping file, for a stage that is started again while the file is broken;
    `show` its path, where another than the first was asked for; `model` the name of the generator asked for in the middle of
    the show; `quality` what the engine is to give up, as JSON; `tempo` the musical time of a source that keeps it; `state`
    the show as it is; `commands` what performers ask for; `page` is written to when the performer wants the last control
    messages in the log; `handover` what images the stage can take.
    """

    def __init__(
        self, context: BaseContext, outputs: int, parameters: ParameterWire, image_size: tuple[int, int]
    ) -> None:
        self.image_size = image_size
        self._boxes: list[Closes] = []
        try:
            self.signals = self._keep(Slot(wire.signal_bytes(outputs)))
            self.parameters = self._keep(Slot(parameters.bytes))
            fields = min(wire.image_bytes(*image_size, of_fields=True), _MOST_OF_FIELDS)
            room = max(wire.image_bytes(*image_size), fields, wire.image_bytes(1, _ROOM_FOR))
            self.images = self._keep(Slot(room))
            self.handover = self._keep(Slot(_WORD_BYTES))
            self.mapping = self._keep(Slot(_MAPPING_BYTES))
            self.show = self._keep(Slot(_PATH_BYTES))
            self.model = self._keep(Slot(_NAME_BYTES))
            self.quality = self._keep(Slot(_NAME_BYTES))
            self.tempo = self._keep(Slot(_WORD_BYTES))
            self.state = self._keep(Slot(_STATE_BYTES))
            self.commands = self._keep(Ring(wire.COMMAND_BYTES, 256))
            self.flags = self._keep(Slot(8))
            self.page = self._keep(Slot(8))
            self.controls = self._keep(Ring(wire.CONTROL_BYTES, 8192))
            self.audio = self._keep(Ring(wire.AUDIO_BYTES, 1024))
            self.audio_status = self._keep(StatusBox(AudioStatus))
            self.control_status = self._keep(StatusBox(ControlStatus))
            self.engine_status = self._keep(StatusBox(EngineStatus))
            self.stage_status = self._keep(StatusBox(StageStatus))
        except LivevizError:
            self.close(unlink=True)
            raise
        self.parameters_bell = Bell(context)
        self.images_bell = Bell(context)
        self.flags.write(np.zeros(1))

    @property
    def status(self) -> dict[str, StatusBox[Any]]:
        """What the processes say, by their names."""
        return {
            "audio": self.audio_status,
            "control": self.control_status,
            "engine": self.engine_status,
            "stage": self.stage_status,
        }

    def statuses(self) -> "Statuses":
        """What all of them said last."""
        return Statuses(
            self.audio_status.read(), self.control_status.read(), self.engine_status.read(), self.stage_status.read()
        )

    def _keep(self, box: _Box) -> _Box:
        self._boxes.append(box)
        return box

    @property
    def stopping(self) -> bool:
        """The parent has asked everybody to end."""
        found = self.flags.read()
        return found is not None and bool(found[1].view(np.float64)[0])

    def stop(self) -> None:
        """Ask everybody to end."""
        self.flags.write(np.ones(1))

    def write_show(self, path: Path) -> None:
        """The mapping file that plays from here on."""
        self.show.write(str(path).encode())

    def read_show(self, first: Path) -> Path:
        """The same; `first` where none was asked for yet."""
        found = self.show.read()
        return first if found is None else Path(found[1].tobytes().decode())

    def write_tempo(self, tempo: Tempo) -> None:
        """The musical time of a source other than the analyser."""
        self.tempo.write(wire.pack_tempo(tempo))

    def read_tempo(self) -> Tempo | None:
        """The same; None before there was one."""
        found = self.tempo.read()
        return None if found is None else wire.unpack_tempo(found[1])

    def write_state(self, state: ShowState) -> None:
        """The show as it is."""
        self.state.write(wire.pack_state(state))

    def read_state(self) -> ShowState | None:
        """The same; None before there was one."""
        found = self.state.read()
        return None if found is None else wire.unpack_state(found[1])

    def ask(self, command: Command) -> None:
        """Ask the stage for something."""
        self.commands.put(wire.pack_command(command))

    def asked(self) -> list[Command]:
        """What was asked of the stage since the last call, in order."""
        return [wire.unpack_command(record) for record in self.commands.drain()]

    def ask_for_page(self) -> None:
        """Have the last control messages written to the log."""
        self.page.write(np.ones(1))

    def close(self, unlink: bool = False) -> None:
        """Release every mailbox; the parent also unlinks them."""
        for box in self._boxes:
            box.close(unlink)
