"""Checks one [[route]]: where it comes from, where it goes, and how."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from liveviz.mapping import words
from liveviz.mapping.curves import CURVES
from liveviz.mapping.encoders import ENCODERS
from liveviz.mapping.fields import Table, families, heads, instead, quote, suggest
from liveviz.mapping.formula import LONGEST_FORMULA_LETTERS, Formula, FormulaError, parse
from liveviz.mapping.names import Names
from liveviz.mapping.program import DEFAULT_BEND_LAYER, MIXES, TAKEOVERS, Route, Rows, Target
from liveviz.spec import Address, Addresses, Channels, Output, Parameter, Registry
from liveviz.spec.keys import KEYS
from liveviz.spec.limits import MAX_CHANNELS
from liveviz.spec.parameters import WS_ROWS

MAX_SECONDS = 60.0
MAX_ADDRESS = 200  # of OSC
MAX_FACTOR = 10.0
MAX_PORT = 50  # letters of a port's name
MAX_GAIN = 64.0
MAX_LAG_SECONDS = 8.0
MOST_STEPS = 256
HIGHEST_PRIORITY = 9
FORMULA_SIGN = "="
"""What a `from` begins with that is a formula."""
MODULATOR_PREFIX = "modulator."
EVENT_RELEASE = 0.25

_KEY_NAMES = tuple(f"key.{name}" for name in KEYS)
_EXAMPLE_SOURCES = ("midi.cc.1", "midi.note.60", "midi.pitch", "key.space")


class Known(NamedTuple):
    """What a source may be called: signals by name, controls, and `modulator.NAME` of those that the file has."""

    signals: Mapping[str, Output]
    addresses: Addresses
    modulators: Collection[str] = ()

    def what_is_wrong(self, name: str) -> str:
        """Why a name is no source, and what is; empty where it is one."""
        if name in self.signals or name in self.modulators or self.addresses.find(name) is not None:
            return ""
        if name.startswith(MODULATOR_PREFIX):
            there = f"allowed: {', '.join(self.modulators)}" if self.modulators else "the file declares none before it"
            return f"no modulator {quote(name)}{suggest(name, self.modulators)}; {there}"
        known = _KEY_NAMES if name.startswith("key.") else (*self.signals, *self.modulators, *_EXAMPLE_SOURCES)
        allowed = (
            f"{self.addresses.words} (all of midi also with .ch.1-16), or a signal, as `liveviz listen` shows them"
        )
        return f"no source {quote(name)}{instead(name, known, allowed)}"


def read_route(table: Table, registry: Registry, known: Known, names: Names) -> Route:
    """One [[route]] as a Route; LivevizError with its line where something in it is wrong."""
    table.renamed("rows", words.OLD_WORDS["rows"])
    table.only(words.ROUTE)
    for key in ("from", "to"):
        if not table.has(key):
            table.fail(key, 'is missing; a route needs from = "..." and to = "..."')
    source = table.text("from", longest=LONGEST_FORMULA_LETTERS)
    formula = _formula(table, source, known)
    kind = "formula" if formula is not None else _kind(table, source, known)
    control = known.addresses.find(source) if kind == "control" else None
    to = names.parameter(table.text("to"))
    if to not in registry:
        there_are = (*registry.names, *names.written)
        table.fail("to", f"no parameter {quote(to)}{instead(to, there_are, heads(registry.names))}")
    parameter = registry[to]
    for key in ("layer", "channels"):
        if table.has(key) and not parameter.layered:
            other = "write rows = [start, end]" if parameter.rows else "remove it"
            table.fail(key, f"only a bend acts on a layer, {to} does not; {other}")
    place = read_place(table, to) if parameter.layered else Target(to, rows=read_rows(table, parameter, registry))
    mix = table.choice("mix", MIXES, "set")
    low, high = _range(table, parameter, mix)
    return Route(
        source=source,
        kind=kind,
        to=to,
        layer=place.layer,
        channels=place.channels,
        rows=place.rows,
        low=low,
        high=high,
        exponential=parameter.curve == "exponential" and mix in ("set", "max"),
        curve=table.choice("curve", tuple(CURVES), "linear"),
        attack=table.number("attack", 0.0, 0.0, MAX_SECONDS, "seconds"),
        release=table.number("release", EVENT_RELEASE if kind == "event" else 0.0, 0.0, MAX_SECONDS, "seconds"),
        mix=mix,
        threshold=table.number("threshold", 0.0, 0.0, 0.99),
        takeover=_takeover(table, source, control, mix),
        port=_port(table, source),
        encoder=_encoder(table, source, mix),
        gain=_level_number(table, kind, "gain", 1.0, 0.0, MAX_GAIN),
        gate=_level_number(table, kind, "gate", 0.0, 0.0, 0.99),
        lag=_lag(table, kind, mix),
        invert=_truth(table, "invert"),
        steps=table.as_integer("steps", table.data.get("steps", 0), 2, MOST_STEPS) if table.has("steps") else 0,
        priority=_priority(table, kind, mix),
        formula=formula,
        line=table.line,
    )


def _formula(table: Table, source: str, known: Known) -> Formula | None:
    """The formula that a source is, also where it is one modulator alone; None for a signal or a control."""
    text = source.lstrip()
    if not text.startswith((FORMULA_SIGN, MODULATOR_PREFIX)):
        return None
    skipped = len(source) - len(text) + text.startswith(FORMULA_SIGN)
    try:
        return parse(source[skipped:], known.what_is_wrong)
    except FormulaError as error:
        table.fail("from", f"character {error.column + skipped}: {error.what}")


def _level_number(table: Table, kind: str, key: str, default: float, low: float, high: float) -> float:
    if table.has(key) and kind == "event":
        table.fail(key, "an event is there or it is not; it is for sources that have a level")
    return table.number(key, default, low, high)


def _lag(table: Table, kind: str, mix: str) -> float:
    if table.has("lag") and (kind == "event" or (kind == "control" and mix == "set")):
        table.fail("lag", "events and knobs act at once; it is for signals and formulas")
    return table.number("lag", 0.0, 0.0, MAX_LAG_SECONDS, "seconds")


def _truth(table: Table, key: str) -> bool:
    value = table.data.get(key, False)
    if not isinstance(value, bool):
        table.fail(key, f"{quote(value)} is not allowed; true or false is")
    return value


def _priority(table: Table, kind: str, mix: str) -> int:
    if table.has("priority") and (kind == "control" or mix != "set"):
        table.fail("priority", 'it chooses between signals and formulas that set one parameter (mix = "set")')
    return table.as_integer("priority", table.data.get("priority", 0), 0, HIGHEST_PRIORITY)


def read_rows(table: Table, parameter: Parameter, registry: Registry) -> Rows | None:
    """`rows`: those of w+ that a parameter acts on, [start, end), None where it is not said."""
    if not table.has("rows"):
        return None
    if not parameter.rows:
        able = families(p.name for p in registry if p.rows)
        table.fail("rows", f"only {able} act on rows of w+, {parameter.name} does not; remove it")
    value, how = table.data["rows"], f"write rows = [start, end], of w+ from 0 to {WS_ROWS}, like [4, 8]"
    if not isinstance(value, list) or len(value) != 2:
        table.fail("rows", f"{quote(value)} is not two whole numbers; {how}")
    start, end = (table.as_integer(("rows", i), v, 0, WS_ROWS) for i, v in enumerate(value))
    if start >= end:
        table.fail("rows", f"{quote(value)} holds no row: the end is the row after the last; {how}")
    return start, end


def read_place(table: Table, bend: str) -> Target:
    """Where a bend acts: `layer`, a power of two from 4 to 1024 pixels, and `channels`, all of them by default."""
    if table.has("rows"):
        table.fail("rows", f"a bend acts at one layer; write layer = {DEFAULT_BEND_LAYER}")
    value = table.data.get("layer", DEFAULT_BEND_LAYER)
    if isinstance(value, bool) or not isinstance(value, int) or value not in (4, 8, 16, 32, 64, 128, 256, 512, 1024):
        table.fail("layer", f"{quote(value)} is no layer; 4, 8, 16, 32, 64, 128, 256, 512 or 1024 pixels are allowed")
    return Target(bend, value, _channels(table))


def _channels(table: Table) -> Channels:
    value = table.data.get("channels", "all")
    if value == "all":
        return Channels()
    if isinstance(value, dict):
        part = table.table("channels")
        part.only(words.CHANNELS)
        share = part.number("random", 0.0, 0.001, 1.0)
        if not share:
            part.fail("random", "is missing; write channels = { random = 0.25, seed = 3 }")
        return Channels(share=share, seed=part.as_integer("seed", part.data.get("seed", 0), 0, 2**32 - 1))
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_CHANNELS:
        table.fail(
            "channels", f'{quote(value)}; write "all", a list of channels like [0, 7] or {{ random = 0.25, seed = 3 }}'
        )
    numbers = {table.as_integer(("channels", i), v, 0, MAX_CHANNELS - 1) for i, v in enumerate(value)}
    return Channels(chosen=tuple(sorted(numbers)))


def _kind(table: Table, source: str, known: Known) -> str:
    if len(source) > MAX_ADDRESS:
        table.fail("from", f"{len(source)} characters; at most {MAX_ADDRESS} are allowed")
    if wrong := known.what_is_wrong(source):
        table.fail("from", wrong)
    return known.signals[source].kind if source in known.signals else "control"


def _range(table: Table, parameter: Parameter, mix: str) -> tuple[float, float]:
    p = parameter
    if mix == "add":
        width = p.high - p.low
        least, most = -width, width
        default = [0.0, p.high - p.default] if p.high > p.default else [0.0, p.low - p.default]
    elif mix == "multiply":
        least, most, default = 0.0, MAX_FACTOR, [0.0, 1.0]
    else:
        least, most, default = p.low, p.high, [p.low, p.high]
    value = table.data.get("range", default)
    if not isinstance(value, list) or len(value) != 2:
        table.fail("range", f"{quote(value)} is not two numbers; write range = [{default[0]:g}, {default[1]:g}]")
    a, b = (
        table.as_number(("range", i), v, least, most, "" if mix == "multiply" else p.unit) for i, v in enumerate(value)
    )
    if a == b:
        table.fail("range", f"both ends are {a:g}, so nothing would move; use [set] for a constant")
    return a, b


def _takeover(table: Table, source: str, control: Address | None, mix: str) -> str:
    if table.has("takeover"):
        if control is None or control.kind != "knob":
            table.fail("takeover", f"{source} is no knob; takeover is for midi.cc, nrpn, pitch, pressure and OSC")
        if mix != "set":
            table.fail("takeover", f'with mix = "{mix}" nothing is taken over; remove one of the two')
    waits = control is not None and control.pickup and mix == "set"
    return table.choice("takeover", TAKEOVERS, "pickup" if waits and not table.has("encoder") else "jump")


def _encoder(table: Table, source: str, mix: str) -> str:
    """`encoder`: how a controller says how far it was turned; empty for one that says where it stands."""
    if not table.has("encoder"):
        return ""
    if not source.startswith("midi.cc."):
        table.fail("encoder", f"{source} is no controller of MIDI; it is for midi.cc")
    if mix != "set":
        table.fail("encoder", f'with mix = "{mix}" there is nothing to turn on from; remove one of the two')
    for key in ("takeover", "curve", "threshold", "gate", "steps"):
        if table.has(key):
            table.fail(key, "an encoder stands nowhere, it only turns; remove it")
    return table.choice("encoder", ENCODERS, ENCODERS[0])


def _port(table: Table, source: str) -> str:
    """`port`: a part of the name of the MIDI port that the route listens to; empty for every port."""
    if table.has("port") and not source.startswith("midi."):
        table.fail("port", f"{source} comes from no MIDI port; remove it")
    port = table.text("port", longest=MAX_PORT).strip()
    if table.has("port") and not port:
        table.fail("port", 'is empty; write a part of the name that `liveviz devices` shows: port = "nanoKONTROL2"')
    return port
