"""Reads ISF files. Shader files come from other people's collections, so the JSON header is checked here field by field, and
what is wrong is said with file, line, field and what is allowed; nothing later has to distrust it.

Source: the ISF 2 specification (https://github.com/mrRay/ISF_Spec), public reference.
"""

import json
import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from liveviz.post.naming import slug
from liveviz.post.sizes import check_size
from liveviz.spec import LivevizError

_log = logging.getLogger("liveviz.post")

INPUT_TYPES = ("float", "long", "bool", "event", "color", "point2D", "image")
COMPONENT_COUNTS = {"color": 4, "point2D": 2}
MAX_BYTES, MAX_INPUTS, MAX_PASSES = 1 << 20, 64, 32
_NAME_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_TAKEN_NAMES = frozenset(["TIME", "TIMEDELTA", "RENDERSIZE", "PASSINDEX", "FRAMEINDEX", "DATE", "main"])


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to turn: `name` as the GLSL uniform, `default` with 1, 2 (point2D) or 4 (color) numbers.

    low, high: range of a float or long; 0 and 1 for bool and event. values: what a long may be, or empty for any integer.
    implicit: True for the `amount` that a file without one is given.
    """

    name: str
    type: str
    default: tuple[float, ...]
    low: float = 0.0
    high: float = 1.0
    values: tuple[int, ...] = ()
    help: str = ""
    implicit: bool = False


@dataclass(frozen=True, slots=True)
class Pass:
    """One rendering: into buffer `target`, or to the output where it is None. copy_of: only shows that buffer."""

    target: str | None = None
    persistent: bool = False
    float_: bool = False
    width: str = "$WIDTH"
    height: str = "$HEIGHT"
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class IsfShader:
    """A checked file: `body` is its GLSL as written, which starts on line `body_line` of the file."""

    name: str
    path: Path
    help: str
    inputs: tuple[Input, ...]
    passes: tuple[Pass, ...]
    body: str
    body_line: int

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the buffers, each once, in order."""
        return tuple(dict.fromkeys(p.target for p in self.passes if p.target is not None))


class _Header:
    """The JSON text with its place in the file, so that every complaint can name a line."""

    def __init__(self, text: str, path: Path) -> None:
        self.path = path
        start = text.find("/*")
        end = text.find("*/", start)
        if start < 0 or end < 0:
            self.fail(1, "no ISF header; the file starts with /*{ ... }*/")
        self.text = text[start + 2 : end]
        self.first_line = text.count("\n", 0, start) + 1
        self.body = text[end + 2 :]
        self.body_line = text.count("\n", 0, end) + 1
        try:
            data = json.loads(self.text, strict=False, parse_constant=self._constant)
        except json.JSONDecodeError as error:
            self.fail(self.first_line + error.lineno - 1, f"the header is not JSON: {error.msg}, column {error.colno}")
        except RecursionError:
            self.fail(self.first_line, "the header is nested too deeply")
        if not isinstance(data, dict):
            self.fail(self.first_line, "the header is not a JSON object { ... }")
        self.data: dict[str, Any] = data

    def fail(self, line: int, what: str) -> NoReturn:
        raise LivevizError(f"{self.path}, line {line}: {what}")

    def wrong(self, field: str, what: str, near: str | None = None) -> NoReturn:
        """Refuse `field` of the input or buffer called `near`, at the line where it stands."""
        self.fail(self._line(field, near), f"{field}: {what}")

    def warn(self, field: str, what: str, near: str | None = None) -> None:
        """Say what is wrong with `field` and was mended."""
        _log.warning("%s, line %d: %s: %s", self.path, self._line(field, near), field, what)

    def _line(self, field: str, near: str | None) -> int:
        start = max(self.text.find(f'"{near}"'), 0) if near else 0
        last = field.rsplit(".", 1)[-1]
        found = self.text.find(f'"{last}"', start)
        place = found if found >= 0 else start
        return self.first_line + self.text.count("\n", 0, place)

    def _constant(self, name: str) -> NoReturn:
        place = max(self.text.find(name), 0)
        self.fail(self.first_line + self.text.count("\n", 0, place), f"{name} is not a number that JSON allows")

    def objects(self, field: str, most: int) -> list[dict[str, Any]]:
        """The list of objects under `field`; empty where there is none."""
        items = self.data.get(field, [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            self.wrong(field, "must be a list of objects [{...}, ...]")
        if len(items) > most:
            self.wrong(field, f"has {len(items)} entries, at most {most} are allowed")
        return items

    def number(self, item: Mapping[str, Any], key: str, fallback: float, name: str) -> float:
        """A finite number (true and false count as 1 and 0)."""
        value = item.get(key, fallback)
        if not isinstance(value, int | float) or abs(value) > 1e9 or not math.isfinite(value):
            self.wrong(f"INPUTS.{name}.{key}", f"{value!r} is not a number from -1e9 to 1e9", name)
        return float(value)

    def string(self, item: Mapping[str, Any], key: str) -> str:
        """A text field on one line; empty where it is missing or no text."""
        value = item.get(key, "")
        return " ".join(value.split()) if isinstance(value, str) else ""


def parse(text: str, path: Path) -> IsfShader:
    """Read one ISF file.

    Args:
        text: the whole file. path: where it is from; its stem, as `slug` writes it, is the effect's name.
    Raises:
        LivevizError: "FILE, line N: FIELD: what is wrong, what is allowed".
    """
    if len(text) > MAX_BYTES:
        raise LivevizError(f"{path}: {len(text)} characters; a shader has at most {MAX_BYTES}")
    header = _Header(text, path)
    inputs = _inputs(header)
    if not re.search(r"\bvoid\s+main\s*\(", header.body):
        header.fail(header.body_line, "there is no void main() after the header")
    return IsfShader(
        slug(path.stem),
        path,
        header.string(header.data, "DESCRIPTION"),
        inputs,
        _passes(header, {i.name for i in inputs}),
        header.body,
        header.body_line,
    )


def _inputs(header: _Header) -> tuple[Input, ...]:
    inputs: list[Input] = []
    for item in header.objects("INPUTS", MAX_INPUTS):
        name = item.get("NAME")
        if (
            not isinstance(name, str)
            or not _NAME_PATTERN.fullmatch(name)
            or name in _TAKEN_NAMES
            or name.startswith(("gl_", "isf_"))
        ):
            header.wrong("INPUTS.NAME", f"{name!r} is no name; letters, digits and _ are allowed", str(name))
        if name.lower() in {i.name.lower() for i in inputs}:
            header.wrong("INPUTS.NAME", f"{name} is there twice", name)
        kind = item.get("TYPE")
        if kind not in INPUT_TYPES:
            header.wrong(f"INPUTS.{name}.TYPE", f"{kind!r} is not known; allowed: {', '.join(INPUT_TYPES)}", name)
        if kind == "image" and name != "inputImage":
            header.wrong(f"INPUTS.{name}.TYPE", "the only image there is is called inputImage", name)
        if kind != "image":
            inputs.append(_input(header, item, name, kind))
    if not any(i.name == "amount" for i in inputs):
        inputs.insert(0, Input("amount", "float", (0.0,), help="How much of the effect is mixed in", implicit=True))
    amount = next(i for i in inputs if i.name == "amount")
    if (amount.type, amount.low, amount.high, amount.default) != ("float", 0.0, 1.0, (0.0,)):
        header.wrong("INPUTS.amount", "must be a float from 0 to 1 with DEFAULT 0 (0 is off)", "amount")
    return tuple(inputs)


def _input(header: _Header, item: dict[str, Any], name: str, kind: str) -> Input:
    label = header.string(item, "LABEL") or header.string(item, "DESCRIPTION")
    if kind in COMPONENT_COUNTS:
        count = COMPONENT_COUNTS[kind]
        default = item.get("DEFAULT", [0.0, 0.0, 0.0, 1.0][-count:])
        if not isinstance(default, list) or len(default) != count:
            header.wrong(f"INPUTS.{name}.DEFAULT", f"must be a list of {count} numbers", name)
        numbers = tuple(header.number({"DEFAULT": v}, "DEFAULT", 0.0, name) for v in default)
        return Input(name, kind, numbers, help=label)
    if kind in ("bool", "event"):
        return Input(name, kind, (float(header.number(item, "DEFAULT", 0.0, name) != 0.0),), help=label)
    values: tuple[int, ...] = ()
    if kind == "long" and "VALUES" in item:
        listed = item["VALUES"]
        if not isinstance(listed, list) or not listed or not all(type(v) is int and abs(v) < 1 << 24 for v in listed):
            header.wrong(f"INPUTS.{name}.VALUES", "must be a list of integers", name)
        values = tuple(listed)
    low = header.number(item, "MIN", min(values, default=0), name)
    high = header.number(item, "MAX", max(values, default=1), name)
    if low >= high and len(values) != 1:
        header.wrong(f"INPUTS.{name}.MIN", f"range {low:g} to {high:g} is empty; MIN must be below MAX", name)
    start = header.number(item, "DEFAULT", min(max(0.0, low), high), name)
    inside = min(max(start, low), high)
    if inside != start:
        header.warn(f"INPUTS.{name}.DEFAULT", f"{start:g} is outside {low:g} to {high:g}; {inside:g} is taken", name)
    return Input(name, kind, (inside,), low, high, values, label)


def _passes(header: _Header, taken: set[str]) -> tuple[Pass, ...]:
    passes: list[Pass] = []
    for item in header.objects("PASSES", MAX_PASSES):
        target = item.get("TARGET")
        if target == "":
            target = None
        if target is not None and (
            not isinstance(target, str)
            or not _NAME_PATTERN.fullmatch(target)
            or target in taken | _TAKEN_NAMES | {"inputImage"}
        ):
            header.wrong("PASSES.TARGET", f"{target!r} is no free name; letters, digits and _ are allowed", str(target))
        size = []
        for key, whole in (("WIDTH", "$WIDTH"), ("HEIGHT", "$HEIGHT")):
            expression = str(item.get(key, whole))
            problem = check_size(expression, taken)
            if problem:
                header.wrong(f"PASSES.{key}", problem, target)
            size.append(expression)
        passes.append(Pass(target, bool(item.get("PERSISTENT")), bool(item.get("FLOAT")), size[0], size[1]))
    if not passes or passes[-1].target is not None:  # ISF shows the last buffer where no pass draws to the output
        passes.append(Pass(copy_of=passes[-1].target if passes else None))
    return tuple(passes)
