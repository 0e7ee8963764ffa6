"""Bundles: a folder with a generator, its directions and a card that says where it comes from. Musicians name a bundle
(`default`) or a file; both are found here, and a name that is neither is answered with the names there are."""

import json
import logging
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from liveviz.models import importing
from liveviz.models.directions.file import read_directions, write_directions
from liveviz.models.files import read, write
from liveviz.models.generator import Generator
from liveviz.spec import LivevizError
from liveviz.system.files import write_whole

MAX_CARD = 1 << 16
MAX_NAME = 40  # letters of a direction's
MAX_FILES = 16  # of a training program's folder
_GENERATOR = "generator.safetensors"
_CHECKPOINTS = (".safetensors", ".pt", ".pth", ".bin", ".pkl", ".ckpt")
_log = logging.getLogger("liveviz.models")


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
    lighter: name of the bundle that draws nearly the same pictures of the same z, classes and w at less cost, or empty.
    """

    name: str
    trained: bool
    licence: str
    origin: str
    training: str = ""
    class_names: tuple[str, ...] = ()
    direction_names: tuple[str, ...] = ()
    lighter: str = ""


_REQUIRED = ("name", "trained", "licence", "origin")


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
    for name in _REQUIRED:
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
        elif not isinstance(value, str):
            raise LivevizError(f"{path}: {name}: is not text")
    return Card(**{**table, **{name: tuple(table.get(name, ())) for name in ("class_names", "direction_names")}})


def read_bundle(folder: Path) -> Generator:
    """Read the bundle in `folder`: the generator, its card, and its directions where it has some."""
    generator = read(folder / _GENERATOR)
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
    write(folder / _GENERATOR, generator, fp16)
    if generator.directions is not None:
        found = generator.directions
        if found.fingerprint == generator.fingerprint:  # rounding made another generator, and they are of that one too
            found = replace(found, fingerprint=read(folder / _GENERATOR).fingerprint)
        write_directions(folder / "directions.safetensors", found)
    write_card(folder / "card.toml", generator.card)


def write_card(path: Path, card: Card) -> None:
    """Write a card at once or not at all."""
    lines = []
    for field in fields(Card):
        value = getattr(card, field.name)
        # JSON's text, truth values and lists of text are TOML's too.
        lines.append(f"{field.name} = {json.dumps(value, ensure_ascii=False)}\n")
    write_whole(path, "".join(lines).encode())


def list_models(folders: Sequence[Path]) -> dict[str, Path]:
    """Folder of every bundle by name, sorted; where two folders have one name, the first counts."""
    found: dict[str, Path] = {}
    for folder in folders:
        if folder.is_dir():
            for path in folder.iterdir():
                if (path / _GENERATOR).is_file():
                    found.setdefault(path.name, path)
    return dict(sorted(found.items()))


def direction_names(name: str, folders: Sequence[Path]) -> tuple[str, ...]:
    """What the directions of a bundle are called (a name, or its folder), read from its card alone; none for anything else."""
    folder = list_models(folders).get(name) or Path(name)
    try:
        return read_card(folder / "card.toml", None).direction_names
    except (
        LivevizError,
        OSError,
        ValueError,
    ):  # a generator file has no card; a broken bundle says so where it is opened
        return ()


def import_model(path: Path, cache: Path | None = None) -> tuple[Generator, str]:
    """(generator with a card, kind of file) of any generator file that people have; see `models.importing`.

    Args:
        cache: the user's cache folder, where the import is kept and found again; None reads again.
    Raises: LivevizError in one line that names the file.
    """
    found = importing.open_file(path, cache)
    unknown = "unknown (the file does not say)"
    card = Card(path.stem, True, unknown, f"imported from {path.name}, SHA-256 {found.sha256}", unknown)
    return replace(found.generator, card=card), found.kind


def _from_checkpoint(folder: Path, cache: Path | None) -> Generator:
    """The generator in a training program's folder (accelerate's): of the files with one in them, the averaged one's.

    Raises: LivevizError that names the files that were looked into.
    """
    files = [path for path in sorted(folder.iterdir()) if path.suffix in _CHECKPOINTS and path.is_file()][:MAX_FILES]
    for path in sorted(files, key=lambda path: not ("ema" in path.name or path.name.startswith("custom_checkpoint"))):
        try:
            return replace(import_model(path, cache)[0], name=folder.name)
        except LivevizError as error:
            _log.info("%s", error)
    inside = f"and none of {', '.join(path.name for path in files)} is a generator" if files else "and no checkpoint"
    raise LivevizError(f"{folder}: holds no {_GENERATOR} {inside}")


def open_model(name: str | Path, folders: Sequence[Path], cache: Path | None = None) -> Generator:
    """The generator that a user named: a bundle in one of `folders`, a bundle's own folder, or a generator file.

    Args:
        cache: the user's cache folder, where what is read from a foreign file is kept; None reads it again.
    Raises: LivevizError in one line; for an unknown name it lists the bundles there are.
    """
    models = list_models(folders)
    if str(name) in models:
        return read_bundle(models[str(name)])
    path = Path(name)
    try:
        if path.is_dir():
            return read_bundle(path) if (path / _GENERATOR).exists() else _from_checkpoint(path, cache)
        if path.is_file():
            return read(path) if importing.is_own(path) else import_model(path, cache)[0]
    except (OSError, ValueError) as error:  # a name too long, or with a NUL in it
        raise LivevizError(f"model {str(name)!r:.80}: is neither a bundle nor a file") from error
    known = ", ".join(models) or "none"
    raise LivevizError(f"model {str(name)!r:.200}: is neither a file nor one of the bundles here ({known})")
