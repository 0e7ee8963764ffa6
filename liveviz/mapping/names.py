"""The names of a generator's directions, as a mapping file may call its knobs: `pca.green to violet`, or
`pca.green-to-violet`, is `pca.0` of the generator that has a direction of that name in the first place."""

from collections.abc import Sequence

_DIRECTION_PREFIX = "pca."


def slug(name: str) -> str:
    """A name without what is easily mistyped: small letters and digits, `-` between words."""
    return "-".join("".join(c if c.isalnum() else " " for c in name.casefold()).split())


class Names:
    """What the knobs are called.

    Args:
        directions: in the order of the knobs; empty for one without a name.
    """

    def __init__(self, directions: Sequence[str]) -> None:
        self._directions = tuple(directions)
        self._knobs: dict[str, str] = {}
        for number, name in enumerate(self._directions):
            if slug(name):
                self._knobs.setdefault(slug(name), f"{_DIRECTION_PREFIX}{number}")

    def parameter(self, written: str) -> str:
        """The parameter that is meant: the knob where `written` is `pca.` and a direction's name, else `written`."""
        if not written.startswith(_DIRECTION_PREFIX):
            return written
        return self._knobs.get(slug(written.removeprefix(_DIRECTION_PREFIX)), written)

    @property
    def written(self) -> tuple[str, ...]:
        """The names as a file may have them, for what is suggested in place of a wrong one."""
        return tuple(f"{_DIRECTION_PREFIX}{name}" for name in self._directions if name)
