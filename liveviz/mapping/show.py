"""The show: a program in performance. It takes signals and control messages in, and gives one ParameterFrame per
picture. It reads no clock: the same messages, signals and times give the same frames, live or offline."""

import logging
import math
from collections.abc import Callable, Sequence

from liveviz.mapping.beats import Beats
from liveviz.mapping.envelope import Counter, Follower, Pulse, chroma, normalise
from liveviz.mapping.knobs import Base, Knob
from liveviz.mapping.latents import Latents
from liveviz.mapping.program import CHROMAS, LAYER, MAX_BENDS, MAX_ROWED, Program, Target
from liveviz.spec import BendSetting, ControlMessage, Output, ParameterFrame, Registry, RowSetting, SignalFrame

log = logging.getLogger("liveviz.mapping")

LONGEST_STEP = 1.0  # seconds: a machine that slept does not play the time it lost
STALE = 2.0  # seconds without a new hop: whoever analysed is gone, and that is silence
LONGEST_ADDRESS = 300
SILENT = (0.0,) * 12

_MIX: dict[str, Callable[[float, float], float]] = {
    "set": lambda base, value: value,
    "add": lambda base, value: base + value,
    "multiply": lambda base, value: base * value,
    "max": max,
}


class Show:
    """One program, its knobs, its envelopes and its place in the loops.

    Args:
        program: what to perform.
        registry: the parameters; every one of them is in every frame.
        sources: the signals, in the order of `SignalFrame.values`.
        seed: instead of the program's own; of the noise, and of pictures that the file only counts.
    What makes a value, from below: the base ([set], controllers, direct control), then the signal routes that set, then
    the other ones in the order of the file.
    """

    def __init__(
        self, program: Program, registry: Registry, sources: Sequence[Output], *, seed: int | None = None
    ) -> None:
        self._registry, self._sources, self._seed = registry, tuple(sources), seed
        self._index = {o.name: i for i, o in enumerate(self._sources)}
        self._addresses = {p.osc: p.name for p in registry}
        self._defaults = registry.defaults()
        self._counters: dict[str, Counter] = {o.name: Counter() for o in self._sources if o.kind == "event"}
        self._bases: dict[Target, Base] = {}
        self._knobs: dict[str, list[Knob]] = {}
        self._moving: list[Follower | Pulse] = []
        self._touched: tuple[str, float] | None = None
        self._struck = False
        self._beats = Beats()
        self._noise_phase = self._time = 0.0
        self._frames = 0
        self._newest: SignalFrame | None = None
        self._still = 0.0
        self.program = program
        self._latents = Latents(program.latent, self.seed)
        self._places = {
            source: [self._index[f"{source}.{i}"] for i in range(12) if f"{source}.{i}" in self._index]
            for source in CHROMAS
        }
        self._install()

    @property
    def seed(self) -> int:
        """Of the noise fields and of the pictures that the file only counts."""
        return self.program.seed if self._seed is None else self._seed % 2**32

    @property
    def last_touched(self) -> tuple[str, float] | None:
        """Parameter that a hand moved last, or tried to, and where it is going."""
        return self._touched

    def replace(self, program: Program) -> None:
        """Perform another program from here on.

        Places in loops, beats, noise and envelopes of routes that stay go on. What a hand set stays too, unless the new
        file gives that parameter another [set] value than the old one. Knobs must be picked up again.
        """
        old, self.program = self.program, program
        self._latents.replace(program.latent, self.seed)
        self._install(old)

    def _install(self, old: Program | None = None) -> None:
        program = self.program
        bases, self._bases = self._bases, {}
        for target in (*program.constants, *program.bends, *(r.target for r in program.routes)):
            self._bases.setdefault(target, Base(self._rest(target)))
        for place, base in bases.items():
            if old is None or not base.manual:
                continue
            target = program.homes.get(place.parameter, place)
            same = old.constants.get(old.homes.get(place.parameter, place)) == program.constants.get(target)
            if same and (target in self._bases or self._room_for(target)):
                base.owner = None
                self._bases[target] = base
        travels = {k.route.source: k.travel for knobs in self._knobs.values() for k in knobs}
        playing = {(type(s), s.route.source, s.route.target, s.route.mix): s for s in self._moving}
        self._knobs, self._moving = {}, []
        for route in sorted(program.routes, key=lambda r: r.mix != "set"):
            if route.kind == "control" and route.mix == "set":
                knob = Knob(route)
                knob.travel = travels.get(route.source)
                self._knobs.setdefault(route.source, []).append(knob)
                continue
            moving = Pulse(route) if route.kind == "event" else Follower(route)
            before = playing.get((type(moving), route.source, route.target, route.mix))
            if before is not None:
                moving.resume(before)
            self._moving.append(moving)

    def _rest(self, target: Target) -> float:
        """Where the file lets it rest. Rows that have a value of their own instead of the common one rest at the common."""
        name = target.parameter
        if target.rows is not None and self._registry[name].rows == "instead":
            common = self.program.constants.get(Target(name), self._defaults[name])
            return self.program.constants.get(target, common)
        return self.program.constants.get(target, self._defaults[name])

    def _room_for(self, target: Target) -> bool:
        """Whether one more place like this fits into a frame."""
        if target.rows is not None:
            return sum(other.rows is not None for other in self._bases) < MAX_ROWED
        return not target.layer or sum(other.layer > 0 for other in self._bases) < MAX_BENDS

    # Control -----------------------------------------------------------------------------------------------------

    def control(self, message: ControlMessage) -> bool:
        """Take one message; True if a route or a parameter listens to it (also while its knob waits to be picked up).

        A message at a parameter's own OSC address, 0-1, sets its base value whatever the file says. Messages that are
        no finite number, or that nobody listens to, change nothing.
        """
        address = message.address
        try:
            x = float(message.value)
        except (TypeError, ValueError, OverflowError):
            return False
        if not math.isfinite(x) or not isinstance(address, str) or len(address) > LONGEST_ADDRESS:
            return False
        x = min(max(x, 0.0), 1.0)
        heard = False
        any_channel = address.partition(".ch.")[0] if address.startswith("midi.") else address
        for source in dict.fromkeys((address, any_channel)):
            heard = self._controller(source, x) or heard
        name = self._addresses.get(address)
        if name is not None:
            heard = self._direct(name, self._registry[name].at(x)) or heard
        return heard

    def toggle(self, name: str) -> bool:
        """Turn a toggle parameter (stage.blackout, stage.freeze) over and return its new state.

        Raises: ValueError where `name` is no toggle.
        """
        if name not in self._registry or self._registry[name].curve != "toggle":
            raise ValueError(f"{name} is no toggle")
        base = self._bases.get(Target(name))
        on = (base.goal if base else self._defaults[name]) < 0.5
        self._direct(name, float(on))
        return on

    def _direct(self, name: str, value: float) -> bool:
        target = self._home(name)
        base = self._bases.get(target)
        if base is None:
            if not self._room_for(target):
                log.warning("%s: %d bends are in use already", name, MAX_BENDS)
                return False
            base = self._bases[target] = Base(self._defaults[name])
        base.move(value)
        self._touched = (name, value)
        return True

    def _home(self, name: str) -> Target:
        return self.program.homes.get(name, Target(name, LAYER if self._registry[name].layered else 0))

    def _controller(self, source: str, x: float) -> bool:
        heard = False
        for knob in self._knobs.get(source, ()):
            route, before = knob.route, knob.travel
            base = self._bases[route.target]
            knob.turn(x, base)
            self._touch(route.to, base.goal, pressed=x > 0.0 and not before)
            heard = True
        for moving in self._moving:
            route = moving.route
            if isinstance(moving, Follower) and route.kind == "control" and route.source == source:
                pressed = x > 0.0 and not moving.input
                moving.input = x
                self._touch(route.to, route.at(route.travel(x)), pressed)
                heard = True
        return heard

    def _touch(self, name: str, value: float, pressed: bool) -> None:
        self._touched = (name, self._registry[name].clamp(value))
        self._struck = self._struck or (pressed and name == "latent.target")

    # Time --------------------------------------------------------------------------------------------------------

    def step(self, signals: SignalFrame | None, time: float, dt: float) -> ParameterFrame:
        """Everything for the picture at `time`.

        Args:
            signals: the newest frame of the analyser, None where there is none. 2 s without a new one are silence.
            time: of the picture, in seconds.
            dt: seconds since the last step; more than one second counts as one.
        Returns:
            a frame whose values are finite and in range, whatever came in.
        """
        dt = min(max(dt, 0.0), LONGEST_STEP) if math.isfinite(dt) else 0.0
        self._time = time if math.isfinite(time) else self._time + dt
        heard = self._hear(signals, dt)
        beats = self._musical_time(heard, dt)
        amounts = {target: base.step(dt) for target, base in self._bases.items()}
        self._play(heard, amounts, dt)
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
            if not target.layer or self._home(name) == target:
                values[name] = amount
        for palette in self._latents.palettes:
            places = self._places[palette.chords.source]
            palette.step(chroma(heard.values, places) if heard else SILENT, dt)
        self._latents.drift(beats * values["latent.speed"])
        self._latents.trigger(values["latent.target"], self._struck)
        self._struck = False
        self._noise_phase += values["noise_speed"] * dt
        self._frames += 1
        newest = self._newest
        return ParameterFrame(
            sequence=self._frames - 1,
            time=self._time,
            values=values,
            latents=self._latents.terms(values["latent.target"], values["latent.chords"]),
            bends=tuple(bends),
            noise_phase=self._noise_phase,
            seed=self.seed,
            beats=self._beats.count,
            signal_time=newest.time if newest and math.isfinite(newest.time) else -math.inf,
            signal_sequence=newest.sequence if newest else -1,
            rows=tuple(rows),
        )

    def _hear(self, signals: SignalFrame | None, dt: float) -> SignalFrame | None:
        """The frame to use: None in silence, when it is stale, or when it is no frame of these sources."""
        if signals is None or signals.values.shape != (len(self._sources),):
            if signals is not None and self._newest is None:
                log.warning("signals: expected %d values, got %s", len(self._sources), signals.values.shape)
            return None
        fresh = self._newest is None or signals.sequence != self._newest.sequence
        self._still = 0.0 if fresh else self._still + dt
        self._newest = signals
        return signals if self._still <= STALE else None

    def _musical_time(self, heard: SignalFrame | None, dt: float) -> float:
        tempo = self._value(heard, "tempo")
        phase = self._value(heard, "beat_phase")
        age = self._time - heard.time if heard and math.isfinite(heard.time) else 0.0
        return self._beats.step(tempo if tempo is not None else 0.0, phase, age, dt)

    def _value(self, heard: SignalFrame | None, name: str) -> float | None:
        index = self._index.get(name)
        return float(heard.values[index]) if heard is not None and index is not None else None

    def _play(self, heard: SignalFrame | None, amounts: dict[Target, float], dt: float) -> None:
        """Put the routes on top of the bases, in `amounts`."""
        struck = set()
        if heard is not None:
            counts = heard.values
            struck = {n for n, counter in self._counters.items() if counter.step(float(counts[self._index[n]]))}
        for moving in self._moving:
            route = moving.route
            if isinstance(moving, Pulse):
                moving.struck = route.source in struck
                self._struck = self._struck or (moving.struck and route.to == "latent.target")
            elif route.kind != "control":
                value = self._value(heard, route.source)
                moving.input = 0.0 if value is None else normalise(value, self._sources[self._index[route.source]])
            moved = moving.step(dt)
            if moved is not None:
                amounts[route.target] = _MIX[route.mix](amounts[route.target], moved)
