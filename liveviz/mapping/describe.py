"""A program in words, for `liveviz mapping show`: what the file does, and every parameter with the address that
reaches it."""

from collections.abc import Iterator, Sequence

from liveviz.mapping.controls import Move
from liveviz.mapping.program import Chords, ImageList, Program, Route, Target
from liveviz.spec import LAYER_RANGES, Parameter, Registry

SHOWN_CHANNELS = 8
COLUMN_TITLES = ("parameter", "OSC address (0-1)", "range", "rests at", "driven by")


def parameter_rows(
    program: Program, registry: Registry, names: Sequence[str] = ()
) -> list[tuple[str, str, str, str, str]]:
    """One row for every registered parameter, in the registry's order.

    Args:
        names: of the knobs' directions.
    Returns:
        (name, OSC address, range with unit, value it rests at, what drives it).
    """
    return [
        (
            knob_text(p.name, names),
            p.osc,
            f"{p.low:g} to {p.high:g} {p.unit}".rstrip(),
            _rest(p, program),
            _drivers(p, program),
        )
        for p in registry
    ]


def describe(program: Program, registry: Registry, names: Sequence[str] = ()) -> str:
    """The whole program as text of several lines: pictures, routes, parameters.

    Args:
        names: of the knobs' directions.
    """
    return "\n".join(_text(program, registry, names))


def _text(program: Program, registry: Registry, names: Sequence[str]) -> Iterator[str]:
    yield program.name + (f": {program.title}" if program.title else "")
    if program.description:
        yield from (f"  {line}" for line in program.description.strip().splitlines())
    if program.model:
        yield f"model     {program.model}"
    if program.noise_mask:
        yield f"noise     held back where {program.noise_mask} is dark"
    latent = program.latent
    yield f"pictures  {_images(latent.base)}, once round in {latent.loop_bars:g} bars"
    yield f"targets   {_images(latent.target)} on {_detail(latent.target_detail)}, pulled by latent.target"
    if latent.other is not None:
        yield f"other     {_images(latent.other)} on {_detail(latent.other_detail)}, brought in by latent.other"
    if program.noise_loop is not None:
        yield f"noise     through {program.noise_loop.fields} fields and back in {program.noise_loop.bars:g} bars"
    for chords in latent.chords:
        yield f"chords    {_chords(chords)}"
    yield ""
    for modulator in program.modulators:
        yield f"{modulator.source}  {modulator.kind}"
    yield "routes" if program.routes else "no routes"
    for route in program.routes:
        yield "  " + route_text(route, names)
    yield ""
    rows = [COLUMN_TITLES, *parameter_rows(program, registry, names)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMN_TITLES))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def route_text(route: Route, names: Sequence[str] = ()) -> str:
    """One route in one line: `onset.kick -> bend.zoom at layer 8: 0 to 0.3, release 0.25 s`."""
    parts = [f"{route.mix} " * (route.mix != "set") + f"{route.low:g} to {route.high:g}"]
    if route.curve != "linear":
        parts.append(route.curve)
    if route.threshold:
        parts.append(f"above {route.threshold:g}")
    if route.gain != 1.0:
        parts.append(f"times {route.gain:g}")
    if route.gate:
        parts.append(f"gate at {route.gate:g}")
    parts += ["inverted"] * route.invert + [f"in {route.steps} steps"] * bool(route.steps)
    if route.lag:
        parts.append(f"{route.lag:g} s later")
    if route.priority:
        parts.append(f"priority {route.priority}")
    parts += [f"{name} {value:g} s" for name, value in (("attack", route.attack), ("release", route.release)) if value]
    if route.kind == "control" and route.takeover != "jump":
        parts.append(route.takeover)
    parts += [f"encoder {route.encoder}"] * bool(route.encoder)
    source = route.source + f" of {route.port}" * bool(route.port)
    return f"{source} -> {knob_text(route.to, names)}{place_text(route.target)}: {', '.join(parts)}"


def place_text(target: Target) -> str:
    """Where it acts: ` at layer 8 on channels 0, 7`, ` on rows [4, 8]`; nothing where there is nothing to choose."""
    if target.rows is not None:
        return f" on rows [{target.rows[0]}, {target.rows[1]}]"
    if not target.layer:
        return ""
    channels = target.channels
    some = ""
    if channels.chosen:
        first = ", ".join(map(str, channels.chosen[:SHOWN_CHANNELS]))
        some = f" on channels {first}" + " ..." * (len(channels.chosen) > SHOWN_CHANNELS)
    elif channels.share < 1.0:
        some = f" on {100 * channels.share:g} % of the channels (seed {channels.seed})"
    return f" at layer {target.layer}{some}"


def move_text(move: Move, registry: Registry, names: Sequence[str] = ()) -> str:
    """What a message did to a parameter: `bend.twirl at layer 16 to 0.5 turns`, or what a knob waits for.

    Args:
        names: of the knobs' directions.
    """
    parameter = registry[move.target.parameter]
    value = f"{move.value:.3g} {parameter.unit}".rstrip()
    what = knob_text(parameter.name, names) + place_text(move.target)
    return f"{what} stays at {value}: {wait_text(move)}" if move.goal is not None else f"{what} to {value}"


def wait_text(move: Move) -> str:
    """Where the knob of a move that waits must go; nothing where it acts."""
    if move.knob is None or move.goal is None:
        return ""
    way = "up" if move.goal > move.knob else "down"
    return f"its knob is at {100 * move.knob:.0f} %, turn it {way} to {100 * move.goal:.0f} %"


def knob_text(parameter: str, names: Sequence[str]) -> str:
    """A parameter, with the name of the direction where it is a knob that has one: `pca.0 (green to violet)`."""
    stem, _, number = parameter.partition(".")
    if stem != "pca" or not number.isdecimal() or int(number) >= len(names) or not names[int(number)]:
        return parameter
    return f"{parameter} ({names[int(number)]})"


def _rest(parameter: Parameter, program: Program) -> str:
    value = program.constants.get(program.homes.get(parameter.name, Target(parameter.name)))
    return f"{parameter.default:g}" if value is None else f"{value:g} [set]"


def _drivers(parameter: Parameter, program: Program) -> str:
    routes = [r for r in program.routes if r.to == parameter.name]
    return ", ".join(r.source + _at(r) for r in routes) or "-"


def _at(route: Route) -> str:
    if route.rows is not None:
        return f"@{route.rows[0]}-{route.rows[1] - 1}"
    return f"@{route.layer}" if route.layer else ""


def _images(images: ImageList) -> str:
    if not images.seeds:
        return f"{images.count} chosen by the seed"
    return f"{len(images.seeds)} (seeds {', '.join(map(str, images.seeds))})"


def _detail(detail: tuple[float, float, float]) -> str:
    return (
        "all detail"
        if all(detail)
        else " and ".join(n for n, w in zip(LAYER_RANGES, detail, strict=True) if w) + " detail"
    )


def _chords(chords: Chords) -> str:
    return f"{chords.source} mixes {_images(chords.palette)} on {_detail(chords.detail)}, as far as latent.chords says"
