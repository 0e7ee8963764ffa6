"""The engine's half of each family, found by folder and by the family's name in a generator's config."""

from functools import cache
from pathlib import Path

from liveviz import bending
from liveviz.engine.family import Family, Network
from liveviz.models import Config, Generator
from liveviz.spec import LivevizError
from liveviz.system import discover

_ROOM = "liveviz.engine"


@cache
def names() -> tuple[str, ...]:
    """Names of all families that can be drawn, sorted: the folders of `engine` with a `family.py`."""
    return tuple(discover.folders(_ROOM, "family"))


@cache
def load(name: str) -> Family:
    """The family of that name; LivevizError where nothing here draws it."""
    if name not in names():
        raise LivevizError(f"family {name!r:.40}: has no engine; there are {', '.join(names())}")
    found: Family = discover.load(_ROOM, name, "family").FAMILY
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
    return sorted(Path(str(discover.load(_ROOM, name, "family").__file__)).parent.rglob("*.py"))
