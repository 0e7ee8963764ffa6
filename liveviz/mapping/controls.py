"""What hands do to a show: controllers, keys and direct control move the base values that its routes stand on, and there
is a way back to where the file lets them rest."""

import logging
import math
from collections.abc import Mapping
from typing import NamedTuple

from liveviz.mapping.direct_addresses import DirectAddresses, goal
from liveviz.mapping.encoders import Detector
from liveviz.mapping.knobs import Base, Knob
from liveviz.mapping.learned import learned_route
from liveviz.mapping.moving_routes import Follower
from liveviz.mapping.program import DEFAULT_BEND_LAYER, STROKE_PARAMETER, Program, Route, Target
from liveviz.spec import Channels, ControlMessage, Registry
from liveviz.spec.addresses import RELATIVE_SIGNS, without_channel
from liveviz.spec.limits import MAX_BENDS, MAX_ROWS

log = logging.getLogger("liveviz.mapping")

LONGEST_ADDRESS_LETTERS = 300
LONGEST_FADE_SECONDS = 3600.0
# Alone for every parameter; with a parameter's path behind it, or its name as text, for that one
REST_ADDRESS = "/liveviz/rest"
_NOT_LEARNED = ("/liveviz/", "key.")  # what moves parameters anyhow, and what chooses the one to learn


class Move(NamedTuple):
    """What one message did to one parameter.

    value: where the parameter goes now, or stays. source: what moved it, a route's `from` or an OSC address.
    knob, goal: of a knob that waits to be picked up, where it stands and where it must go, 0-1; None where it acts.
    """

    target: Target
    value: float
    source: str
    knob: float | None = None
    goal: float | None = None


class Controls:
    """The base values of a program, and what moves them by hand.

    Args:
        registry: the parameters.
    State: `bases` by place, knobs by what they listen to, the last move; `struck`: a button has asked for the next picture;
    `learning`: the parameter that waits for a control, `detector`: what it may be; `learned`: the addresses that were
    learned, by parameter;
    `newly_learned`: the last route, until somebody takes it to write it down.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._addresses = DirectAddresses(registry)
        self._rests = {REST_ADDRESS + p.osc.removeprefix("/liveviz"): p.name for p in registry}
        self._defaults = registry.defaults()
        self._knobs: dict[str, list[Knob]] = {}
        self._followers: dict[str, list[Follower]] = {}
        self._program: Program
        self.bases: dict[Target, Base] = {}
        self.last: Move | None = None
        self.struck = False
        self.learning = ""
        self.detector = Detector()
        self.learned: dict[str, str] = {}
        self.newly_learned: Route | None = None

    def install(self, program: Program, old: Program | None, followers: Mapping[str, list[Follower]]) -> None:
        """Take the places of `program`. What a hand set stays, unless it gives that parameter another [set] value than
        `old`; knobs must be picked up again.

        Args:
            followers: controllers that act on top of the bases, by what they listen to.
        """
        self._program, self._followers = program, dict(followers)
        bases, self.bases = self.bases, {}
        for target in (*program.constants, *program.bends, *(r.target for r in program.routes)):
            self.bases.setdefault(target, Base(self.rest_of(target)))
        for place, base in bases.items():
            if old is None or not base.manual:
                continue
            target = program.homes.get(place.parameter, place)
            same = old.constants.get(old.homes.get(place.parameter, place)) == program.constants.get(target)
            if same and (target in self.bases or self._room_for(target)):
                base.owner = None
                self.bases[target] = base
        learned = [knob for knobs in self._knobs.values() for knob in knobs if not knob.route.line]
        travels = {(k.route.source, k.route.port): k.travel for knobs in self._knobs.values() for k in knobs}
        self._knobs = {}
        for route in program.routes:
            if route.is_knob:
                knob = Knob(route)
                knob.travel = travels.get((route.source, route.port))
                self._knobs.setdefault(route.source, []).append(knob)
        in_file = {(route.to, route.source) for route in program.routes}
        self.learned = {to: source for to, source in self.learned.items() if (to, source) in in_file}
        for knob in learned:
            self._bind(knob.route.to, knob.route.source, knob.route.port, knob.route.encoder)
        self.newly_learned = None

    def rest_of(self, target: Target) -> float:
        """Where the file lets it rest. Rows that have a value of their own instead of the common one rest at the common."""
        name = target.parameter
        constants = self._program.constants
        if target.rows is not None and self._registry[name].rows == "instead":
            return constants.get(target, constants.get(Target(name), self._defaults[name]))
        return constants.get(target, self._defaults[name])

    def home(self, name: str) -> Target:
        """The place where direct control of a parameter acts: the file's, or the usual one."""
        return self._program.homes.get(name, Target(name, DEFAULT_BEND_LAYER if self._registry[name].layered else 0))

    @property
    def listens(self) -> frozenset[str]:
        """Every OSC address that something listens to, and every encoder."""
        sources = (*self._knobs, *self._followers)
        encoders = (s for s, knobs in self._knobs.items() if any(knob.route.encoder for knob in knobs))
        return frozenset(
            (*self._addresses, *self._rests, REST_ADDRESS, *encoders, *(s for s in sources if s.startswith("/")))
        )

    def take(self, message: ControlMessage) -> list[Move] | None:
        """Do what one message says; None where nobody listens to it, else what it moved."""
        address = message.address
        try:
            x = float(message.value)
        except (TypeError, ValueError, OverflowError):
            return None
        if not math.isfinite(x) or not isinstance(address, str) or len(address) > LONGEST_ADDRESS_LETTERS:
            return None
        if address.startswith(REST_ADDRESS) and (address == REST_ADDRESS or address in self._rests):
            return self._back(message.text or self._rests.get(address, ""), address) if x > 0.0 or message.text else []
        relative = message.text in RELATIVE_SIGNS
        x = 0.0 if relative else min(max(x, 0.0), 1.0)
        if self.learning and not address.startswith(_NOT_LEARNED):
            encoder = self.detector.take(address, message.port, x)
            if encoder is not None:
                self._learn(address, message.port, encoder)
        moves: list[Move] = []
        any_channel = without_channel(address)
        for source in () if relative else dict.fromkeys((address, any_channel)):
            moves += self._controller(source, x, message.port)
        found = self._addresses.find(address)
        if found is not None:
            name = found.parameter.name
            base = self.bases.get(self.home(name))
            value = goal(found, message, base.goal if base is not None else self._defaults[name])
            if (move := self.direct(name, value, address)) is not None:
                moves.append(move)
        if moves:
            self.last = moves[-1]
        return moves or None

    def direct(self, name: str, value: float, source: str) -> Move | None:
        """Set a parameter's base value; None where there is no room for one more bend."""
        target = self.home(name)
        base = self.bases.get(target)
        if base is None:
            if not self._room_for(target):
                log.warning("%s: %d bends are in use already", name, MAX_BENDS)
                return None
            base = self.bases[target] = Base(self._defaults[name])
        base.move(value)
        self.last = Move(target, value, source)
        return self.last

    def rest(self, name: str = "") -> list[str]:
        """Take the parameter `name`, or every one that a hand moved, back to what the file says; the names of those moved."""
        gone: list[str] = []
        for target, base in list(self.bases.items()):
            if not base.manual or name not in ("", target.parameter):
                continue
            gone.append(target.parameter)
            if target in self._program.bends or not target.layer:
                base.back(self.rest_of(target))
            else:
                del self.bases[target]
        for followers in self._followers.values():
            for follower in followers:
                if follower.input is not None and name in ("", follower.route.to):
                    gone.append(follower.route.to)
                    follower.forget()
        return list(dict.fromkeys(gone))

    def snapshot(self) -> dict[str, float]:
        """Where every base goes, by name (see Performer.snapshot)."""
        found = self._defaults | {p.name: self.rest_of(self.home(p.name)) for p in self._registry}
        return found | {self._written(target): base.goal for target, base in self.bases.items()}

    def rests(self) -> dict[str, float]:
        """Where the file lets every parameter rest, and every place that there is, by name."""
        found = {p.name: self.rest_of(self.home(p.name)) for p in self._registry}
        return found | {self._written(target): self.rest_of(target) for target in self.bases}

    def recall(self, values: Mapping[str, float], seconds: float) -> list[str]:
        """Go to `values` (see Performer.recall); the names that were left out."""
        places = {self._written(target): target for target in self.bases}
        seconds = min(max(seconds, 0.0), LONGEST_FADE_SECONDS) if math.isfinite(seconds) else 0.0
        unknown = []
        for name, value in values.items():
            target = places.get(name) or (self.home(name) if name in self._registry else None)
            if target is None or not isinstance(value, int | float) or not math.isfinite(value):
                unknown.append(name)
                continue
            value = self._registry[target.parameter].clamp(value)
            base = self.bases.get(target)
            if base is None:
                if value == self.rest_of(target):
                    continue
                if not self._room_for(target):
                    unknown.append(name)
                    continue
                base = self.bases[target] = Base(self.rest_of(target))
            if base.goal != value or base.value != value:
                base.fade(value, seconds, self._registry[target.parameter].curve)
        return unknown

    def _written(self, target: Target) -> str:
        """The name of a place in a snapshot."""
        if self.home(target.parameter) == target:
            return target.parameter
        rows = f"[{target.rows[0]}:{target.rows[1]}]" if target.rows is not None else ""
        c = target.channels
        chosen = "" if c == Channels() else "#" + (",".join(map(str, c.chosen)) or f"{c.share:g}:{c.seed}")
        return f"{target.parameter}{f'@{target.layer}' if target.layer else ''}{chosen}{rows}"

    def written_down(self, name: str) -> None:
        """The route that was learned for a parameter is in the file now: what was learned beside the file goes."""
        for knobs in self._knobs.values():
            knobs[:] = [knob for knob in knobs if knob.route.line or knob.route.to != name]

    def _learn(self, address: str, port: str, encoder: str) -> None:
        """Bind a control to the parameter that waits; the one that was learned for it before goes."""
        name, self.learning = self.learning, ""
        self.detector.forget()
        self.written_down(name)
        self._bind(name, address, port, encoder)

    def _bind(self, name: str, address: str, port: str, encoder: str) -> None:
        """Let a control move a parameter from one end of its range to the other."""
        target, parameter = self.home(name), self._registry[name]
        if target not in self.bases:
            if not self._room_for(target):
                log.warning("%s: %d bends are in use already", name, MAX_BENDS)
                return
            self.bases[target] = Base(self.rest_of(target))
        route = learned_route(parameter, target, address, port, encoder)
        self._knobs.setdefault(address, []).append(Knob(route))
        self.learned[name] = address
        self.newly_learned = route

    def _back(self, name: str, source: str) -> list[Move]:
        word = name.strip().removeprefix("/liveviz/").replace("/", ".")
        if word and word not in self._registry:
            return []
        moves = [Move(self.home(n), self.rest_of(self.home(n)), source) for n in self.rest(word)]
        self.last = moves[-1] if moves else self.last
        return moves

    def _room_for(self, target: Target) -> bool:
        """Whether one more place like this fits into a frame."""
        if target.rows is not None:
            return sum(other.rows is not None for other in self.bases) < MAX_ROWS
        return not target.layer or sum(other.layer > 0 for other in self.bases) < MAX_BENDS

    def _controller(self, source: str, x: float, port: str) -> list[Move]:
        moves: list[Move] = []
        for knob in self._knobs.get(source, ()):
            route, before = knob.route, knob.travel
            if not heard_at(route, port):
                continue
            base = self.bases[route.target]
            acts = knob.turn(x, base)
            value = self._registry[route.to].clamp(base.goal)
            where = (None, None) if acts else (knob.travel, route.where(base.goal))
            moves.append(Move(route.target, value, source, *where))
            self._strike(route, x > 0.0 and not before)
        for follower in self._followers.get(source, ()):
            route = follower.route
            if not heard_at(route, port):
                continue
            self._strike(route, x > 0.0 and not follower.input)
            follower.input = x
            moves.append(Move(route.target, self._registry[route.to].clamp(route.at(route.travel(x))), source))
        return moves

    def _strike(self, route: Route, pressed: bool) -> None:
        self.struck = self.struck or (pressed and route.to == STROKE_PARAMETER)


def heard_at(route: Route, port: str) -> bool:
    """Whether a route listens to what comes from that MIDI port. The whole name of one is not that of its twin, `NAME #2`."""
    wanted, name = route.port.casefold(), port.casefold()
    return wanted in name and not (wanted and name.startswith(f"{wanted} #"))
