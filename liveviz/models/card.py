"""A bundle's card: what it says of where a generator comes from, and what its classes and knobs are called."""

import json
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from liveviz.spec import LivevizError
from liveviz.system.files import write_whole

MAX_CARD = 1 << 16  # bytes
MAX_NAME = 40  # letters of a direction's


@dataclass(frozen=True)
class Card:
    """What `card.toml` says of a bundle.

    name: what to call it.
    trained: False where the weights are random.
    licence: of the weights, an SPDX name.
    origin: where the weights come from, in a sentence.
    training: how it was trained, in a sentence; empty where it was not.
    class_names: one per class, or none.
    direction_names: what the directions do, in their order; `""` for one without a name.
    channels: how what it draws becomes colour: rgb (it is colour), or fields (liveviz/fields).
    lighter: name of the bundle that draws nearly the same images of the same z, classes and w at less cost, or empty.
    """

    name: str
    trained: bool
    licence: str
    origin: str
    training: str = ""
    class_names: tuple[str, ...] = ()
    direction_names: tuple[str, ...] = ()
    channels: str = "rgb"
    lighter: str = ""


CHANNELS = ("rgb", "fields")
_REQUIRED_FIELDS = ("name", "trained", "licence", "origin")


def read_card(path: Path, classes: int | None) -> Card:
    """Read a card; LivevizError in one line that names the file, the field and what is allowed.

    Args:
        classes: of the generator, None where that is not known: then there may be any number of class names.
    """
    try:
        if path.exists() and not path.is_file():  # a FIFO would wait for ever
            raise LivevizError(f"{path}: cannot be read: it is no ordinary file")
        with path.open("rb") as file:
            raw = file.read(MAX_CARD + 1)
        if len(raw) > MAX_CARD:
            raise LivevizError(f"{path}: longer than {MAX_CARD} bytes")
        table = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise LivevizError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise LivevizError(f"{path}: is not TOML: {str(error)[:80]}") from error
    known = [f.name for f in fields(Card)]
    if unknown := sorted(set(table) - set(known)):
        raise LivevizError(f"{path}: {unknown[0]:.40}: unknown field; known are {', '.join(known)}")
    for name in _REQUIRED_FIELDS:
        if name not in table:
            raise LivevizError(f"{path}: {name}: is missing")
    for name, value in table.items():
        if name == "trained":
            if not isinstance(value, bool):
                raise LivevizError(f"{path}: trained: is neither true nor false")
        elif name == "class_names":
            names = isinstance(value, list) and all(isinstance(v, str) for v in value)
            if not names or (classes is not None and len(value) not in (0, classes)):
                raise LivevizError(f"{path}: class_names: is not a list of {classes} names, one per class")
        elif name == "direction_names":
            if not (isinstance(value, list) and all(isinstance(v, str) and len(v) <= MAX_NAME for v in value)):
                raise LivevizError(f"{path}: direction_names: is not a list of names of up to {MAX_NAME} letters")
        elif name == "channels":
            if value not in CHANNELS:
                raise LivevizError(f"{path}: channels: {value!r:.40} is none of {', '.join(CHANNELS)}")
        elif not isinstance(value, str):
            raise LivevizError(f"{path}: {name}: is not text")
    return Card(**{**table, **{name: tuple(table.get(name, ())) for name in ("class_names", "direction_names")}})


def write_card(path: Path, card: Card) -> None:
    """Write a card at once or not at all."""
    lines = []
    for field in fields(Card):
        value = getattr(card, field.name)
        # JSON's text, truth values and lists of text are TOML's too.
        lines.append(f"{field.name} = {json.dumps(value, ensure_ascii=False)}\n")
    write_whole(path, "".join(lines).encode())
