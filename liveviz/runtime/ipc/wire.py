"""How frames lie in the mailboxes: plain float64 vectors and struct records, no pickle, so that a reader of any age can
check what it reads and a writer can die half-way."""

import json
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import (
    AudioBlock,
    BendSetting,
    Channels,
    Command,
    CommandKind,
    ControlMessage,
    ImageFrame,
    LatentTerm,
    ParameterFrame,
    RowSetting,
    ShowState,
    SignalFrame,
    Tempo,
)

if TYPE_CHECKING:  # ears and hands need none of the engine
    from liveviz.engine import DeviceImage

MAX_LATENTS = 32
MAX_BENDS = 16
MAX_ROWS = 32
_ROW = 4  # parameter, start, end, amount
_BEND = 5 + 32  # op, layer, amount, share and seed of the channels, and 1024 of them as bits, 32 in each number
_HEAD = 10
COMMAND_BYTES = 4096
CONTROL_BYTES = 16 + 640  # an address of 200 bytes, a text of 50 letters, the name of a port
_MOST_PORT = 50  # letters of a port's name
AUDIO_FRAMES, AUDIO_CHANNELS = 1024, 2
AUDIO_BYTES = 24 + AUDIO_FRAMES * AUDIO_CHANNELS * 4
IMAGE_HEAD = 64
_IMAGE = struct.Struct("<qddqdqqq")
_PLACE = struct.Struct("<64sqq")


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


class ParameterWire:
    """ParameterFrame to a float64 vector and back.

    Args:
        names: of all registered parameters, in the registry's order.
        ops: names of all bends, in a fixed order.
    """

    def __init__(self, names: Sequence[str], ops: Sequence[str]) -> None:
        self._names = tuple(names)
        self._ops = tuple(ops)
        self._op_index = {op: i for i, op in enumerate(ops)}
        self._index = {name: i for i, name in enumerate(names)}
        self._bends_at = _HEAD + len(names) + MAX_LATENTS * 5
        self._rows_at = self._bends_at + MAX_BENDS * _BEND
        self.bytes = 8 * (self._rows_at + MAX_ROWS * _ROW)

    def pack(self, frame: ParameterFrame) -> NDArray[np.float64]:
        """`[10 + names + 32 * 5 + 16 * 37 + 32 * 4]` float64."""
        v = np.zeros(self.bytes // 8)
        latents, bends, rows = frame.latents[:MAX_LATENTS], frame.bends[:MAX_BENDS], frame.rows[:MAX_ROWS]
        v[:_HEAD] = (
            frame.sequence,
            frame.time,
            frame.noise_phase,
            frame.seed,
            frame.beats,
            frame.signal_time,
            frame.signal_sequence,
            len(latents),
            len(bends),
            len(rows),
        )
        at = _HEAD + len(self._names)
        v[_HEAD:at] = [frame.values[name] for name in self._names]
        for term in latents:
            v[at : at + 5] = (term.seed, term.cls, *term.weights)
            at += 5
        at = self._bends_at
        for bend in bends:
            channels = bend.channels
            v[at : at + 5] = (self._op_index[bend.op], bend.layer, bend.amount, channels.share, channels.seed)
            if channels.chosen:
                v[at + 5 : at + _BEND] = _bits(channels.chosen)
            at += _BEND
        for n, row in enumerate(rows):
            at = self._rows_at + n * _ROW
            v[at : at + _ROW] = self._index[row.parameter], row.start, row.end, row.amount
        return v

    def unpack(self, content: NDArray[np.uint8]) -> ParameterFrame:
        """The inverse of pack."""
        v = content.view(np.float64)
        at = _HEAD + len(self._names)
        values = dict(zip(self._names, v[_HEAD:at].tolist(), strict=True))
        latents = tuple(
            LatentTerm(int(row[0]), int(row[1]), (row[2], row[3], row[4]))
            for row in v[at : at + MAX_LATENTS * 5].reshape(-1, 5)[: int(v[7])].tolist()
        )
        bends = tuple(
            BendSetting(self._ops[int(row[0])], int(row[1]), float(row[2]), _channels(row))
            for row in v[self._bends_at : self._rows_at].reshape(-1, _BEND)[: int(v[8])]
        )
        rows = tuple(
            RowSetting(self._names[int(name)], int(start), int(end), amount)
            for name, start, end, amount in v[self._rows_at :].reshape(-1, _ROW)[: int(v[9])].tolist()
        )
        return ParameterFrame(
            sequence=int(v[0]),
            time=float(v[1]),
            values=values,
            latents=latents,
            bends=bends,
            noise_phase=float(v[2]),
            seed=int(v[3]),
            beats=float(v[4]),
            signal_time=float(v[5]),
            signal_sequence=int(v[6]),
            rows=rows,
        )


def _bits(chosen: Sequence[int]) -> NDArray[np.uint32]:
    """`[32]`: a bit for each of 1024 channels."""
    bits = np.zeros(1024, np.uint8)
    bits[list(chosen)] = 1
    return np.packbits(bits, bitorder="little").view("<u4")


def _channels(row: NDArray[np.float64]) -> Channels:
    """The channels of one packed bend."""
    words = row[5:]
    if not words.any():
        return Channels(share=float(row[3]), seed=int(row[4]))
    bits = np.unpackbits(words.astype("<u4").view(np.uint8), bitorder="little")
    return Channels(tuple(np.flatnonzero(bits).tolist()), float(row[3]), int(row[4]))


def image_bytes(width: int, height: int) -> int:
    """Bytes of an ImageFrame of that size."""
    return IMAGE_HEAD + width * height * 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pixels of a picture are that stayed on the GPU.

    handle: of the memory, as the driver shares it. owner: process that allocated it. offset: of the pixels, bytes.
    """

    handle: bytes
    owner: int
    offset: int


def _image_head(image: "ImageFrame | DeviceImage", render_s: float, elsewhere: bool) -> bytes:
    height, width = image.pixels.shape[:2]
    times = image.time, image.signal_time, image.signal_sequence
    return _IMAGE.pack(image.parameters, *times, render_s, width, height, elsewhere)


def pack_image(image: ImageFrame, render_s: float) -> tuple[bytes, NDArray[np.uint8]]:
    """(64-byte head, pixels): two parts for Slot.write."""
    return _image_head(image, render_s, False), np.ascontiguousarray(image.pixels)


def unpack_image(content: NDArray[np.uint8], pixels: NDArray[np.uint8] | None = None) -> tuple[ImageFrame, float]:
    """(the image, seconds that its render took); `pixels` are those of a placed image, which brings none."""
    *about, render_s, width, height, _ = _IMAGE.unpack(content[:IMAGE_HEAD].tobytes())
    if pixels is None:
        pixels = content[IMAGE_HEAD:].reshape(height, width, 4)
    return ImageFrame(pixels, *about), render_s


def pack_placed(image: "DeviceImage", render_s: float, place: Place) -> tuple[bytes, bytes]:
    """(64-byte head, where the pixels are): two parts for Slot.write."""
    return _image_head(image, render_s, True), _PLACE.pack(place.handle, place.owner, place.offset)


def unpack_place(content: NDArray[np.uint8]) -> tuple[Place, tuple[int, int]] | None:
    """(where the pixels of a placed image are, (width, height)); None for an image that brings its own."""
    *_, width, height, elsewhere = _IMAGE.unpack(content[:IMAGE_HEAD].tobytes())
    if not elsewhere:
        return None
    return Place(*_PLACE.unpack(content[IMAGE_HEAD:].tobytes())), (width, height)


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
    tempo, touched, control = found.pop("tempo"), found.pop("touched"), found.pop("control")
    return ShowState(
        **found,
        tempo=None if tempo is None else Tempo(**tempo),
        touched=None if touched is None else (touched[0], touched[1]),
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
