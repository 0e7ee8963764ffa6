"""What a mapping file says, checked and frozen: the program that a `Performer` performs. Nothing here moves; what moves
(positions, envelopes, knobs) belongs to the show, so that a program can be swapped while it plays."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from liveviz.mapping.curves import CURVES
from liveviz.mapping.formula import Formula
from liveviz.mapping.modulators import Settings
from liveviz.spec import Channels, LatentTerm

DEFAULT_BEND_LAYER = 16  # where a bend acts when the file does not say
# Groups of pictures, so that a show's seed gives each list pictures of its own
BASE_GROUP, TARGET_GROUP, CHORDS_GROUP, OTHER_GROUP = 0, 1, 2, 3
CHROMA_SIGNALS = ("chroma", "bass_chroma", "chord", "musical_key", "section_label")  # signals with twelve places
MIXES = ("set", "add", "multiply", "max")
TAKEOVERS = ("jump", "pickup", "scale")


STROKE_PARAMETER = "latent.target"
"""An event or a button that pulls to it takes the next image."""
ALL_CHANNELS = Channels()
Rows = tuple[int, int]  # the first and the one behind the last


class Target(NamedTuple):
    """What a value belongs to: a parameter, for a bend its layer and channels (layer 0 for everything else), and the rows
    of w+ where the file chooses them."""

    parameter: str
    layer: int = 0
    channels: Channels = ALL_CHANNELS
    rows: Rows | None = None


@dataclass(frozen=True, slots=True)
class ImageList:
    """Some pictures of the generator.

    seeds: one per picture; or empty and `count` > 0: that many pictures chosen by the seed of the show.
    classes: one per picture, or empty: the generator chooses by seed.
    """

    seeds: tuple[int, ...]
    count: int
    classes: tuple[int, ...] = ()

    def chosen(self, seed: int, group: int) -> tuple[tuple[int, int], ...]:
        """(seed, class) of every picture, for a show with `seed`; `group` keeps lists of one show apart."""
        first = seed * 256 + group * 64
        seeds = self.seeds or tuple((first + i) % 2**32 for i in range(self.count))
        return tuple(zip(seeds, self.classes or (-1,) * len(seeds), strict=True))


@dataclass(frozen=True, slots=True)
class Chords:
    """A palette of 1 to 12 pictures mixed by a chroma: pitch class k (C = 0) shows picture k modulo their number.

    source: one of CHROMA_SIGNALS. detail: 0 or 1 for coarse, middle, fine. attack, release: seconds.
    """

    palette: ImageList
    source: str
    detail: tuple[float, float, float]
    attack: float
    release: float


@dataclass(frozen=True, slots=True)
class Latent:
    """The pictures of the show: a loop that drifts, a list that is pulled to, palettes that follow the harmony, and a second
    loop, which drifts with the first and takes its place as far as `latent.other` says; None where there is none."""

    base: ImageList
    loop_bars: float
    target: ImageList
    target_detail: tuple[float, float, float]
    chords: tuple[Chords, ...]
    other: ImageList | None = None
    other_detail: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Route:
    """One source that moves one parameter.

    kind: `level`, `phase`, `event` (a signal), `control` (a controller, a key, OSC) or `formula`, which is then in `formula`.
    low, high: where input 0 and input 1 go, in the parameter's unit (`multiply`: factors); low may be above high.
    exponential: the way between them has equal ratios.
    gain: factor of the input. gate: inputs below it count as 0. lag: seconds by which it is late.
    attack, release: seconds, time constants. threshold: inputs up to it count as 0, the rest is stretched to 0-1.
    invert: 1 where the input is 0. steps: how many values it knows, 0 for all.
    priority: of routes that set one parameter, the highest whose input is above 0 counts.
    layer, channels: where a bend acts; layer 0 for everything that is not a bend. rows: of w+, None for the parameter's
    own. port: part of the name of the MIDI port that it listens to, empty for all. encoder: one of ENCODERS where the source
    says how far it was turned, else empty. line: in the file.
    """

    source: str
    kind: str
    to: str
    layer: int
    low: float
    high: float
    exponential: bool = False
    curve: str = "linear"
    attack: float = 0.0
    release: float = 0.0
    mix: str = "set"
    threshold: float = 0.0
    takeover: str = "jump"
    channels: Channels = ALL_CHANNELS
    rows: Rows | None = None
    port: str = ""
    encoder: str = ""
    gain: float = 1.0
    gate: float = 0.0
    lag: float = 0.0
    invert: bool = False
    steps: int = 0
    priority: int = 0
    formula: Formula | None = None
    line: int = field(default=0, compare=False)

    @property
    def is_knob(self) -> bool:
        """Whether a hand moves the base by it; every other route acts on top of the base."""
        return self.kind == "control" and self.mix == "set"

    @property
    def target(self) -> Target:
        """The parameter, and the place where it acts."""
        return Target(self.to, self.layer, self.channels, self.rows)

    def travel(self, x: float) -> float:
        """How far an input of 0-1 travels the range, 0-1: gain, gate, threshold, invert, curve, steps."""
        x = min(x * self.gain, 1.0)
        x = 0.0 if x < self.gate else x
        if self.threshold > 0.0:
            x = max(0.0, x - self.threshold) / (1.0 - self.threshold)
        x = float(CURVES[self.curve](1.0 - x if self.invert else x))
        return min(math.floor(x * self.steps) / (self.steps - 1.0), 1.0) if self.steps else x

    def at(self, u: float) -> float:
        """Travel 0-1 to the parameter's unit (`multiply`: to a factor)."""
        if self.exponential:
            return float(self.low * (self.high / self.low) ** u)
        return self.low + (self.high - self.low) * u

    def where(self, value: float) -> float:
        """The travel 0-1 that gives `value`, or the nearer end where it is outside the range: the inverse of `at`."""
        if self.exponential:
            u = math.log(value / self.low) / math.log(self.high / self.low) if value > 0.0 else 0.0
        else:
            u = (value - self.low) / (self.high - self.low)
        return min(max(u, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class NoiseLoop:
    """The noise goes through `fields` fields and back in `bars` bars, so that a loop of as many bars closes."""

    bars: float
    fields: int


@dataclass(frozen=True, slots=True)
class NamedModulator:
    """A modulator of the file. kind: one of `modulators.kinds()`."""

    name: str
    kind: str
    settings: Settings

    @property
    def source(self) -> str:
        """What routes and formulas call it."""
        return f"modulator.{self.name}"


@dataclass(frozen=True, slots=True)
class Scene:
    """A look under a name.

    scope: what it holds, of `scenes.SCOPES` and `model`. values: by name, as `Performer.snapshot` writes them.
    images: what stays; empty: the loop drifts; None: as it is. model: name of a generator, empty: as it is.
    fade: how long going there takes, in seconds or in beats. at: where in the music, of `scenes.QUANTA`.
    on: a control that asks for it; section: a part of the song that does. others_rest: what is in its scope and not named
    goes to where the file lets it rest, and does not stay.
    """

    name: str
    scope: tuple[str, ...]
    values: Mapping[str, float] = field(default_factory=dict)
    images: tuple[LatentTerm, ...] | None = None
    model: str = ""
    fade: float = 2.0
    fade_in_beats: bool = False
    at: str = "now"
    on: str = ""
    section: int | None = None
    others_rest: bool = False
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Program:
    """A whole mapping file.

    model: a bundle's name, or a path. noise_mask: path of the picture that holds the noise back where it is dark. Both as
        the file has them; whoever opens them takes a path from the mapping file's folder.
    constants: what [set] says, by target.
    homes: the place of every bend and push that the file names, where direct control acts.
    bends: every bend and place of the file, in the order of their first mention: the topology.
    modulators: in the order of the file; each may read those before it.
    noise_loop: None where the noise goes on and on, by `noise_speed`.
    old_words: (line, as the file writes it, today's word).
    """

    name: str
    title: str
    description: str
    model: str | None
    seed: int
    noise_mask: str | None
    latent: Latent
    constants: Mapping[Target, float]
    homes: Mapping[str, Target]
    bends: tuple[Target, ...]
    routes: tuple[Route, ...]
    modulators: tuple[NamedModulator, ...] = ()
    noise_loop: NoiseLoop | None = None
    scenes: tuple[Scene, ...] = ()
    old_words: tuple[tuple[int, str, str], ...] = field(default=(), compare=False)
