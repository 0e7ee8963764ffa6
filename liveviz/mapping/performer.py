"""The show: a program in performance. It takes signals and control messages in, and gives one ParameterFrame per
picture. It reads no clock: the same messages, signals and times give the same frames, live or offline."""

import logging
import math
from collections.abc import Mapping, Sequence

from liveviz.mapping.beats import Beats
from liveviz.mapping.controls import Controls, Move
from liveviz.mapping.curves import wave
from liveviz.mapping.latents import BEATS_PER_BAR, Latents
from liveviz.mapping.modulators import Moment
from liveviz.mapping.moving_routes import Follower
from liveviz.mapping.playing_routes import PlayingRoutes
from liveviz.mapping.program import CHROMA_SIGNALS, Program, Route, Target
from liveviz.mapping.scenes import SECTION_SIGNAL, SECTIONS, Scenes
from liveviz.mapping.signal_values import chroma
from liveviz.spec import (
    BendSetting,
    ControlMessage,
    Output,
    ParameterFrame,
    Registry,
    RowSetting,
    SignalFrame,
    Tempo,
)
from liveviz.spec.tempo import ANALYSER_SOURCE, leader

log = logging.getLogger("liveviz.mapping")

LONGEST_STEP_SECONDS = 1.0  # a machine that slept does not play the time it lost
STALE_SECONDS = 2.0  # seconds without a new hop: whoever analysed is gone, and that is silence
SILENT_CHROMA = (0.0,) * 12


class Performer:
    """One program, its knobs, its envelopes and its place in the loops.

    Args:
        program: what to perform.
        registry: the parameters; every one of them is in every frame.
        sources: the signals, in the order of `SignalFrame.values`.
        seed: instead of the program's own; of the noise, and of pictures that the file only counts.
    State: the program, its bases and envelopes, its beats; `tempo`, who leads now; `scenes`.
    What makes a value, from below: the base ([set], controllers, direct control), then the signal routes that set, then
    the other ones in the order of the file.
    """

    def __init__(
        self, program: Program, registry: Registry, sources: Sequence[Output], *, seed: int | None = None
    ) -> None:
        self._registry, self._sources, self._seed = registry, tuple(sources), seed
        self._index = {o.name: i for i, o in enumerate(self._sources)}
        self._defaults = registry.defaults()
        self._controls = Controls(registry)
        self._struck = False
        self._playing: PlayingRoutes
        self._beats = Beats()
        self._noise_phase = self._time = 0.0
        self._frames = 0
        self._newest: SignalFrame | None = None
        self._still = 0.0
        self.tempo: Tempo | None = None
        self.program = program
        self._latents = Latents(program.latent, self.seed)
        self._places = {
            source: [self._index[f"{source}.{i}"] for i in range(12) if f"{source}.{i}" in self._index]
            for source in CHROMA_SIGNALS
        }
        self.scenes = Scenes(self._controls, self._latents, self._beats)
        self._labels = [self._index[n] for i in range(SECTIONS) if (n := f"{SECTION_SIGNAL}.{i}") in self._index]
        self._install()

    @property
    def seed(self) -> int:
        """Of the noise fields and of the pictures that the file only counts."""
        return self.program.seed if self._seed is None else self._seed % 2**32

    @property
    def last_move(self) -> Move | None:
        """What a hand moved last, or tried to."""
        return self._controls.last

    @property
    def last_touched(self) -> tuple[str, float] | None:
        """Parameter that a hand moved last, or tried to, and where it is going."""
        last = self._controls.last
        return None if last is None else (last.target.parameter, last.value)

    def replace(self, program: Program) -> None:
        """Perform another program from here on.

        Places in loops, beats, noise and envelopes of routes that stay go on. What a hand set stays too, unless the new
        file gives that parameter another [set] value than the old one. Knobs must be picked up again.
        """
        old, self.program = self.program, program
        self._latents.replace(program.latent, self.seed)
        self._install(old)

    def _install(self, old: Program | None = None) -> None:
        before = self._playing if old is not None else None
        self._playing = PlayingRoutes(self.program, self._sources, self.seed, before)
        followers: dict[str, list[Follower]] = {}
        for i, route in enumerate(self._playing.moving.routes):
            if route.kind == "control":
                followers.setdefault(route.source, []).append(Follower(self._playing.moving, i))
        self._controls.install(self.program, old, followers)
        self.scenes.install(self.program)

    # Control -----------------------------------------------------------------------------------------------------

    def control(self, message: ControlMessage) -> bool:
        """Take one message; True if a route or a parameter listens to it (also while its knob waits to be picked up).

        A message at a parameter's own OSC address, 0-1, sets its base value whatever the file says; `/liveviz/rest` takes
        what hands moved back to what the file says. Messages that are no finite number, or that nobody listens to, change
        nothing.
        """
        return self.moves(message) is not None

    def moves(self, message: ControlMessage) -> list[Move] | None:
        """The same as `control`, and what it moved; None where nobody listens."""
        moves = self._controls.take(message)
        read = self._playing.reads.control(message) | self.scenes.control(message)
        return [] if moves is None and read else moves

    @property
    def listens(self) -> frozenset[str]:
        """Every OSC address that `control` does something with."""
        read = (*self._playing.reads.controls, *self.scenes.addresses)
        return self._controls.listens | {name for name in read if name.startswith("/")}

    def rest(self, name: str = "") -> list[str]:
        """Take the parameter `name`, or every one that a hand moved, back to what the file says; the names of those."""
        return self._controls.rest(name)

    def toggle(self, name: str) -> bool:
        """Turn a toggle parameter (stage.blackout, stage.freeze) over and return its new state.

        Raises: ValueError where `name` is no toggle.
        """
        if name not in self._registry or self._registry[name].curve != "toggle":
            raise ValueError(f"{name} is no toggle")
        base = self._controls.bases.get(Target(name))
        on = (base.goal if base else self._defaults[name]) < 0.5
        self._controls.direct(name, float(on), name)
        return on

    # State as data -----------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, float]:
        """Where every parameter's base goes now, by name, in its own unit: what a scene keeps. A bend that acts at several
        places has its usual one under its name, the others as `bend.zoom@32`; rows likewise, as `pca.0[4:8]`."""
        return self._controls.snapshot()

    def recall(self, values: Mapping[str, float], seconds: float = 0.0) -> list[str]:
        """Go to `values`, as `snapshot` gave them, within `seconds` (0 to 3600), evenly; what they do not name stays. Knobs
        must be picked up again.

        Returns: the names that this show does not know, or has no room for; their values, and such as are not finite, are
        left out.
        """
        return self._controls.recall(values, seconds)

    def learn(self, name: str) -> None:
        """Bind the control that moves next to the parameter `name`, from one end of its range to the other, until the show
        ends, also while its file changes; empty: wait no more.

        Raises: ValueError where there is no such parameter.
        """
        if name and name not in self._registry:
            raise ValueError(f"{name} is no parameter")
        self._controls.learning = name
        self._controls.detector.forget()

    @property
    def learning(self) -> str:
        """The parameter that waits for a control; empty where none does."""
        return self._controls.learning

    def take_learned(self) -> Route | None:
        """The route that was learned since the last call, None where none was: for whoever writes it down."""
        route, self._controls.newly_learned = self._controls.newly_learned, None
        return route

    def written_down(self, name: str) -> None:
        """The file has the learned route of a parameter now."""
        self._controls.written_down(name)

    @property
    def learned(self) -> Mapping[str, str]:
        """The address that was learned, by parameter."""
        return self._controls.learned

    # Time --------------------------------------------------------------------------------------------------------

    def step(self, signals: SignalFrame | None, time: float, dt: float, tempo: Tempo | None = None) -> ParameterFrame:
        """Everything for the picture at `time`.

        Args:
            signals: the newest frame of the analyser, None where there is none. 2 s without a new one are silence.
            tempo: of a source other than the analyser, where there is one. It leads while it plays and has spoken within
                2 s; else the analyser does, which is one such source.
            time: of the picture, in seconds.
            dt: seconds since the last step; more than one second counts as one.
        Returns:
            a frame whose values are finite and in range, whatever came in.
        """
        dt = min(max(dt, 0.0), LONGEST_STEP_SECONDS) if math.isfinite(dt) else 0.0
        self._time = time if math.isfinite(time) else self._time + dt
        heard = self._hear(signals, dt)
        self.tempo = leader(self._analysed(heard), tempo, self._time)
        beats = self._beats.step(self.tempo, self._time, dt)
        labels = [float(heard.values[place]) for place in self._labels] if heard is not None else []
        self.scenes.step(labels, self._bar_starts(heard))
        self._latents.fade(dt)
        amounts = {target: base.step(dt) for target, base in self._controls.bases.items()}
        asked = self._playing.play(heard, amounts, Moment(self._beats.count, self._time, dt))
        self._struck = self._struck or asked
        values = dict(self._defaults)
        bends, rows = [], []
        for target, amount in amounts.items():
            name = target.parameter
            amount = self._registry[name].clamp(amount)
            if target.rows is not None:
                rows.append(RowSetting(name, *target.rows, amount))
                continue
            if target.layer:
                bends.append(BendSetting(name.removeprefix("bend."), target.layer, amount, target.channels))
            if not target.layer or self._controls.home(name) == target:
                values[name] = amount
        for palette in self._latents.palettes:
            places = self._places[palette.chords.source]
            palette.step(chroma(heard.values, places) if heard else SILENT_CHROMA, dt)
        self._latents.drift(beats * values["latent.speed"])
        self._latents.trigger(values["latent.target"], self._struck or self._controls.struck)
        self._struck = self._controls.struck = False
        self._noise_phase = self._phase_of_noise(values["noise_speed"] * dt)
        self._frames += 1
        newest = self._newest
        live = self._latents.terms(values["latent.target"], values["latent.chords"], values["latent.other"])
        return ParameterFrame(
            sequence=self._frames - 1,
            time=self._time,
            values=values,
            latents=self._latents.shown(live),
            bends=tuple(bends),
            noise_phase=self._noise_phase,
            seed=self.seed,
            beats=self._beats.count,
            signal_time=newest.time if newest and math.isfinite(newest.time) else -math.inf,
            signal_sequence=newest.sequence if newest else -1,
            rows=tuple(rows),
            morph=self._latents.morph,
        )

    def _bar_starts(self, heard: SignalFrame | None) -> float:
        """A count of beats at which a bar begins, as far as whoever leads knows of bars; else every fourth beat."""
        tempo, count = self.tempo, self._beats.count
        if tempo is not None and tempo.source != ANALYSER_SOURCE and math.isfinite(tempo.beat):
            return count - (tempo.beat + max(self._time - tempo.time, 0.0) * tempo.bpm / 60.0)
        phase = self._value(heard, "bar_phase")
        return round(count - BEATS_PER_BAR * phase) if phase is not None and 0.0 <= phase <= 1.0 else 0.0

    def _phase_of_noise(self, passed: float) -> float:
        """How many noise fields have gone by, `passed` more than before; in a loop, there and back."""
        loop = self.program.noise_loop
        if loop is None:
            return self._noise_phase + passed
        return loop.fields * float(wave(self._beats.count / (loop.bars * BEATS_PER_BAR) % 1.0))

    def _hear(self, signals: SignalFrame | None, dt: float) -> SignalFrame | None:
        """The frame to use: None in silence, when it is stale, or when it is no frame of these sources."""
        if signals is None or signals.values.shape != (len(self._sources),):
            if signals is not None and self._newest is None:
                log.warning("signals: expected %d values, got %s", len(self._sources), signals.values.shape)
            return None
        fresh = self._newest is None or signals.sequence != self._newest.sequence
        self._still = 0.0 if fresh else self._still + dt
        self._newest = signals
        return signals if self._still <= STALE_SECONDS else None

    def _analysed(self, heard: SignalFrame | None) -> Tempo | None:
        """The analyser's tempo; None where it hears nothing, or the show has no such signal."""
        tempo, phase = self._value(heard, "tempo"), self._value(heard, "beat_phase")
        if heard is None or tempo is None:
            return None
        time = heard.time if math.isfinite(heard.time) else self._time
        return Tempo(tempo, math.nan if phase is None else phase, time)

    def _value(self, heard: SignalFrame | None, name: str) -> float | None:
        index = self._index.get(name)
        return float(heard.values[index]) if heard is not None and index is not None else None
