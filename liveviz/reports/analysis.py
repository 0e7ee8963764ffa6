"""`liveviz analyze`: the live analyser over a whole file, hop by hop, written down. The numbers are the ones a show would
have seen, at the times at which it would have seen them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveviz.inputs.audio.sources import Pulled, Reader
from liveviz.runtime.own_files import write_json
from liveviz.signals import Analyser
from liveviz.spec import LivevizError, UsageError

BLOCK_FRAMES = 16_384  # frames read at once
EVENTS = {
    "onset": "onset",
    "kick": "onset.kick",
    "snare": "onset.snare",
    "hat": "onset.hat",
    "beat": "beat",
    "downbeat": "downbeat",
    "section": "section",
    "drop": "drop",
    "inflection": "total_variation.inflection",
}
BANDS = ("bass", "mid", "high", *"12345678")
CURVES = {
    "rms": "rms",
    "onset_strength": "onset_strength",
    "bpm": "tempo",
    "beat_phase": "beat_phase",
    "energy": "energy",
}
EVERY_HOPS = 4  # hops between two rows of `signals`: 23 ms, or the file would be three times as large
DIGITS, SIGNAL_DIGITS = 6, 4


def analyze(
    reader: Reader, hop_length: int | None = None, also: Callable[[NDArray[np.float32]], None] | None = None
) -> dict[str, Any]:
    """Listen to all of `reader`, causally.

    Args:
        reader: the sound; read to its end, not closed.
        hop_length: samples per hop; None for about 5.5 ms.
        also: gets the same samples, in order.
    Returns:
        what the JSON file holds; others script against it. `sample_rate`, `hop`; `t`, the end of each hop in seconds
        from the start, and curves as long as it (`rms`, `onset_strength`, `chroma`, `bpm`, `beat_phase`, `energy`,
        `bands`); `events`, lists of `[t_event, t_known]` pairs; `signals`, every level and phase that mapping files can
        name, as `{"t": [...], name: [...]}` once every EVERY_HOPS hops.
    Raises:
        UsageError: hop_length or the sample rate is out of range.
        LivevizError: the file holds less than one hop.
    """
    try:
        analyser = Analyser(reader.sample_rate, hop_length)
    except ValueError as error:
        raise UsageError(str(error)) from error
    names = [output.name for output in analyser.outputs]
    times: list[float] = []
    rows: list[NDArray[np.float64]] = []
    events: dict[str, list[list[float]]] = {name: [] for name in EVENTS}
    called = {signal: name for name, signal in EVENTS.items()}
    sound = Pulled(reader)
    while not sound.over:
        block = sound.block(BLOCK_FRAMES)
        for frame in analyser.step(block):
            times.append(frame.time)
            rows.append(frame.values)
            for event in frame.events:
                if event.name in called:
                    pair = [round(max(event.time, 0.0), DIGITS), round(event.known, DIGITS)]
                    events[called[event.name]].append(pair)
        if also is not None:
            also(block.samples)
    if not rows:
        raise LivevizError(
            f"{reader.label}: too short to listen to ({sound.frames} samples; at least {analyser.hop_length})"
        )
    table = np.array(rows)  # [hops, outputs]
    return {
        "sample_rate": reader.sample_rate,
        "hop": analyser.hop_length,
        "t": _numbers(np.array(times)),
        **{key: _numbers(table[:, names.index(name)]) for key, name in CURVES.items()},
        "chroma": _numbers(table[:, [names.index(f"chroma.{i}") for i in range(12)]]),
        "bands": {band: _numbers(table[:, names.index(f"bands.{band}")]) for band in BANDS},
        "events": events,
        "signals": {
            "t": _numbers(np.array(times[EVERY_HOPS - 1 :: EVERY_HOPS])),
            **{
                output.name: _numbers(table[EVERY_HOPS - 1 :: EVERY_HOPS, i], SIGNAL_DIGITS)
                for i, output in enumerate(analyser.outputs)
                if output.kind != "event"
            },
        },
    }


def run(reader: Reader, path: Path, hop_length: int | None = None, title: str = "") -> None:
    """Listen to all of `reader` and write a page (`.png`) or the numbers (`.json`).

    Raises:
        UsageError: hop_length is out of range.
        LivevizError: the sound is too short, or the file cannot be written.
    """
    if path.suffix.lower() != ".png":
        write_json(analyze(reader, hop_length), path, indent=None)
        return
    from liveviz.reports.analysis_plot import write_png
    from liveviz.reports.spectrogram import Spectrogram

    spectrogram = Spectrogram(reader.sample_rate, reader.duration or _length(reader))
    write_png(analyze(reader, hop_length, spectrogram.add), spectrogram, path, Path(title or reader.label).name)


def _length(reader: Reader) -> float:
    """Seconds of a sound that does not say how long it is: read once for that, then rewound."""
    frames = 0
    while n := len(reader.read(BLOCK_FRAMES)):
        frames += n
    reader.rewind()
    return frames / reader.sample_rate


def _numbers(values: NDArray[np.float64], digits: int = DIGITS) -> Any:
    return np.round(values, digits).tolist()
