"""Which families of generators there are: found by folder, so that a new one is new files only. A config's table in a file
says which it is of; a file without the word is of the first one, as all were once."""

from liveviz.models.family import Family
from liveviz.models.generator import Generator
from liveviz.models.latents import LatentMapping
from liveviz.models.sizes import DEFAULT_FAMILY, FAMILY_FIELD, Config, table_of
from liveviz.spec import LivevizError
from liveviz.system import discover

__all__ = [
    "DEFAULT_FAMILY",
    "FAMILY_FIELD",
    "config_of",
    "every",
    "load",
    "mapping_of",
    "names",
    "new",
    "of",
    "table_of",
]

_FOUND = discover.Folders(
    "liveviz.models",
    "family",
    "FAMILY",
    lambda name, known: f"{FAMILY_FIELD}: {name!r:.40} is unknown; known are {', '.join(known)}",
)


def names() -> tuple[str, ...]:
    """Names of all families, sorted: the folders of `models` with a `family.py`."""
    return _FOUND.names


def load(name: str) -> Family:
    """The family of that name; LivevizError for an unknown one."""
    found: Family = _FOUND.load(name)
    return found


def of(config: Config) -> Family:
    """The family of a config."""
    return load(config.family)


def every() -> dict[str, Family]:
    """All families by name."""
    return {name: load(name) for name in names()}


def config_of(values: object) -> Config:
    """The config of a file's table; LivevizError for one that no generator has."""
    if not isinstance(values, dict):
        raise LivevizError("its config is not a table of fields")
    name = values.get(FAMILY_FIELD, DEFAULT_FAMILY)
    if not isinstance(name, str):
        raise LivevizError(f"{FAMILY_FIELD}: {name!r:.40} is no name of a family")
    return load(name).config({key: value for key, value in values.items() if key != FAMILY_FIELD})


def new(config: Config, seed: int = 0) -> Generator:
    """A generator with random weights, the same for the same seed, 0 to 2**32 - 1: as its family begins one."""
    return of(config).new(config, seed)


def mapping_of(generator: Generator) -> LatentMapping:
    """The way from z and class to the rows of style of a generator, in numpy."""
    return of(generator.config).mapping(generator)
