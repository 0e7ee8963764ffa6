"""Reading a mapping file into a checked program. A file comes from anywhere (a friend, the web, an editor that is
still writing), so it is bounded in size, depth and number before it is believed, and every mistake is answered with
its line."""

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from liveviz.mapping import words
from liveviz.mapping.describe import place_text
from liveviz.mapping.fields import Table, heads, instead, quote
from liveviz.mapping.latent_table import read_latent, read_noise_loop
from liveviz.mapping.lines import Lines
from liveviz.mapping.modulator_table import read_modulators
from liveviz.mapping.names import Names
from liveviz.mapping.program import DEFAULT_BEND_LAYER, Program, Route, Target
from liveviz.mapping.reach import Net, refuse_unseen
from liveviz.mapping.route_table import Known, read_place, read_route, read_rows
from liveviz.mapping.scene_table import MAX_SCENES, read_scenes
from liveviz.spec import ADDRESSES, Addresses, LivevizError, Output, Registry
from liveviz.spec.limits import MAX_BENDS, MAX_ROWS

FORMAT_VERSION = 1
MAX_BYTES = 256 * 1024
MAX_LINE = 2000
MAX_PARTS = 8  # of a key
MAX_BRACKETS = 32  # in one line
MAX_ALL_BRACKETS = 4096
MAX_ROUTES = 1024
_KEY_PATTERN = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
# Longer than MAX_PARTS, wherever it stands. (A bare part is looked for at its first character only, or a long one would
# be read again from each of its characters.)
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_KEY_PATTERN}[ \t]*+\.[ \t]*+){{{MAX_PARTS}}}")


def list_files(folders: Iterable[Path]) -> dict[str, Path]:
    """Every mapping file in `folders` by its name, in alphabetical order; of two with one name the first folder's."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def load(
    source: Path | str,
    registry: Registry,
    sources: Sequence[Output],
    *,
    name: str | None = None,
    directions: Callable[[str | None], Sequence[str]] = lambda model: (),
    net: Net | None = None,
    addresses: Addresses = ADDRESSES,
) -> Program:
    """Read and check one mapping file.

    Args:
        source: a path to read, or the text itself.
        registry: the parameters that routes may name.
        sources: the signals that routes may name.
        name: what messages call the file; the path where it is not given.
        directions: names of the knobs' directions, for the `model` that the file names, or None.
        addresses: of the controllers that routes may name.
        net: what the generator has: a file with something that it can never show is refused. None takes any.
    Raises:
        LivevizError: `FILE:LINE: field: what is wrong, what is allowed`, always one line.
    """
    file = name if name is not None else str(source) if isinstance(source, Path) else "mapping"
    text = _read(source, file) if isinstance(source, Path) else source
    try:
        data, lines = _parse(text, file)
        top = Table(data, (), lines, file)
        program = _check(top, registry, {o.name: o for o in sources}, Path(file).stem, directions, addresses)
        if net is not None:
            refuse_unseen(top, program, net)
        return program
    except RecursionError:
        raise LivevizError(f"{file}:1: file: tables and lists are nested too deep") from None


def _read(path: Path, file: str) -> str:
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            raise LivevizError(f"{file}: cannot be read: not a file")
        with path.open("rb") as f:
            raw = f.read(MAX_BYTES + 1)
    except OSError as e:
        raise LivevizError(f"{file}: cannot be read: {e.strerror or e}") from None
    try:
        return raw.decode("utf-8-sig") if len(raw) <= MAX_BYTES else _too_large(file)
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        raise LivevizError(f"{file}:{line}: file: not UTF-8 text; save it as UTF-8") from None


def _too_large(file: str) -> NoReturn:
    raise LivevizError(f"{file}:1: file: larger than {MAX_BYTES // 1024} KiB, this is no mapping file")


def _parse(text: str, file: str) -> tuple[dict[str, Any], Lines]:
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        _too_large(file)
    all_brackets = 0
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE:
            raise LivevizError(
                f"{file}:{number}: file: {len(line)} characters in one line; at most {MAX_LINE} are allowed"
            )
        # The time to read a key grows with the square of its depth.
        if line.count(".") >= MAX_PARTS and _LONG_KEY.search(line):
            raise LivevizError(f"{file}:{number}: file: a key of more than {MAX_PARTS} parts with dots between")
        brackets = line.count("{") + line.count("[")
        all_brackets += brackets
        if brackets > MAX_BRACKETS or all_brackets > MAX_ALL_BRACKETS:
            where = f"{MAX_BRACKETS} in one line" if brackets > MAX_BRACKETS else f"{MAX_ALL_BRACKETS} in all"
            raise LivevizError(f"{file}:{number}: file: more {{ and [ than {where}")
    try:
        data = tomllib.loads(text)
    except ValueError as e:
        what = str(e)
        at = re.search(r" \(at line (\d+), column \d+\)", what)
        number = int(at[1]) if at else len(text.rstrip().split("\n"))
        # A key that stands twice may do so in the last line: then nothing is missing there.
        early = "" if what.startswith(("Cannot", "Duplicate")) else "; the file ends too early"
        what = what.replace(at[0], "") if at else what.replace(" (at end of document)", early)
        raise LivevizError(f"{file}:{number}: TOML: {quote(what)[1:-1]}") from None
    return data, Lines(text)


def _check(
    top: Table,
    registry: Registry,
    sources: dict[str, Output],
    name: str,
    directions: Callable[[str | None], Sequence[str]],
    addresses: Addresses,
) -> Program:
    top.only(words.FILE)
    if not top.has("version"):
        top.fail("version", f"is missing; write version = {FORMAT_VERSION} in the first line")
    version = top.data["version"]
    if version != FORMAT_VERSION or isinstance(version, bool | float):
        top.fail("version", f"{quote(version)} is unknown; this program reads version = {FORMAT_VERSION}")
    model = top.text("model") or None
    names = Names(directions(model))
    modulators = read_modulators(top.table("modulator"), Known(sources, addresses))
    known = Known(sources, addresses, tuple(modulator.source for modulator in modulators))
    routes = [read_route(t, registry, known, names) for t in top.tables("route", MAX_ROUTES)]
    _refuse_fights(routes, top)
    constants, homes = _constants(top.table("set"), registry, names)
    for route in routes:
        if route.layer or registry[route.to].rows == "add":
            homes.setdefault(route.to, route.target)
    placed: dict[Target, float] = {}
    for parameter, value in constants.items():
        if registry[parameter].layered:
            homes.setdefault(parameter, Target(parameter, DEFAULT_BEND_LAYER))
        placed[homes.get(parameter, Target(parameter))] = value
    bends = tuple(dict.fromkeys([t for t in placed if t.layer] + [r.target for r in routes if r.layer]))
    if len(bends) > MAX_BENDS:
        extra = next((i for i, r in enumerate(routes) if r.target == bends[MAX_BENDS]), 0)
        top.fail(("route", extra), f"{len(bends)} bends at different places; at most {MAX_BENDS} are allowed")
    rowed = tuple(dict.fromkeys([t for t in placed if t.rows] + [r.target for r in routes if r.rows]))
    if len(rowed) > MAX_ROWS:
        extra = next((i for i, r in enumerate(routes) if r.target == rowed[MAX_ROWS]), 0)
        top.fail(("route", extra, _word(top, extra)), f"{len(rowed)} places with rows; at most {MAX_ROWS} are allowed")
    wants_chords = "latent.chords" in constants or any(r.to == "latent.chords" for r in routes)
    return Program(
        name=name,
        title=top.text("title"),
        description=top.text("description", longest=2000, breaks="\n\r\t"),
        model=model,
        seed=top.as_integer("seed", top.data.get("seed", 0), 0, 2**32 - 1),
        noise_mask=top.text("noise_mask") or None,
        latent=read_latent(top.table("latent"), sources, wants_chords),
        constants=placed,
        homes=homes,
        bends=bends,
        routes=tuple(routes),
        modulators=modulators,
        noise_loop=read_noise_loop(top),
        scenes=read_scenes(top.tables("scene", MAX_SCENES), registry, known),
        old_words=tuple(top.old),
    )


def _word(top: Table, route: int) -> str:
    """How a route of the file calls its rows."""
    return "rows" if "rows" in top.data["route"][route] else words.OLD_WORDS["rows"]


def _refuse_fights(routes: Sequence[Route], top: Table) -> None:
    """Two signals that both set one parameter would overwrite each other in every frame."""
    setters: dict[tuple[Target, int], Route] = {}
    for i, route in enumerate(routes):
        if route.kind == "control" or route.mix != "set":
            continue
        first = setters.setdefault((route.target, route.priority), route)
        if first is not route:
            at = place_text(route.target)
            top.fail(
                ("route", i, "to"),
                f"lines {first.line} and {route.line} both set {route.to}{at}; "
                'give one of them mix = "add", "multiply" or "max", or a priority',
            )


def _constants(table: Table, registry: Registry, names: Names) -> tuple[dict[str, float], dict[str, Target]]:
    """[set]: value by parameter, and the places that it gives to bends."""
    values: dict[str, float] = {}
    homes: dict[str, Target] = {}

    def walk(here: Table, prefix: str) -> None:
        for key, value in here.data.items():
            name = names.parameter(prefix + key)
            if name in registry:
                if name in values:
                    here.fail(key, f"{name} is set twice")
                parameter = registry[name]
                if isinstance(value, dict) and parameter.layered:
                    inner = here.table(key)
                    inner.only(words.SET_BEND)
                    homes[name] = read_place(inner, name)
                    values[name] = inner.number(
                        "value", parameter.default, parameter.low, parameter.high, parameter.unit
                    )
                elif isinstance(value, dict) and parameter.rows == "add":
                    inner = here.table(key)
                    inner.renamed("rows", words.OLD_WORDS["rows"])
                    inner.only(words.SET_ROWS)
                    homes[name] = Target(name, rows=read_rows(inner, parameter, registry))
                    values[name] = inner.number(
                        "value", parameter.default, parameter.low, parameter.high, parameter.unit
                    )
                elif isinstance(value, bool) and parameter.curve == "toggle":
                    values[name] = float(value)
                else:
                    values[name] = here.as_number(key, value, parameter.low, parameter.high, parameter.unit)
            elif isinstance(value, dict) and any(known.startswith(name + ".") for known in registry.names):
                walk(here.table(key), name + ".")
            else:
                known_names = (*registry.names, *names.written)
                here.fail(key, f"no parameter {quote(name)}{instead(name, known_names, heads(registry.names))}")

    walk(table, "")
    return values, homes
