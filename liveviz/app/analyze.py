"""`liveviz analyze`: the live analyser over a whole file, hop by hop, written down. The numbers are the ones a show would
have seen, at the times at which it would have seen them."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from liveviz.signals import Analyser
from liveviz.spec import AudioBlock, LivevizError

BLOCK = 16_384  # frames read at once
EVENTS = {
    "onset": "onset",
    "kick": "onset.kick",
    "snare": "onset.snare",
    "beat": "beat",
    "downbeat": "downbeat",
    "section": "section",
}
BANDS = ("bass", "mid", "high")
CURVES = {"rms": "rms", "onset_strength": "onset_strength", "bpm": "tempo", "beat_phase": "beat_phase"}
DIGITS = 6


class Reader(Protocol):
    """What a sound file looks like from here (`liveviz.inputs` opens one)."""

    sample_rate: int
    channels: int
    duration: float
    label: str

    def read(self, frames: int) -> NDArray[np.float32]:
        """float32 `[n, channels]`, n < frames at the end."""


def analyze(
    reader: Reader, hop_length: int | None = None, progress: Callable[[float], None] | None = None
) -> dict[str, Any]:
    """Listen to all of `reader`, causally.

    Args:
        reader: the sound; read to its end, not closed.
        hop_length: samples per hop; None for about 5.5 ms.
        progress: called now and then with the seconds listened to.
    Returns:
        What `analyze -o OUT.json` writes: `t` is the end of each hop in seconds from the start, events are
        `[t_event, t_known]` pairs.
    Raises:
        LivevizError: the file holds less than one hop.
    """
    analyser = Analyser(reader.sample_rate, hop_length)
    names = [output.name for output in analyser.outputs]
    times: list[float] = []
    rows: list[NDArray[np.float64]] = []
    events: dict[str, list[list[float]]] = {name: [] for name in EVENTS}
    called = {signal: name for name, signal in EVENTS.items()}
    heard = 0
    while True:
        samples = reader.read(BLOCK)
        heard += len(samples)
        for frame in analyser.step(AudioBlock(samples, reader.sample_rate, heard / reader.sample_rate)):
            times.append(frame.time)
            rows.append(frame.values)
            for event in frame.events:
                if event.name in called:
                    pair = [round(max(event.time, 0.0), DIGITS), round(event.known, DIGITS)]
                    events[called[event.name]].append(pair)
        if progress is not None:
            progress(heard / reader.sample_rate)
        if len(samples) < BLOCK:
            break
    if not rows:
        raise LivevizError(f"{reader.label}: too short to listen to ({heard} samples; at least {analyser.hop_length})")
    table = np.array(rows)  # [hops, outputs]
    return {
        "sample_rate": reader.sample_rate,
        "hop": analyser.hop_length,
        "t": _numbers(np.array(times)),
        **{key: _numbers(table[:, names.index(name)]) for key, name in CURVES.items()},
        "chroma": _numbers(table[:, [names.index(f"chroma.{i}") for i in range(12)]]),
        "energy": _numbers(table[:, names.index("energy")]),
        "bands": {band: _numbers(table[:, names.index(f"bands.{band}")]) for band in BANDS},
        "events": events,
    }


def write_json(result: Mapping[str, Any], path: Path) -> None:
    """Write what `analyze` returned; the file appears whole or not at all.

    Raises:
        LivevizError: the file cannot be written.
    """
    write_whole(path, json.dumps(result, allow_nan=False).encode())


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` at `path` by way of a temporary file beside it.

    Raises:
        LivevizError: the file cannot be written.
    """
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise LivevizError(f"{path}: cannot be written ({error.strerror or error})") from error


def _numbers(values: NDArray[np.float64]) -> Any:
    return np.round(values, DIGITS).tolist()
