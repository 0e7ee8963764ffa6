"""Which families of generators there are: found by folder, so that a new one is new files only. A config's table in a file
says which it is of; a file without the word is of the first one, as all were once."""

from collections.abc import Mapping
from functools import cache

from liveviz.models.family import Config, Family
from liveviz.spec import LivevizError
from liveviz.system import discover

FIRST = "stylegan"  # what a file is of that does not say
FIELD = "family"
_ROOM = "liveviz.models"


@cache
def names() -> tuple[str, ...]:
    """Names of all families, sorted: the folders of `models` with a `family.py`."""
    return tuple(discover.folders(_ROOM, "family"))


@cache
def load(name: str) -> Family:
    """The family of that name; LivevizError for an unknown one."""
    if name not in names():
        raise LivevizError(f"{FIELD}: {name!r:.40} is unknown; known are {', '.join(names())}")
    found: Family = discover.load(_ROOM, name, "family").FAMILY
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
    name = values.get(FIELD, FIRST)
    if not isinstance(name, str):
        raise LivevizError(f"{FIELD}: {name!r:.40} is no name of a family")
    return load(name).config({key: value for key, value in values.items() if key != FIELD})


def table_of(config: Config) -> Mapping[str, object]:
    """What `config_of` makes the config of again."""
    said = {} if config.family == FIRST else {FIELD: config.family}
    return {**said, **config.as_dict()}
