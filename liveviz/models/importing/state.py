"""One network that was saved as a table of tensors, as it was found."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from liveviz.models.importing.source import shown

_AVERAGED_PATTERN = re.compile(r"ema|avg|averag|shadow|swa", re.IGNORECASE)
_TRAINED_PATTERN = re.compile(r"online|current|student", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class State:
    """One network: where it lay, of which family and which kind of that family's it is, its tensors by their plain names, and
    the tables around it, from the nearest."""

    where: str
    family: str
    kind: str
    nodes: dict[str, object]
    around: tuple[Mapping[str, object], ...]

    @property
    def note(self) -> str:
        """Where it was, for the kind of file that it is said to be."""
        return "" if self.where == "g_ema" else f", from {shown(self.where) if self.where else 'a bare table'}"

    @property
    def rank(self) -> int:
        """What to take first: averaged weights, then plain ones, then those that the averaged ones are made of."""
        return 0 if _AVERAGED_PATTERN.search(self.where) else 2 if _TRAINED_PATTERN.search(self.where) else 1
