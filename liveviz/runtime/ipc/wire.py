"""How all else than parameters lies in the mailboxes (those: `parameter_wire`): plain vectors and struct records, no pickle, so
that a reader of any age can check what it reads and a writer can die half-way."""

import json
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from liveviz.fields import COLOURS
from liveviz.fields import COUNT as FIELDS
from liveviz.spec import (
    AudioBlock,
    Command,
    CommandKind,
    ControlMessage,
    FetchedImage,
    ImageFrame,
    ShowState,
    SignalFrame,
    Tempo,
)

if TYPE_CHECKING:  # the audio and control processes need none of the engine
    from liveviz.engine import DeviceImage

COMMAND_BYTES = 4096
CONTROL_BYTES = 16 + 640  # an address of 200 bytes, a text of 50 letters, the name of a port
_MOST_PORT = 50  # letters of a port's name
AUDIO_FRAMES, AUDIO_CHANNELS = 1024, 2
AUDIO_BYTES = 24 + AUDIO_FRAMES * AUDIO_CHANNELS * 4
IMAGE_HEAD = 64
_IMAGE_STRUCT = struct.Struct("<qddqdiiB7x")
_PALETTE = 4 * COLOURS * 3  # bytes
_HOST, _DEVICE, _FIELDS = range(3)  # where and what an image's pixels are
_PLACE_STRUCT = struct.Struct("<64sqq")


def signal_bytes(outputs: int) -> int:
    """Bytes of a SignalFrame with that many outputs."""
    return 8 * (2 + outputs)


def pack_signals(frame: SignalFrame) -> NDArray[np.float64]:
    """`[2 + outputs]`: sequence, time, values."""
    return np.concatenate(([frame.sequence, frame.time], frame.values))


def unpack_signals(content: NDArray[np.uint8]) -> SignalFrame:
    """The inverse of pack_signals; events are in the counts."""
    vector = content.view(np.float64)
    return SignalFrame(int(vector[0]), float(vector[1]), vector[2:])


def image_bytes(width: int, height: int, of_fields: bool = False) -> int:
    """Bytes of an ImageFrame of that size: one with colours, or one of fields."""
    return IMAGE_HEAD + width * height * (2 * FIELDS if of_fields else 4) + (_PALETTE if of_fields else 0)


@dataclass(frozen=True, slots=True)
class DevicePlace:
    """Where the pixels of an image are that stayed on the GPU.

    handle: of the memory, as the driver shares it. owner: process that allocated it. offset: of the pixels, bytes.
    """

    handle: bytes
    owner: int
    offset: int


def _image_head(image: "ImageFrame | DeviceImage", render_s: float, kind: int) -> bytes:
    height, width = image.pixels.shape[:2]
    times = image.time, image.signal_time, image.signal_sequence
    return _IMAGE_STRUCT.pack(image.parameters, *times, render_s, width, height, kind).ljust(IMAGE_HEAD, b"\0")


def pack_image(image: ImageFrame, render_s: float) -> tuple[bytes, NDArray[Any]]:
    """(head of IMAGE_HEAD bytes and, of fields, the palette; pixels as bytes): two parts for Slot.write."""
    pixels = np.ascontiguousarray(image.pixels)
    if image.palette is None:
        return _image_head(image, render_s, _HOST), pixels
    palette = np.ascontiguousarray(image.palette, np.float32).tobytes()
    return _image_head(image, render_s, _FIELDS) + palette, pixels.view(np.uint8)


def unpack_image(content: NDArray[np.uint8]) -> tuple[ImageFrame, float]:
    """(the image, seconds that its render took)."""
    *about, render_s, width, height, kind = _IMAGE_STRUCT.unpack(content[: _IMAGE_STRUCT.size].tobytes())
    if kind != _FIELDS:
        return ImageFrame(content[IMAGE_HEAD:].reshape(height, width, 4), *about), render_s
    palette = content[IMAGE_HEAD : IMAGE_HEAD + _PALETTE].view(np.float32).reshape(COLOURS, 3)
    pixels = content[IMAGE_HEAD + _PALETTE :].view(np.uint16).reshape(height, width, FIELDS)
    parameters, time, signal_time, signal_sequence = about
    return ImageFrame(pixels, parameters, time, signal_time, signal_sequence, palette), render_s


def unpack_placed(content: NDArray[np.uint8], write_to: Callable[[Any], None]) -> tuple[FetchedImage, float]:
    """The same of an image whose pixels were fetched from where `unpack_place` says."""
    *about, render_s, width, height, _ = _IMAGE_STRUCT.unpack(content[: _IMAGE_STRUCT.size].tobytes())
    return FetchedImage((width, height), write_to, *about), render_s


def pack_placed(image: "DeviceImage", render_s: float, place: DevicePlace) -> tuple[bytes, bytes]:
    """(64-byte head, where the pixels are): two parts for Slot.write."""
    return _image_head(image, render_s, _DEVICE), _PLACE_STRUCT.pack(place.handle, place.owner, place.offset)


def unpack_place(content: NDArray[np.uint8]) -> tuple[DevicePlace, tuple[int, int]] | None:
    """(where the pixels of a placed image are, (width, height)); None for an image that brings its own."""
    *_, width, height, kind = _IMAGE_STRUCT.unpack(content[: _IMAGE_STRUCT.size].tobytes())
    if kind != _DEVICE:
        return None
    return DevicePlace(*_PLACE_STRUCT.unpack(content[IMAGE_HEAD:].tobytes())), (width, height)


def pack_control(message: ControlMessage) -> bytes:
    """One ControlMessage as at most CONTROL_BYTES bytes."""
    words = f"{message.address}\0{message.text}\0{message.port[:_MOST_PORT]}"
    return struct.pack("<dd", message.time, message.value) + words.encode()


def unpack_control(record: bytes) -> ControlMessage:
    """The inverse of pack_control."""
    time, value = struct.unpack_from("<dd", record)
    address, text, port = record[16:].decode().split("\0")
    return ControlMessage(address, value, time, text, port)


def pack_command(command: Command) -> bytes:
    """One Command as at most COMMAND_BYTES bytes; a name that is longer is cut."""
    name = command.name.encode()[: COMMAND_BYTES - 64].decode(errors="ignore")
    return struct.pack("<dd", command.time, command.value) + f"{command.kind.value}\0{name}".encode()


def unpack_command(record: bytes) -> Command:
    """The inverse of pack_command."""
    time, value = struct.unpack_from("<dd", record)
    kind, _, name = record[16:].decode().partition("\0")
    return Command(CommandKind(kind), name, value, time)


def pack_tempo(tempo: Tempo) -> bytes:
    """A Tempo: four numbers and its source's name."""
    return struct.pack("<dddd", tempo.bpm, tempo.beat, tempo.time, tempo.playing) + tempo.source.encode()[:64]


def unpack_tempo(content: NDArray[np.uint8]) -> Tempo:
    """The inverse of pack_tempo."""
    record = content.tobytes()
    bpm, beat, time, playing = struct.unpack_from("<dddd", record)
    return Tempo(bpm, beat, time, record[32:].decode(), bool(playing))


def pack_state(state: ShowState) -> bytes:
    """A ShowState as JSON: what reads it may be written in any language."""
    return json.dumps(asdict(state)).encode()


def unpack_state(content: NDArray[np.uint8]) -> ShowState | None:
    """The inverse of pack_state; None where a writer was killed in the middle of it."""
    try:
        found = json.loads(content.tobytes())
    except ValueError:
        return None
    tempo, touched, control, armed = (found.pop(name) for name in ("tempo", "touched", "control", "armed"))
    return ShowState(
        **found,
        tempo=None if tempo is None else Tempo(**tempo),
        touched=None if touched is None else (touched[0], touched[1]),
        armed=None if armed is None else (armed[0], armed[1]),
        control=None if control is None else (control[0], control[1], control[2]),
    )


def pack_audio(block: AudioBlock) -> list[bytes]:
    """A block of two channels as records of at most AUDIO_BYTES bytes."""
    stereo = block.samples
    records = []
    for start in range(0, len(stereo), AUDIO_FRAMES):
        part = np.ascontiguousarray(stereo[start : start + AUDIO_FRAMES], np.float32)
        time = block.time - (len(stereo) - start - len(part)) / block.sample_rate
        records.append(struct.pack("<dqq", time, block.sample_rate, len(part)) + part.tobytes())
    return records


def unpack_audio(record: bytes) -> AudioBlock:
    """The inverse of one record of pack_audio."""
    time, sample_rate, frames = struct.unpack_from("<dqq", record)
    samples = np.frombuffer(record, np.float32, frames * AUDIO_CHANNELS, 24).reshape(frames, AUDIO_CHANNELS)
    return AudioBlock(samples, sample_rate, time)
