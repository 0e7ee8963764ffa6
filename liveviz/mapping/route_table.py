"""Checks one [[route]]: where it comes from, where it goes, and how."""

from collections.abc import Mapping

from liveviz.mapping import words
from liveviz.mapping.curves import CURVES
from liveviz.mapping.fields import Table, families, heads, instead, quote
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
EVENT_RELEASE = 0.25

_KEY_NAMES = tuple(f"key.{name}" for name in KEYS)
_EXAMPLE_SOURCES = ("midi.cc.1", "midi.note.60", "midi.pitch", "key.space")


def read_route(
    table: Table, registry: Registry, sources: Mapping[str, Output], names: Names, addresses: Addresses
) -> Route:
    """One [[route]] as a Route; LivevizError with its line where something in it is wrong."""
    table.renamed("rows", words.OLD_WORDS["rows"])
    table.only(words.ROUTE)
    for key in ("from", "to"):
        if not table.has(key):
            table.fail(key, 'is missing; a route needs from = "..." and to = "..."')
    source = table.text("from", longest=MAX_ADDRESS)
    kind = _kind(table, source, sources, addresses)
    control = addresses.find(source) if kind == "control" else None
    to = names.parameter(table.text("to"))
    if to not in registry:
        known = (*registry.names, *names.written)
        table.fail("to", f"no parameter {quote(to)}{instead(to, known, heads(registry.names))}")
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
        line=table.line,
    )


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


def _kind(table: Table, source: str, sources: Mapping[str, Output], addresses: Addresses) -> str:
    if source in sources:
        return sources[source].kind
    if addresses.find(source) is not None:
        return "control"
    known = _KEY_NAMES if source.startswith("key.") else (*sources, *_EXAMPLE_SOURCES)
    allowed = f"{addresses.words} (all of midi also with .ch.1-16), or a signal, as `liveviz listen` shows them"
    table.fail("from", f"no source {quote(source)}{instead(source, known, allowed)}")


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
    return table.choice("takeover", TAKEOVERS, "pickup" if waits else "jump")


def _port(table: Table, source: str) -> str:
    """`port`: a part of the name of the MIDI port that the route listens to; empty for every port."""
    if table.has("port") and not source.startswith("midi."):
        table.fail("port", f"{source} comes from no MIDI port; remove it")
    port = table.text("port", longest=MAX_PORT).strip()
    if table.has("port") and not port:
        table.fail("port", 'is empty; write a part of the name that `liveviz devices` shows: port = "nanoKONTROL2"')
    return port
