"""Bundles: a folder with a generator, its directions and a card that says where it comes from. Musicians name a bundle
(`default`) or a file; both are found here, and a name that is neither is answered with the names there are."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from liveviz.models import importing
from liveviz.models.card import Card, read_card, write_card
from liveviz.models.directions.file import read_directions, write_directions
from liveviz.models.files import read, write
from liveviz.models.generator import Generator
from liveviz.spec import LivevizError

MAX_FILES = 16  # of a training program's folder
_GENERATOR_FILE = "generator.safetensors"
_CHECKPOINT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".pkl", ".ckpt")
_log = logging.getLogger("liveviz.models")


def read_bundle(folder: Path) -> Generator:
    """Read the bundle in `folder`: the generator, its card, and its directions where it has some."""
    generator = read(folder / _GENERATOR_FILE)
    card = read_card(folder / "card.toml", generator.config.classes)
    if (card.channels == "fields") != generator.config.draws_fields:
        drawn = "fields" if generator.config.draws_fields else "rgb"
        raise LivevizError(f"{folder / 'card.toml'}: channels: says {card.channels}, but the generator draws {drawn}")
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
    write(folder / _GENERATOR_FILE, generator, fp16)
    if generator.directions is not None:
        found = generator.directions
        if found.fingerprint == generator.fingerprint:  # rounding made another generator, and they are of that one too
            found = replace(found, fingerprint=read(folder / _GENERATOR_FILE).fingerprint)
        write_directions(folder / "directions.safetensors", found)
    write_card(folder / "card.toml", generator.card)


def list_models(folders: Sequence[Path]) -> dict[str, Path]:
    """Folder of every bundle by name, sorted; where two folders have one name, the first counts."""
    found: dict[str, Path] = {}
    for folder in folders:
        if folder.is_dir():
            for path in folder.iterdir():
                if (path / _GENERATOR_FILE).is_file():
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
    files = [path for path in sorted(folder.iterdir()) if path.suffix in _CHECKPOINT_SUFFIXES and path.is_file()][
        :MAX_FILES
    ]
    for path in sorted(files, key=lambda path: not ("ema" in path.name or path.name.startswith("custom_checkpoint"))):
        try:
            return replace(import_model(path, cache)[0], name=folder.name)
        except LivevizError as error:
            _log.info("%s", error)
    inside = f"and none of {', '.join(path.name for path in files)} is a generator" if files else "and no checkpoint"
    raise LivevizError(f"{folder}: holds no {_GENERATOR_FILE} {inside}")


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
            return read_bundle(path) if (path / _GENERATOR_FILE).exists() else _from_checkpoint(path, cache)
        if path.is_file():
            return read(path) if importing.is_own(path) else import_model(path, cache)[0]
    except (OSError, ValueError) as error:  # a name too long, or with a NUL in it
        raise LivevizError(f"model {str(name)!r:.80}: is neither a bundle nor a file") from error
    known = ", ".join(models) or "none"
    raise LivevizError(f"model {str(name)!r:.200}: is neither a file nor one of the bundles here ({known})")
