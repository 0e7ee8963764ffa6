"""Checked reading of one table of a mapping file. Every answer that a musician can get wrong goes through here, so
that every mistake is told in one form: `FILE:LINE: field: what is wrong, what is allowed`."""

import difflib
import math
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NoReturn

from liveviz.mapping.lines import Lines, Path
from liveviz.spec import LivevizError

SHOWN_LETTERS = 60
LONGEST_LIST_LETTERS = 250
HIGHEST_NUMBER = 1e15


def quote(value: object) -> str:
    """`value` as one short printable piece of a line, whatever it is."""
    text = ascii(value) if not isinstance(value, str) else "'" + value.encode("unicode_escape").decode("ascii") + "'"
    return text if len(text) <= SHOWN_LETTERS else text[: SHOWN_LETTERS - 4] + "..." + text[-1]


def suggest(word: str, known: Iterable[str]) -> str:
    """The names nearest to `word`, as a part of a message: ` (did you mean 'a' or 'b'?)`, or nothing."""
    near = difflib.get_close_matches(word[:SHOWN_LETTERS].lower(), list(known), n=3, cutoff=0.5)
    return f" (did you mean {' or '.join(repr(n) for n in near)}?)" if near else ""


def instead(word: str, known: Collection[str], allowed: str) -> str:
    """What to write instead of `word`, as the end of a message that can be read at a glance: the nearest names first, for
    a screen may cut the rest; where none is near, the names of its own family; and in short what is `allowed`."""
    head = word.partition(".")[0] + "."
    family = families(name for name in known if name.startswith(head))
    near = suggest(word, known)
    return f"{near}; allowed: {family if not near and 0 < len(family) < LONGEST_LIST_LETTERS else allowed}"


def heads(names: Iterable[str]) -> str:
    """All `names` by what they begin with: `bend.*, pca.0-15, noise_speed`."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.partition(".")[0], []).append(name)
    short = ((head, families(group)) for head, group in groups.items())
    return ", ".join(f"{head}.*" if "," in names else names for head, names in short)


def families(names: Iterable[str]) -> str:
    """All `names` in one short list: `pca.0`, `pca.1` ... are told as `pca.0-15`."""
    last: dict[str, int | None] = {}
    for name in names:
        stem, _, number = name.rpartition(".")
        if stem and number.isdecimal():
            last[stem] = max(int(number), last.get(stem) or 0)
        else:
            last[name] = None
    return ", ".join(stem if top is None else f"{stem}.0-{top}" for stem, top in last.items())


class Table:
    """One table of the file.

    Args:
        data: the table as tomllib gives it.
        path: where it is in the file, for the line.
        lines: line numbers of the file.
        file: name of the file in messages.
        old: where words that have a better one today are noted, as (line, as written, today's); shared by all tables of a
            file.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        path: Path,
        lines: Lines,
        file: str,
        old: list[tuple[int, str, str]] | None = None,
    ) -> None:
        self.data, self.path, self.lines, self.file = data, path, lines, file
        self.old = [] if old is None else old
        self._written: dict[str, str] = {}

    @property
    def line(self) -> int:
        """Line where the table starts."""
        return self.lines.of(self.path)

    def renamed(self, now: str, before: str) -> None:
        """Read the key `before`, which files of old have, as `now`; mistakes go on being told at the word in the file."""
        if before not in self.data:
            return
        if now in self.data:
            self.fail(before, f"is the old word for {now}, which is there too; remove one of the two")
        self.old.append((self.lines.of((*self.path, before)), before, now))
        self.data = {now if key == before else key: value for key, value in self.data.items()}
        self._written[now] = before

    def has(self, key: str) -> bool:
        """Whether the musician wrote `key`."""
        return key in self.data

    def fail(self, key: str | Path, what: str) -> NoReturn:
        """Raise LivevizError about `key` of this table, with its file, line and name."""
        parts: Path = (key,) if isinstance(key, str) else key
        first = [self._written.get(part, part) if isinstance(part, str) else part for part in parts[:1]]
        path = (*self.path, *first, *parts[1:])
        field = ".".join(str(part) for part in path if isinstance(part, str)) or "file"
        field = field if field.isprintable() and field.isascii() and len(field) <= SHOWN_LETTERS else quote(field)
        raise LivevizError(f"{self.file}:{self.lines.of(path)}: {field}: {what}")

    def only(self, allowed: Collection[str]) -> None:
        """Refuse every key that is not in `allowed`."""
        for key in self.data:
            if key not in allowed:
                self.fail(key, f"unknown key{suggest(key, allowed)}; allowed: {', '.join(allowed)}")

    def table(self, key: str) -> "Table":
        """The table under `key`; an empty one where there is none."""
        data = self.data.get(key, {})
        if not isinstance(data, dict):
            self.fail(key, f"{quote(data)} is not a table; write {key} = {{ ... }} or [{key}]")
        return Table(data, (*self.path, key), self.lines, self.file, self.old)

    def tables(self, key: str, limit: int) -> list["Table"]:
        """The tables under `key`, written once (`key = {...}`) or as an array (`[[key]]`); at most `limit`."""
        data = self.data.get(key, [])
        if isinstance(data, dict):
            return [self.table(key)]
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            self.fail(key, f"{quote(data)} is not a table; write [[{key}]]")
        if len(data) > limit:
            self.fail((key, limit), f"{len(data)} of them; at most {limit} are allowed")
        return [Table(item, (*self.path, key, i), self.lines, self.file, self.old) for i, item in enumerate(data)]

    def text(self, key: str, default: str = "", longest: int = 200, breaks: str = "") -> str:
        """The string under `key`; no control characters but `breaks`."""
        value = self.data.get(key, default)
        if not isinstance(value, str):
            self.fail(key, f"{quote(value)} is not a text; write it in quotes")
        if len(value) > longest:
            self.fail(key, f"{len(value)} characters; at most {longest} are allowed")
        if any(unicodedata.category(c) == "Cc" and c not in breaks for c in value):
            self.fail(key, f"{quote(value)} holds control characters; only text is allowed")
        return value

    def choice(self, key: str, allowed: Collection[str], default: str) -> str:
        """The string under `key`, one of `allowed`."""
        value = self.data.get(key, default)
        if not isinstance(value, str) or value not in allowed:
            near = suggest(value, allowed) if isinstance(value, str) else ""
            self.fail(key, f"{quote(value)} is unknown{near}; allowed: {', '.join(allowed)}")
        return value

    def number(self, key: str, default: float, low: float, high: float, unit: str = "") -> float:
        """The number under `key`, in `low` to `high`."""
        return self.as_number(key, self.data[key], low, high, unit) if key in self.data else default

    def as_number(self, key: str | Path, value: object, low: float, high: float, unit: str = "") -> float:
        """`value`, found under `key`, as a finite float in `low` to `high`."""
        allowed = f"a number from {low:g} to {high:g}{' ' + unit if unit else ''} is allowed"
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(key, f"{quote(value)} is not a number; {allowed}")
        if not abs(value) < HIGHEST_NUMBER or not math.isfinite(value) or not low <= value <= high:
            self.fail(key, f"{quote(value)} is out of range; {allowed}")
        return float(value)

    def as_integer(self, key: str | Path, value: object, low: int, high: int) -> int:
        """`value`, found under `key`, as an integer in `low` to `high`."""
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fail(key, f"{quote(value)} is not allowed; a whole number from {low} to {high} is")
        return value
