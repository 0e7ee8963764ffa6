"""What one show was asked to do: the command line, checked, as plain data that travels to every process."""

from dataclasses import dataclass, replace
from pathlib import Path

from liveviz.outputs.sink import SinkChoice
from liveviz.spec import SoundChannels, Stems


@dataclass(frozen=True, slots=True)
class ShowOptions:
    """Options of `liveviz play`, checked.

    source: audio device name, a file, "demo", or None for the system's input.
    model: bundle name or path. mapping: path of the mapping file.
    size: canvas, (width, height) in pixels. fps: frames per second. seed: None = the mapping's.
    wide: how the generator's image takes the shape of the canvas, of models.WIDE_MODES.
    window: "window", "fullscreen" or "headless". monitor: name or index for fullscreen, None = the first.
    osc: (host, port) or None; osc_required: the user asked for that very port. osc_reply: (host or None, port) to which
        answers go, None for where the question came from.
    midi: port name, None for every port, "none" for no MIDI at all.
    sinks: where frames go besides the screen, () for nowhere.
    output: sound output that a file or the demo is heard on, None for the system's.
    seconds: stop after so long, None = until stopped.
    channels: of the sound, () for all; stems: channels with signals of their own. offset: seconds by which sound is heard
        before it is captured, None for what was calibrated.
    oscquery: (host, port) where programs may ask what there is, None for nowhere.
    resume: the state to begin with, as `last_state` writes it down; empty for none.
    controls: further control sources, (name, where or None) each.
    quality: "auto", or the step of `quality_steps.NAMES` to stay at.
    started: when the command began, on the show's clock. take: how often the stage was started again.
    """

    source: str | None
    model: str
    mapping: Path
    size: tuple[int, int]
    fps: float
    seed: int | None
    backend: str
    window: str
    monitor: str | None
    osc: tuple[str, int] | None
    osc_required: bool
    midi: str | None
    sinks: tuple[SinkChoice, ...]
    seconds: float | None
    stats: Path | None
    debug: bool
    started: float
    channels: SoundChannels = ()
    stems: Stems = ()
    offset: float | None = None
    take: int = 0
    wide: str = "mirror"
    quality: str = "auto"
    output: str | None = None
    osc_reply: tuple[str | None, int] | None = None
    controls: tuple[tuple[str, str | None], ...] = ()
    oscquery: tuple[str, int] | None = None
    resume: str = ""

    @property
    def films(self) -> bool:
        """A film of the show was asked for."""
        return any(sink.name == "record" for sink in self.sinks)

    def with_take(self, take: int) -> "ShowOptions":
        """The same with `take`."""
        return replace(self, take=take)
