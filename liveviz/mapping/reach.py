"""What of a mapping can never be seen: a layer that the generator has not, a parameter that another architecture has, a
knob under a signal that overrules it. A show plays such a file, for the generator may be changed under it; whoever checks
the file is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from liveviz.mapping import words
from liveviz.mapping.describe import place_text
from liveviz.mapping.fields import Path, Table
from liveviz.mapping.program import Program, Target
from liveviz.spec import Registry

_VIEW_PREFIX = "view."
_NOISE_PREFIXES = ("noise_strength.", "noise_speed", "noise_mask")
_DIRECTION_PREFIX = "pca."


@dataclass(frozen=True, slots=True)
class Net:
    """What a generator has for a mapping to act on.

    layers: channels by layer. rows: of w+. classes: 0 where it has none. directions: how many knobs push something; None
    where they are not found yet. plane: whether it has an endless plane to move on (StyleGAN3). noise: whether it adds any.
    """

    name: str
    layers: Mapping[int, int]
    rows: int
    classes: int
    directions: int | None
    plane: bool
    noise: bool


def refuse_unseen(top: Table, program: Program, net: Net) -> None:
    """LivevizError, with line and field, for the first thing in the file that `net` can never show."""
    for i, route in enumerate(program.routes):
        _place(top, ("route", i), route.target, net)
        if what := _deaf(route.to, program, net):
            top.fail(("route", i, "to"), what)
        over = next(
            (
                r
                for r in program.routes
                if r.kind != "control" and r.mix == "set" and not r.priority and r.target == route.target
            ),
            None,
        )
        if route.is_knob and over is not None:
            top.fail(
                ("route", i, "from"),
                f"line {over.line} sets {route.to}{place_text(route.target)} in every frame, so {route.source} is never "
                'seen; give that one mix = "add", "multiply" or "max"',
            )
    for target in program.constants:
        path = ("set", *target.parameter.split("."))
        _place(top, path, target, net)
        if what := _deaf(target.parameter, program, net):
            top.fail(path, what)
    if program.noise_mask is not None and not net.noise:
        top.fail("noise_mask", f"{net.name} adds no noise that could be held back")
    _classes(top, program, net)


def _place(top: Table, path: Path, target: Target, net: Net) -> None:
    """Layer, channels and rows."""
    if target.layer and target.layer not in net.layers:
        names = ", ".join(map(str, net.layers))
        top.fail((*path, "layer"), f"{net.name} has no layer of {target.layer} pixels; it has {names}")
    if target.layer and (over := [c for c in target.channels.chosen if c >= net.layers[target.layer]]):
        count = net.layers[target.layer]
        what = f"{net.name} has no channel {over[0]} at layer {target.layer}; it has 0 to {count - 1}"
        top.fail((*path, "channels"), what)
    if target.rows is not None and target.rows[0] >= net.rows:
        what = (
            f"{net.name} has {net.rows} rows of w+, 0 to {net.rows - 1}; [{target.rows[0]}, {target.rows[1]}] is above"
        )
        here: Any = top.data
        for part in path:
            here = here[part]
        top.fail((*path, "rows" if "rows" in here else words.OLD_WORDS["rows"]), what)


def _deaf(name: str, program: Program, net: Net) -> str:
    """Why a parameter can do nothing here; empty where it can."""
    if name.startswith(_VIEW_PREFIX) and not net.plane:
        return f"{name} moves the plane of a StyleGAN3, and {net.name} is none"
    if name.startswith(_NOISE_PREFIXES) and not net.noise:
        return f"{net.name} adds no noise for {name} to act on"
    if name == "noise_mask" and program.noise_mask is None:
        return 'there is no mask: write noise_mask = "picture.png" at the top of the file'
    if (
        name.startswith(_DIRECTION_PREFIX)
        and net.directions is not None
        and int(name.removeprefix(_DIRECTION_PREFIX)) >= net.directions
    ):
        last = net.directions - 1
        return f"{net.name} has {net.directions} directions, {_DIRECTION_PREFIX}0 to {_DIRECTION_PREFIX}{last}"
    if name == "latent.other" and program.latent.other is None:
        return "there is no second loop: write other = { seeds = ... } in [latent]"
    if name == "latent.speed" and program.latent.base.count == 1:
        return "the base has one picture, so nothing drifts; give latent.base more seeds"
    return ""


def _classes(top: Table, program: Program, net: Net) -> None:
    latent = program.latent
    lists: list[tuple[Path, tuple[int, ...]]] = [
        (("latent", "base"), latent.base.classes),
        (("latent", "other"), latent.other.classes if latent.other is not None else ()),
        (("latent", "target"), latent.target.classes),
        *((("latent", "chords", i), chords.palette.classes) for i, chords in enumerate(latent.chords)),
    ]
    for path, classes in lists:
        for cls in classes:
            if cls >= net.classes:
                has = f"it has 0 to {net.classes - 1}" if net.classes else "it has no classes"
                top.fail((*path, "classes"), f"{net.name} has no class {cls}; {has}")


def notes(program: Program, registry: Registry) -> Iterator[tuple[int, str]]:
    """(line, what) of every word that has a better one today, and of every route that shows nothing until a hand moves
    something that the file leaves at rest."""
    for line, written, now in program.old_words:
        yield line, f"{written} is called {now} today; it goes on working"
    driven = {r.to for r in program.routes} | {t.parameter for t, value in program.constants.items() if value}
    for route in program.routes:
        head, _, leaf = route.to.rpartition(".")
        switch = f"{head}.amount" if head.startswith("post.") and leaf != "amount" else _bend_of(route.to, registry)
        if switch and switch in registry and switch not in driven:
            yield route.line, f"{route.to} is not seen while {switch} rests; {registry[switch].osc} moves it"
        rest = program.constants.get(route.target, registry[route.to].default)
        others = [r for r in program.routes if r.target == route.target and r is not route]
        if others or route.kind == "control":
            continue
        if route.mix == "multiply" and rest == 0.0:
            yield route.line, f"{route.to} rests at 0, and 0 times anything is 0; {registry[route.to].osc} moves it"
        elif route.mix == "max" and max(route.low, route.high) <= rest:
            yield route.line, f"{route.to} rests at {rest:g}, which is more than this route ever gives"


def _bend_of(name: str, registry: Registry) -> str:
    """The bend that a further knob of it belongs to: `bend.noise_warp` of `bend.noise_warp_waves`; else empty."""
    if not name.startswith("bend.") or registry[name].layered:
        return ""
    return max((p.name for p in registry if p.layered and name.startswith(p.name + "_")), key=len, default="")
