"""The engine's half of each family, found by folder and by the family's name in a generator's config."""

from pathlib import Path

from liveviz import bending
from liveviz.engine.family import Family, Network
from liveviz.models import Config, Generator
from liveviz.system import discover

_FOUND = discover.Folders(
    "liveviz.engine",
    "family",
    "FAMILY",
    lambda name, known: f"family {name!r:.40}: has no engine; there are {', '.join(known)}",
)


def names() -> tuple[str, ...]:
    """Names of all families that can be drawn, sorted: the folders of `engine` with a `family.py`."""
    return _FOUND.names


def load(name: str) -> Family:
    """The family of that name; LivevizError where nothing here draws it."""
    found: Family = _FOUND.load(name)
    return found


def of(config: Config) -> Family:
    """The family of a config."""
    return load(config.family)


def network(generator: Generator) -> Network:
    """A generator as constants, to be built by a backend; LivevizError where one of them is too large for float32."""
    return of(generator.config).network(generator)


def layers_of(config: Config) -> dict[int, bending.LayerShape]:
    """Every layer of a generator that a bend can reach, by its name in mapping files."""
    return of(config).layers(config)


def sources(name: str) -> list[Path]:
    """The files that decide how a family is drawn: what was compiled from other ones is stale."""
    return sorted(Path(str(_FOUND.file(name).__file__)).parent.rglob("*.py"))
