"""Checks [[scene]], and writes one: the table as text for a mapping file."""

import re
from collections.abc import Sequence

from liveviz.mapping import words
from liveviz.mapping.fields import Table, quote
from liveviz.mapping.inserting import added, replaced, toml_string
from liveviz.mapping.latent_table import MAX_CLASS
from liveviz.mapping.program import Scene
from liveviz.mapping.route_table import MAX_ADDRESS, Known
from liveviz.mapping.scenes import MODEL_SCOPE, QUANTA, SCOPES, SECTIONS, in_scope
from liveviz.spec import LatentTerm, Registry
from liveviz.spec.limits import MAX_LATENTS

MAX_SCENES = 256
LONGEST_NAME_LETTERS = 60
LONGEST_FADE_SECONDS = 600.0
LONGEST_FADE_BEATS = 1024.0
MAX_VALUES = 512
_PLACE_PATTERN = re.compile(r"[@#\[].*", re.DOTALL)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read_scenes(tables: list[Table], registry: Registry, known: Known) -> tuple[Scene, ...]:
    """All of them; names, controls and parts of a song are each one scene's."""
    found: list[Scene] = []
    for table in tables:
        scene = _scene(table, registry, known)
        for other in found:
            for key in ("name", "on", "section"):
                mine = getattr(scene, key)
                if mine not in ("", None) and mine == getattr(other, key):
                    table.fail(key, f"{quote(mine)} is the {key} of another scene already")
        found.append(scene)
    return tuple(found)


def _scene(table: Table, registry: Registry, known: Known) -> Scene:
    table.only(words.SCENE)
    name = table.text("name", longest=LONGEST_NAME_LETTERS).strip()
    if not name:
        table.fail("name", "is missing; a scene needs a name")
    model = table.text("model")
    scope = _scope(table)
    if model and MODEL_SCOPE not in scope:
        table.fail("model", f"the scope does not hold it; add {MODEL_SCOPE!r} to scope")
    if table.has("fade") and table.has("fade_beats"):
        table.fail("fade_beats", "fade is there too; write one of the two")
    in_beats = table.has("fade_beats")
    seconds = table.number("fade", 2.0, 0.0, LONGEST_FADE_SECONDS, "seconds")
    on = table.text("on", longest=MAX_ADDRESS)
    if on and known.addresses.find(on) is None:
        table.fail("on", f"{quote(on)} is no control; allowed: {known.addresses.words}")
    others = table.choice("others", ("stay", "rest"), "stay")
    section = table.as_integer("section", table.data["section"], 0, SECTIONS - 1) if table.has("section") else None
    return Scene(
        name=name,
        scope=scope,
        values=_values(table, scope, registry),
        images=_images(table),
        model=model,
        fade=table.number("fade_beats", 0.0, 0.0, LONGEST_FADE_BEATS, "beats") if in_beats else seconds,
        fade_in_beats=in_beats,
        at=table.choice("at", tuple(QUANTA), "now"),
        on=on,
        section=section,
        others_rest=others == "rest",
        line=table.line,
    )


def _scope(table: Table) -> tuple[str, ...]:
    every = (*SCOPES, MODEL_SCOPE)
    value = table.data.get("scope", list(every))
    if not isinstance(value, list) or not value or not all(part in every for part in value):
        table.fail("scope", f"{quote(value)} is not allowed; write a list of {', '.join(every)}")
    return tuple(part for part in every if part in value)


def _values(table: Table, scope: tuple[str, ...], registry: Registry) -> dict[str, float]:
    inner = table.table("values")
    if len(inner.data) > MAX_VALUES:
        table.fail("values", f"{len(inner.data)} of them; at most {MAX_VALUES} are allowed")
    found = {}
    for written, value in inner.data.items():
        name = _PLACE_PATTERN.sub("", written)
        if name not in registry:
            hint = "; write names with dots in quotes" if isinstance(value, dict) else ""
            inner.fail(written, f"no parameter {quote(name)}{hint}")
        if not in_scope(name, scope):
            inner.fail(written, f"is not in the scope of this scene, which holds {', '.join(scope)}")
        parameter = registry[name]
        found[written] = inner.as_number(written, value, parameter.low, parameter.high, parameter.unit)
    return found


def _images(table: Table) -> tuple[LatentTerm, ...] | None:
    if not table.has("images"):
        return None
    value, how = table.data["images"], "write a list of [seed, class, coarse, middle, fine], weights from 0 to 1"
    if not isinstance(value, list) or len(value) > MAX_LATENTS // 2:
        table.fail("images", f"{quote(value)} is not allowed; {how}, at most {MAX_LATENTS // 2}; [] for drifting")
    found = []
    for i, term in enumerate(value):
        if not isinstance(term, list) or len(term) != 5:
            table.fail(("images", i), f"{quote(term)} is not allowed; {how}")
        seed = table.as_integer(("images", i), term[0], 0, 2**32 - 1)
        cls = table.as_integer(("images", i), term[1], -1, MAX_CLASS)
        coarse, middle, fine = (table.as_number(("images", i), weight, 0.0, 1.0) for weight in term[2:])
        found.append(LatentTerm(seed, cls, (coarse, middle, fine)))
    return tuple(found)


def with_scene(text: str, scenes: Sequence[Scene], scene: Scene) -> str:
    """The text of a mapping file with `scene` in it, in the place of the one of that name, or behind everything.

    Args:
        scenes: that are in the text, in its order.
    Raises: LivevizError where the file is written in a form that cannot be added to.
    """
    names = [other.name for other in scenes]
    if scene.name in names:
        return replaced(text, "scene", names.index(scene.name), scene_text(scene))
    return added(text, scene_text(scene))


def scene_text(scene: Scene) -> str:
    """The scene as lines of a mapping file, `[[scene]]` first."""
    lines = ["[[scene]]", f"name = {toml_string(scene.name)}"]
    if scene.scope != (*SCOPES, MODEL_SCOPE):
        lines.append(f"scope = [{', '.join(map(toml_string, scene.scope))}]")
    if scene.model:
        lines.append(f"model = {toml_string(scene.model)}")
    lines.append(f"{'fade_beats' if scene.fade_in_beats else 'fade'} = {scene.fade:g}")
    if scene.at != "now":
        lines.append(f"at = {toml_string(scene.at)}")
    if scene.on:
        lines.append(f"on = {toml_string(scene.on)}")
    if scene.section is not None:
        lines.append(f"section = {scene.section}")
    if scene.others_rest:
        lines.append('others = "rest"')
    if scene.images is not None:
        terms = (f"[{t.seed}, {t.cls}, {', '.join(f'{w:g}' for w in t.weights)}]" for t in scene.images)
        lines.append(f"images = [{', '.join(terms)}]")
    if scene.values:
        lines += ["[scene.values]", *(f"{_key(name)} = {_number(value)}" for name, value in scene.values.items())]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else toml_string(name)


def _number(value: float) -> str:
    return repr(float(value))
