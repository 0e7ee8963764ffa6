"""What a show is at this moment, as data: from the stage to whoever shows it, answers for it or gives it back to controllers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from liveviz.spec.tempo import Tempo


@dataclass(frozen=True, slots=True)
class ShowState:
    """Twenty times a second.

    time: seconds on the show's clock. values: of every parameter as it is drawn, by name.
    touched: the parameter that a hand moved last, or tried to, and where it goes now; None before the first.
    control: address, value (0 to 1) and MIDI port of the last control message; None before the first.
    learning: the parameter that waits for a control; empty where none does. learned: address by parameter, of this show.
    model, mapping: what plays, by name. scene: the last one, empty before the first; armed: the one that waits for its
    place in the music, and for how many beats yet; None where none does. tempo: who leads, None where nobody knows of a beat.
    levels: `rms` and `level_db` of what is heard. health: `fps`, `late` (frames), `quality` (the step), `recording` (0 or 1).
    """

    time: float = 0.0
    values: Mapping[str, float] = field(default_factory=dict)
    touched: tuple[str, float] | None = None
    control: tuple[str, float, str] | None = None
    learning: str = ""
    learned: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    scene: str = ""
    armed: tuple[str, float] | None = None
    mapping: str = ""
    tempo: Tempo | None = None
    levels: Mapping[str, float] = field(default_factory=dict)
    health: Mapping[str, float | str] = field(default_factory=dict)
