"""envelope: attack, decay, sustain and release, started by an event, a note or a button."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from liveviz.mapping.fields import Table
from liveviz.mapping.modulators._modulator import Modulator, Moment
from liveviz.spec import approach

HELP = "Rises and falls at every stroke."
LONGEST_PART_SECONDS = 60.0
_PART = f"0 to {LONGEST_PART_SECONDS:g} seconds"
KEYS = {
    "on": ("a signal, a control or a modulator", "What starts it. Must be there."),
    "attack": (_PART, "From where it is to 1, in a straight line; 0.01."),
    "hold": (_PART, "How long it stays at 1, and how long an event counts as held; 0."),
    "decay": (_PART, "Time constant of falling to `sustain`; 0.2."),
    "sustain": ("0 to 1", "Where it stays while a note or a button is held; 0."),
    "release": (_PART, "Time constant of falling to 0 when it is let go; 0.3."),
}


@dataclass(frozen=True, slots=True)
class EnvelopeSettings:
    """on: name of a source. The rest in seconds, `sustain` 0 to 1."""

    on: str
    attack: float
    hold: float
    decay: float
    sustain: float
    release: float

    @property
    def inputs(self) -> tuple[str, ...]:
        """What starts it."""
        return (self.on,)


def read(table: Table, inputs: Callable[[Table, str], str]) -> EnvelopeSettings:
    """What the table says."""
    if not table.has("on"):
        table.fail("on", 'is missing; write what starts it, like on = "onset.kick"')

    def seconds(key: str, default: float) -> float:
        return table.number(key, default, 0.0, LONGEST_PART_SECONDS, "seconds")

    return EnvelopeSettings(
        on=inputs(table, "on"),
        attack=seconds("attack", 0.01),
        hold=seconds("hold", 0.0),
        decay=seconds("decay", 0.2),
        sustain=table.number("sustain", 0.0, 0.0, 1.0),
        release=seconds("release", 0.3),
    )


def start(settings: EnvelopeSettings, seed: int) -> Modulator:
    """One that begins with the show."""
    return Envelope(settings)


class Envelope:
    """State: value; since (seconds since the stroke, None before the first or after it was let go); up (it is held)."""

    def __init__(self, settings: EnvelopeSettings) -> None:
        self._settings = settings
        self._value = 0.0
        self._since: float | None = None
        self._rising = self._up = False

    def step(self, moment: Moment, inputs: Sequence[float]) -> float:
        """See Modulator."""
        settings, up = self._settings, inputs[0] > 0.0
        if self._since is not None:
            self._since += moment.dt
        if up and not self._up:
            self._since, self._rising = 0.0, True
            if settings.attack == 0.0:
                self._value = 1.0
        elif self._since is not None:
            self._move(moment.dt, up)
        else:
            self._value = approach(self._value, 0.0, moment.dt, settings.release)
        self._up = up
        return self._value

    def _move(self, dt: float, up: bool) -> None:
        """One step behind the stroke."""
        settings = self._settings
        assert self._since is not None
        if self._rising:
            self._value = min(1.0, self._value + dt / settings.attack) if settings.attack > 0.0 else 1.0
            self._rising = self._value < 1.0
            return
        if self._since <= settings.attack + settings.hold:
            return
        if up or settings.sustain == 0.0:  # a stroke without a sustain rings out by its decay alone
            self._value = approach(self._value, settings.sustain, dt, settings.decay)
        else:
            self._since = None
            self._value = approach(self._value, 0.0, dt, settings.release)
