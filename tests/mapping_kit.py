"""What the mapping tests share: a list of signals as the analyser names them, a small registry, frames to feed."""

from collections.abc import Callable
from typing import Any

import numpy as np

from liveviz import mapping
from liveviz.spec import CORE_PARAMETERS, ControlMessage, Output, Parameter, ParameterFrame, Registry, SignalFrame

SOURCES = (
    Output("rms"),
    Output("level_db", low=-60.0, high=0.0, unit="dB"),
    *(Output(f"bands.{name}") for name in ("bass", "mid", "high")),
    *(Output(name, "event") for name in ("onset", "onset.kick", "onset.snare", "onset.hat")),
    Output("onset_strength"),
    *(Output(f"chroma.{i}") for i in range(12)),
    *(Output(f"bass_chroma.{i}") for i in range(12)),
    *(Output(f"{name}.{i}") for name in ("chord", "section_label") for i in range(12)),
    Output("build"),
    Output("drop", "event"),
    Output("section", "event"),
    Output("tempo", low=60.0, high=200.0, unit="bpm"),
    Output("beat", "event"),
    Output("beat_phase", "phase"),
    Output("bar_phase", "phase"),
    Output("downbeat", "event"),
    Output("energy"),
    *(Output(name) for name in ("harmonic", "percussive", "spectral_centroid")),
    Output("silence"),
)
INDEX = {output.name: i for i, output in enumerate(SOURCES)}
REGISTRY = Registry(
    [
        *CORE_PARAMETERS,
        Parameter("bend.zoom", -1.0, 1.0, 0.0, "zoom", layered=True),
        Parameter("bend.rotate", -180.0, 180.0, 0.0, "rotate", "deg", layered=True),
        Parameter("bend.mirror", 0.0, 1.0, 0.0, "mirror", layered=True),
        Parameter("post.feedback.amount", 0.0, 1.0, 0.0, "trails"),
        Parameter("post.filter.cutoff", 20.0, 20000.0, 20000.0, "cutoff", "Hz", "exponential"),
        Parameter("post.colour.hue", 0.0, 1.0, 0.0, "hue"),
    ]
)


def program(body: str, name: str = "test.toml") -> mapping.Program:
    """`body` behind a version line that does not move its line numbers (it is on the first line of body)."""
    return mapping.load("version = 1 " + body, REGISTRY, SOURCES, name=name)


def show(body: str = "", **more: Any) -> mapping.Performer:
    """A show of `body`."""
    return mapping.Performer(program(body), REGISTRY, SOURCES, **more)


def frame(sequence: int = 0, time: float = 0.0, **values: float) -> SignalFrame:
    """A frame with the named signals (`onset__kick` is onset.kick) and 0 for all others."""
    array = np.zeros(len(SOURCES))
    for name, value in values.items():
        array[INDEX[name.replace("__", ".")]] = value
    return SignalFrame(sequence, time, array)


def message(address: str, value: float) -> ControlMessage:
    """A message, whenever."""
    return ControlMessage(address, value, 0.0)


def play(
    a_show: mapping.Performer, seconds: float, fps: float, song: Callable[[float], dict[str, float]]
) -> list[ParameterFrame]:
    """Frames of `song` (signals by time) from the first to the last."""
    frames = []
    for n in range(1, round(seconds * fps) + 1):
        t = n / fps
        frames.append(a_show.step(frame(n, t, **song(t)), t, 1.0 / fps))
    return frames
