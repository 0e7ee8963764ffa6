"""All mailboxes of one show, made by the parent and handed to every child."""

import json
from multiprocessing.context import BaseContext

import numpy as np

from liveviz.app import wire
from liveviz.app.mailbox import Bell, Ring, Slot
from liveviz.clock import now

ROOMS = ("ears", "hands", "engine", "stage")
_STATUS_BYTES = 65536


class Status:
    """What one child says about itself: a small JSON object with the time it was said."""

    def __init__(self) -> None:
        self._slot = Slot(_STATUS_BYTES)

    def say(self, content: dict) -> None:
        """Replace what was said before. `state` is starting, ready, finished or failed."""
        self._slot.write(json.dumps({"time": now(), **content}).encode())

    def read(self) -> dict:
        """What was said last; an empty dict where nothing was."""
        found = self._slot.read()
        if found is None:
            return {}
        try:
            content = json.loads(found[1].tobytes())
        except ValueError:  # a writer was killed in the middle of it
            return {}
        return content if isinstance(content, dict) else {}

    def close(self, unlink: bool = False) -> None:
        """Let go of the memory."""
        self._slot.close(unlink)


class Links:
    """The mailboxes between ears, hands, engine and stage.

    Args:
        context: of multiprocessing, for the bells.
        outputs: number of signal outputs.
        parameters: layout of a ParameterFrame.
        picture: (width, height) of the engine's pictures.
    """

    def __init__(
        self, context: BaseContext, outputs: int, parameters: wire.ParameterWire, picture: tuple[int, int]
    ) -> None:
        self.signals = Slot(wire.signal_bytes(outputs))
        self.parameters = Slot(parameters.bytes)
        self.images = Slot(wire.image_bytes(*picture))
        self.controls = Ring(wire.CONTROL_BYTES, 8192)
        self.audio = Ring(wire.AUDIO_BYTES, 1024)
        self.flags = Slot(8)
        self.parameters_bell = Bell(context)
        self.images_bell = Bell(context)
        self.status = {room: Status() for room in ROOMS}
        self.flags.write(np.zeros(1))

    @property
    def stopping(self) -> bool:
        """The parent has asked everybody to end."""
        found = self.flags.read()
        return found is not None and bool(found[1].view(np.float64)[0])

    def stop(self) -> None:
        """Ask everybody to end."""
        self.flags.write(np.ones(1))

    def close(self, unlink: bool = False) -> None:
        """Let go of every mailbox; the parent also unlinks them."""
        for box in (self.signals, self.parameters, self.images, self.controls, self.audio, self.flags):
            box.close(unlink)
        for status in self.status.values():
            status.close(unlink)
