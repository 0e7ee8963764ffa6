"""`liveviz model pca`: find a generator's directions, measure how far each may go, and show them to be named."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from liveviz import engine, models
from liveviz.cli import arguments
from liveviz.engine.directions_finder import kept_path
from liveviz.outputs.still import write_png
from liveviz.reports import direction_sheet
from liveviz.runtime import open_generator, own_files, paths
from liveviz.runtime.progress import Progress
from liveviz.spec import LivevizError, UsageError

HELP = "find the directions that the knobs push along, their safe ranges and layers"
SAME_COSINE = 0.99  # cosine of two directions that are one, and keep one name
_BUNDLE_SUFFIX = ".safetensors"  # of a bundle's own; what lies in the cache can be found again
FINDING_WORK_SHARE = 0.9  # of the work, where a sheet is drawn too


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", type=arguments.named, metavar="BUNDLE", help="name, bundle folder or generator file")
    parser.add_argument("--samples", type=int, default=20000, metavar="N", help="w to look at (default: 20000)")
    parser.add_argument("--components", type=int, default=64, metavar="K", help="directions to keep (default: 64)")
    parser.add_argument(
        "--method",
        default="pca",
        choices=models.FINDING_METHODS,
        help="pca: principal components of w; sefa: of the affine layers; effect: what changes the image most, kind by kind",
    )
    parser.add_argument("-o", "--out", metavar="X.png", help="a contact sheet, one row per direction")


def run(args: argparse.Namespace) -> None:
    """Find, write and list them."""
    out = None
    if args.out:
        out = paths.check_writable(arguments.suffix(args.out, (".png",), "out"), "out", [args.model], "model pca")
    if not 1 <= args.components <= 512:
        raise UsageError(f"components {args.components}: 1 to 512")
    generator = open_generator.open_model(args.model)
    least = 2 * max(generator.config.classes, 1)
    if not max(least, 100) <= args.samples <= 10_000_000:
        raise UsageError(f"samples {args.samples}: {max(least, 100)} to 10000000 for this generator")
    target = paths.check_writable(_target(args.model, generator), "directions")
    backend = engine.create(engine.choose(), generator, cache=paths.cache(), precision="f32")
    progress = Progress(1.0)
    part = FINDING_WORK_SHARE if out else 1.0
    try:
        found = models.find_directions(
            generator,
            backend.images,
            lambda done: progress.show(part * done, "finding directions"),
            args.method,
            args.samples,
            args.components,
        )
        generator = with_names(generator, found)
        if out:
            pixels = direction_sheet.draw(
                generator,
                found,
                backend.images,
                lambda done: progress.show(part + (1.0 - part) * done, "drawing the sheet"),
            )
    finally:
        progress.end()
        backend.close()
    card, new_card = target.parent / "card.toml", generator.card
    kept = [own_files.set_aside(target)] if target.suffix == _BUNDLE_SUFFIX else []
    models.write_directions(target, found)
    if new_card is not None and card.is_file() and models.read_card(card, generator.config.classes) != new_card:
        kept.append(own_files.set_aside(card))
        models.write_card(card, new_card)
    print("\n".join(direction_sheet.listed(generator, found)))
    if before := ", ".join(str(path) for path in kept if path is not None):
        print(f"what was there before is now: {before}")
    if out:
        again = own_files.again(out)
        write_png(pixels, out, "model pca")
        print(f"written: {out}{again}")
    print(f"written: {target}")


def _target(name: str, generator: models.Generator) -> Path:
    """A bundle's own file; for any other generator, where the engine looks for it."""
    folder = models.list_models(paths.model_folders()).get(name, Path(name))
    if folder.is_dir():
        if folder.resolve().is_relative_to(paths.engines().resolve()):
            raise LivevizError(
                f"model {name}: comes with liveviz, and so do its directions and their names; they stay as they are "
                f"(copy the folder {folder} and name the copy)"
            )
        return folder / f"directions{_BUNDLE_SUFFIX}"
    cache = paths.cache()
    if cache is None:
        raise LivevizError(f"model {name}: is no bundle, and there is no cache folder to keep its directions in")
    return kept_path(cache, generator)


def with_names(generator: models.Generator, found: models.Directions) -> models.Generator:
    """The generator with the directions; of the names that it had, those of directions that are still there."""
    card, old = generator.card, generator.directions
    if card is None or old is None or not card.direction_names:
        return replace(generator, directions=found)
    alike = np.abs(found.components @ old.components.T)  # [k, old k]
    names = []
    for row, span in zip(alike, found.layers, strict=True):
        same = int(row.argmax())
        keeps = row[same] > SAME_COSINE and (old.layers[same] == span).all() and same < len(card.direction_names)
        names.append(card.direction_names[same] if keeps else "")
    while names and not names[-1]:
        names.pop()
    return replace(generator, directions=found, card=replace(card, direction_names=tuple(names)))
