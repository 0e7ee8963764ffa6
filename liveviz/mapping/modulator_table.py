"""Checks `[modulator.NAME]`: the tables of a show's own sources."""

import re

from liveviz.mapping import words
from liveviz.mapping.fields import Table
from liveviz.mapping.modulators import kinds
from liveviz.mapping.program import NamedModulator
from liveviz.mapping.route_table import MAX_ADDRESS, Known

MAX_MODULATORS = 128
_NAME_PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")


def read_modulators(table: Table, known: Known) -> tuple[NamedModulator, ...]:
    """All of them, in the order of the file; each may read signals, controls and those before it."""
    if len(table.data) > MAX_MODULATORS:
        table.fail(list(table.data)[MAX_MODULATORS], f"{len(table.data)} of them; at most {MAX_MODULATORS} are allowed")
    found: list[NamedModulator] = []
    for name in table.data:
        if not _NAME_PATTERN.fullmatch(name):
            table.fail(name, "a modulator's name is 1 to 40 letters, digits and _, and does not begin with a digit")
        inner = table.table(name)
        if not inner.has("kind"):
            inner.fail("kind", f"is missing; allowed: {', '.join(kinds())}")
        kind = inner.choice("kind", tuple(kinds()), "")
        inner.only(("kind", *kinds()[kind].KEYS))
        before = known._replace(modulators=tuple(modulator.source for modulator in found))

        def source(inner: Table, key: str, before: Known = before) -> str:
            text = inner.text(key, longest=MAX_ADDRESS)
            if wrong := before.what_is_wrong(text):
                inner.fail(key, wrong)
            return text

        found.append(NamedModulator(name, kind, kinds()[kind].read(inner, source)))
    return tuple(found)


def tables() -> dict[str, dict[str, tuple[str, str]]]:
    """Every kind's table and keys, for the reference: as `words.TABLES`."""
    return {f'[modulator.NAME], kind = "{name}"': {**words.MODULATOR, **kind.KEYS} for name, kind in kinds().items()}
