"""Bundles: a folder with a generator, its directions and a card that says where it comes from. Musicians name a bundle
(`default`) or a file; both are found here, and a name that is neither is answered with the names there are."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from liveviz.models.directions import read_directions, write_directions
from liveviz.models.files import read, write
from liveviz.models.generator import Generator
from liveviz.spec import LivevizError, write_whole

MAX_CARD = 1 << 16


@dataclass(frozen=True)
class Card:
    """What `card.toml` says of a bundle.

    name: what to call it.
    trained: False where the weights are random.
    licence: of the weights, an SPDX name.
    origin: where the weights come from, in a sentence.
    training: how it was trained, in a sentence; empty where it was not.
    class_names: one per class, or none.
    """

    name: str
    trained: bool
    licence: str
    origin: str
    training: str = ""
    class_names: tuple[str, ...] = ()


_REQUIRED = ("name", "trained", "licence", "origin")


def read_card(path: Path, classes: int) -> Card:
    """Read a card; LivevizError in one line that names the file, the field and what is allowed."""
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
    for name in _REQUIRED:
        if name not in table:
            raise LivevizError(f"{path}: {name}: is missing")
    for name, value in table.items():
        if name == "trained":
            if not isinstance(value, bool):
                raise LivevizError(f"{path}: trained: is neither true nor false")
        elif name == "class_names":
            if not (isinstance(value, list) and all(isinstance(v, str) for v in value) and len(value) in (0, classes)):
                raise LivevizError(f"{path}: class_names: is not a list of {classes} names, one per class")
        elif not isinstance(value, str):
            raise LivevizError(f"{path}: {name}: is not text")
    return Card(**{**table, "class_names": tuple(table.get("class_names", ()))})


def read_bundle(folder: Path) -> Generator:
    """Read the bundle in `folder`: the generator, its card, and its directions where it has some."""
    generator = read(folder / "generator.safetensors")
    card = read_card(folder / "card.toml", generator.config.classes)
    path = folder / "directions.safetensors"
    directions = read_directions(path, generator.config.w_dim) if path.exists() else None
    return replace(generator, name=card.name, card=card, directions=directions)


def write_bundle(folder: Path, generator: Generator, fp16: bool = True) -> None:
    """Write `generator`, which has a card, as a bundle into `folder`, which is made where it is missing."""
    if generator.card is None:
        raise ValueError("a bundle needs a card")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LivevizError(f"{folder}: cannot be made: {error.strerror or error}") from error
    write(folder / "generator.safetensors", generator, fp16)
    if generator.directions is not None:
        write_directions(folder / "directions.safetensors", generator.directions)
    lines = []
    for field in fields(Card):
        value = getattr(generator.card, field.name)
        # JSON's text, truth values and lists of text are TOML's too.
        lines.append(f"{field.name} = {json.dumps(value, ensure_ascii=False)}\n")
    write_whole(folder / "card.toml", "".join(lines).encode())


def list_models(folders: Sequence[Path]) -> dict[str, Path]:
    """Folder of every bundle by name, sorted; where two folders have one name, the first counts."""
    found: dict[str, Path] = {}
    for folder in folders:
        if folder.is_dir():
            for path in folder.iterdir():
                if (path / "generator.safetensors").is_file():
                    found.setdefault(path.name, path)
    return dict(sorted(found.items()))


def open_model(name: str | Path, folders: Sequence[Path]) -> Generator:
    """The generator that a user named: a bundle in one of `folders`, a bundle's own folder, or a generator file.

    Raises: LivevizError in one line; for an unknown name it lists the bundles there are.
    """
    models = list_models(folders)
    if str(name) in models:
        return read_bundle(models[str(name)])
    path = Path(name)
    try:
        if path.is_dir():
            return read_bundle(path)
        if path.is_file():
            return read(path)
    except (OSError, ValueError) as error:  # a name too long, or with a NUL in it
        raise LivevizError(f"model {str(name)!r:.80}: is neither a bundle nor a file") from error
    known = ", ".join(models) or "none"
    raise LivevizError(f"model {str(name)!r:.200}: is neither a file nor one of the bundles here ({known})")
