"""The frozen frames that travel from room to room: blocks, messages, signals, parameters, images.

All times are seconds on one monotonic clock that every process of a show shares (`liveviz.system.clock`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """Sound as it came in.

    samples: float32 `[frames, channels]`, full scale ±1.
    sample_rate: Hz, 8,000 to 192,000.
    time: when the last sample was captured (a device) or is heard (a file, the demo).
    """

    samples: NDArray[np.float32]
    sample_rate: int
    time: float


class ControlMessage(NamedTuple):
    """One move of a controller, a key or a network peer.

    address: a source name as mapping files write it: `midi.cc.1`, `midi.cc.1.ch.3`, `midi.note.60`, `key.space`, or an
        OSC address, which starts with `/`.
    value: 0 to 1 from MIDI and keys (notes: velocity, 0 = off); any finite float from OSC.
    time: when it arrived.
    text: what an OSC message said whose only argument is a string, up to 50 printable characters; else empty.
    port: name of the MIDI port that it came from; else empty.
    """

    address: str
    value: float
    time: float
    text: str = ""
    port: str = ""

    @property
    def kind(self) -> str:
        """What it came by: `osc` for an OSC address, else the first part of the address, such as `midi` or `key`."""
        return "osc" if self.address.startswith("/") else self.address.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Output:
    """One named float of a signal, as mapping files name it.

    kind: `level` (a continuous value in [low, high]), `phase` (wraps from high to low) or `event` (the frame carries how
        many there have been since the start; low and high do not apply).
    unit: `""` for a plain 0-1 value, else the unit (`bpm`, `dB`, `Hz`).
    """

    name: str
    kind: str = "level"
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in the sound: `time` is the best estimate of when, `known` when the analyser said so."""

    name: str
    time: float
    known: float
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class SignalFrame:
    """Every signal at the end of one hop.

    sequence: hops since the analyser started.
    time: end of the hop.
    values: float64 `[len(outputs)]` in the order of `signals.outputs()`; events are counts.
    events: what was announced in this hop (empty where the frame came through shared memory: use the counts).
    """

    sequence: int
    time: float
    values: NDArray[np.float64]
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class LatentTerm:
    """One picture of the latent mix: w of (seed, cls), weighted per layer range.

    seed: 0 to 2**32 - 1, z is `numpy.random.RandomState(seed).randn(z_dim)`, as everyone's StyleGAN scripts have it.
    cls: class index, or -1 for `seed % classes`.
    weights: for coarse, middle and fine layers; the engine divides by their sum over all terms.
    """

    seed: int
    cls: int
    weights: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Channels:
    """Which channels of a layer: the `chosen` ones (0 to 1023), or where none is, a `share` (above 0, up to 1) of all
    that `seed` draws."""

    chosen: tuple[int, ...] = ()
    share: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class BendSetting:
    """One bend at one layer: `op` is a file name of `bending/`, `layer` a resolution in pixels (4, 8, 16 ...)."""

    op: str
    layer: int
    amount: float
    channels: Channels = Channels()


@dataclass(frozen=True, slots=True)
class RowSetting:
    """One parameter on some rows of w+: `pca.N` pushes those rows (besides what `values` pushes), `truncation_psi` is
    theirs instead of the one in `values`, and whatever `truncation_cutoff` says.

    start, end: the first row and the one behind the last; rows that a generator has not are left out.
    """

    parameter: str
    start: int
    end: int
    amount: float


@dataclass(frozen=True, slots=True)
class ParameterFrame:
    """All that the engine and post need for one picture.

    sequence: frames since the show started.
    time: of the picture.
    values: every registered parameter by name, in its own unit and range, finite.
    latents: 1 to 32 terms; a range whose weights sum to 0 shows w_avg.
    bends: at most 16; which ops at which layers is the *topology*, amounts and channels are free at run time.
    noise_phase: how many noise fields have gone by (the integral of `noise_speed`).
    seed: of the noise fields.
    beats: how many beats have gone by (the integral of tempo), for effects that want musical time.
    signal_time: `time` of the newest SignalFrame in it, -inf where none was.
    signal_sequence: its sequence, -1 where none was.
    rows: at most 32, in this order.
    morph: 0 to 1, how far the mix of latents keeps the mean distance of its terms from the average image: a way between
        two images goes around the average, and not through it.
    """

    sequence: int
    time: float
    values: Mapping[str, float]
    latents: tuple[LatentTerm, ...]
    bends: tuple[BendSetting, ...] = ()
    noise_phase: float = 0.0
    seed: int = 0
    beats: float = 0.0
    signal_time: float = float("-inf")
    signal_sequence: int = -1
    rows: tuple[RowSetting, ...] = ()
    morph: float = 0.0

    def __getitem__(self, name: str) -> float:
        """Value of one registered parameter; KeyError where there is none of that name."""
        return self.values[name]


@dataclass(frozen=True, slots=True)
class ImageFrame:
    """One picture of the generator.

    pixels: uint8 `[H, W, 4]`, RGBA, row 0 at the top, alpha 255; of a picture of fields (`liveviz.fields`) uint16
        `[H, W, channels]`, which becomes colour where it is shown.
    parameters: sequence of the ParameterFrame it was made from.
    palette: of a picture of fields, its colours float32 `[5, 3]`; None for one that has its colours.
    """

    pixels: NDArray[Any]
    parameters: int
    time: float = 0.0
    signal_time: float = float("-inf")
    signal_sequence: int = -1
    palette: NDArray[np.float32] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), pixels."""
        height, width = self.pixels.shape[:2]
        return width, height


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class FetchedImage:
    """One picture of the generator that lies in the memory of the stage's GL already, and never was on the host.

    size: (width, height), pixels.
    write_to: writes it into a GL texture of that size, RGBA, row 0 at the top; on the thread of that GL, and before the
        next image is fetched.
    parameters, time, signal_time, signal_sequence: as in ImageFrame.
    """

    size: tuple[int, int]
    write_to: Callable[[Any], None]
    parameters: int
    time: float = 0.0
    signal_time: float = float("-inf")
    signal_sequence: int = -1


StageImage = ImageFrame | FetchedImage
"""A picture as the stage gets it: its pixels on the host, or fetched into GL's memory."""
