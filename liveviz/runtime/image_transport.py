"""How images travel from the engine to the stage. Where both are at one NVIDIA GPU they stay in its memory: the engine
keeps a ring of them there, shares it by handle, and the mailbox carries only where the newest is; everywhere else, and
whenever anything about that goes wrong, the mailbox carries the pixels. The stage says what it can take, the engine
chooses, either may die and come back."""

import contextlib
import json
import logging
import os
from collections.abc import Callable
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from liveviz.engine import DeviceImage
from liveviz.outputs import handover
from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.shared_memory import Slot
from liveviz.runtime.ipc.status import Transport
from liveviz.spec import ImageFrame, LivevizError, StageImage
from liveviz.system.cuda_driver import Driver

RING_PLACES = 4  # of the ring: the stage may copy from one while the engine draws three more
_ALIGNMENT_BYTES = 512
_COPY_TRIES = 3  # an image that was overwritten while it was copied is followed by a newer one

_log = logging.getLogger("liveviz.runtime")

Upload = Callable[[NDArray[np.uint8], moderngl.Texture], None]


class DeviceRing:
    """Memory for RING_PLACES images on the GPU that another process may open.

    It is as large as the largest image that a show takes, so that no generator moves it: a handle is good until its
    process ends. It is never freed before that, since the stage may have it open.

    Args:
        room: bytes of the largest image.
    Raises: LivevizError where there is no memory, or no sharing.
    """

    def __init__(self, driver: Any, room: int) -> None:
        self._driver = driver
        self._stride = -(-room // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES
        self._address = driver.allocate(RING_PLACES * self._stride)
        try:
            self._handle = driver.share(self._address)
        except LivevizError:
            driver.free(self._address)
            raise

    def put(self, image: DeviceImage, sequence: int) -> wire.DevicePlace:
        """Copy an image to where `sequence` falls; it is there when this returns."""
        offset = sequence % RING_PLACES * self._stride
        self._driver.copy(self._address + offset, image.address, image.bytes)
        self._driver.wait()
        return wire.DevicePlace(self._handle, os.getpid(), offset)


class Sender:
    """The engine's end.

    Args:
        images: the mailbox. word: what the stage says it takes. open_driver: of CUDA.
    State: the ring, made when it is first wanted; `way`, how images go, in words, empty until the stage has spoken;
    `transport`, the same as a mode.
    """

    def __init__(self, images: Slot, word: Slot, open_driver: Callable[[], Any] = Driver) -> None:
        self._images, self._word, self._open_driver = images, word, open_driver
        self._read = 0
        self._taker: dict[str, Any] | None = None
        self._ring: DeviceRing | None = None
        self._no_ring = ""
        self.way = ""
        self.transport = Transport.UNKNOWN

    def stays(self, able: bool, backend: str) -> bool:
        """Whether the next image is to stay on the GPU.

        Args:
            able: the engine can leave it there. backend: its name, for the words.
        """
        if self._word.sequence != self._read and (found := self._word.read()) is not None:
            self._read, self._taker = found[0], json.loads(found[1].tobytes())
        if self._taker is None:
            return False
        why = f"backend {backend} draws there" if not able else str(self._taker["why"])
        if able and self._taker["takes"] and self._taker["refused"] != os.getpid():
            why = self._without_ring()
        way = f"{handover.HostUpload.way} ({why})" if why else handover.DeviceUpload.way
        if way != self.way:
            self.way, self.transport = way, Transport.HOST if why else Transport.DEVICE
            _log.info("pictures: %s", way)
        return not why

    def _without_ring(self) -> str:
        """Why there is none; nothing where there is."""
        if self._ring is None and not self._no_ring:
            try:
                self._ring = DeviceRing(self._open_driver(), self._images.size - wire.IMAGE_HEAD)
            except LivevizError as error:
                self._no_ring = str(error)
        return self._no_ring

    def send(self, image: ImageFrame | DeviceImage, render_s: float) -> None:
        """Make it the newest image. Raises: LivevizError where the GPU refuses, and then only another process helps."""
        if isinstance(image, ImageFrame):
            self._images.write(*wire.pack_image(image, render_s))
            return
        assert self._ring is not None, "only after stays()"
        place = self._ring.put(image, self._images.sequence + 1)
        self._images.write(*wire.pack_placed(image, render_s, place))


class Receiver:
    """The stage's end. All of it belongs to the thread of `ctx`.

    Args:
        images: the mailbox. word: where it says what it takes. driver: of CUDA; None opens it where GL is NVIDIA's.
    State: what it has of the engine's ring, and the engine (its process) whose ring it cannot have; the image that it
    fetched last, in GL's memory; `render_s`, seconds that the newest image took.
    """

    def __init__(self, images: Slot, word: Slot, ctx: moderngl.Context, driver: Any = None) -> None:
        self._images, self._word = images, word
        self._host = handover.host_upload(ctx)
        self._device, self._why = handover.probe(ctx, driver)
        self._ring: tuple[bytes, int, int] | None = None  # handle, owner, address
        self._refused = 0
        self._read = 0
        self.render_s = 0.0
        self._say()

    @property
    def upload(self) -> Upload | None:
        """How pixels on the host get into a texture; None where writing them at once is best."""
        return self._host

    def newest(self) -> StageImage | None:
        """The newest image, if it is another than before and all of it is here."""
        for _ in range(_COPY_TRIES):
            if self._images.sequence == self._read or (found := self._images.read()) is None:
                return None
            self._read, content = found
            if (placed := wire.unpack_place(content)) is None:
                image, self.render_s = wire.unpack_image(content)
                return image
            place, size = placed
            device = self._device
            if device is None or not self._fetch(device, place, 4 * size[0] * size[1]):
                return None
            # The place is written again with image `read + RING_PLACES`, begun when the one before that is out.
            if self._images.sequence <= self._read + RING_PLACES - 2:
                fetched, self.render_s = wire.unpack_placed(content, device.draw)
                return fetched
        return None

    def _fetch(self, device: handover.DeviceUpload, place: wire.DevicePlace, size: int) -> bool:
        """Bring an image into GL's memory; False, and the engine is told, where that cannot be."""
        if place.owner == self._refused:
            return False
        try:
            device.fetch(self._open(device, place) + place.offset, size)
        except LivevizError as error:
            self._refused, self._why = place.owner, str(error)
            self._let_go()
            self._say()
            return False
        return True

    def _open(self, device: handover.DeviceUpload, place: wire.DevicePlace) -> int:
        if self._ring is None or self._ring[:2] != (place.handle, place.owner):
            self._let_go()
            self._ring = (place.handle, place.owner, device.driver.open_shared(place.handle))
        return self._ring[2]

    def _let_go(self) -> None:
        if self._ring is not None and self._device is not None:
            ring, self._ring = self._ring, None
            with contextlib.suppress(LivevizError):  # its owner is gone, and so may be the memory
                self._device.driver.close_shared(ring[2])

    def _say(self) -> None:
        word = {"takes": self._device is not None, "why": self._why[:600], "refused": self._refused}
        self._word.write(json.dumps(word).encode())

    def close(self) -> None:
        """Release the ring, of the buffer and of CUDA."""
        self._let_go()
        if self._device is not None:
            with contextlib.suppress(LivevizError):
                self._device.close()
            self._device.driver.close()
            self._device = None
