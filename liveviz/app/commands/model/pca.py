"""`liveviz model pca`: find a generator's directions, measure how far each may go, and show them to be named."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from liveviz import engine, models
from liveviz.app import arguments, direction_sheet, paths
from liveviz.app.progress import Progress
from liveviz.engine.finding import kept_path
from liveviz.outputs.still import write_png
from liveviz.spec import LivevizError, UsageError

HELP = "find the directions that the knobs push along, their safe ranges and layers"
SAME = 0.99  # cosine of two directions that are one, and keep one name
FINDING = 0.9  # of the work, where a sheet is drawn too


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", type=arguments.named, metavar="BUNDLE", help="name, bundle folder or generator file")
    parser.add_argument("--samples", type=int, default=20000, metavar="N", help="w to look at (default: 20000)")
    parser.add_argument("--components", type=int, default=64, metavar="K", help="directions to keep (default: 64)")
    parser.add_argument(
        "--method",
        default="pca",
        choices=models.METHODS,
        help="pca: principal components of w; sefa: of the affine layers; effect: what changes the picture most, kind by kind",
    )
    parser.add_argument("-o", "--out", metavar="X.png", help="a contact sheet, one row per direction")


def run(args: argparse.Namespace) -> None:
    """Find, write and list them."""
    out = paths.check_writable(arguments.suffix(args.out, (".png",), "out"), "out") if args.out else None
    if not 1 <= args.components <= 512:
        raise UsageError(f"components {args.components}: 1 to 512")
    generator = models.open_model(args.model, paths.model_folders(), paths.cache())
    least = 2 * max(generator.config.classes, 1)
    if not max(least, 100) <= args.samples <= 10_000_000:
        raise UsageError(f"samples {args.samples}: {max(least, 100)} to 10000000 for this generator")
    target = paths.check_writable(_target(args.model, generator), "directions")
    backend = engine.create(engine.choose(), generator, cache=paths.cache(), precision="f32")
    progress = Progress(1.0)
    part = FINDING if out else 1.0
    try:
        found = models.find_directions(
            generator,
            backend.synthesize,
            lambda done: progress.show(part * done, "finding directions"),
            args.method,
            args.samples,
            args.components,
        )
        generator = _named(generator, found)
        if out:
            pixels = direction_sheet.draw(
                generator,
                found,
                backend.synthesize,
                lambda done: progress.show(part + (1.0 - part) * done, "drawing the sheet"),
            )
    finally:
        progress.end()
        backend.close()
    models.write_directions(target, found)
    if generator.card is not None and (card := target.parent / "card.toml").is_file():
        models.write_card(card, generator.card)
    if out:
        write_png(pixels, out)
    print("\n".join(direction_sheet.listed(generator, found)))
    print(f"written: {target}")


def _target(name: str, generator: models.Generator) -> Path:
    """A bundle's own file; for any other generator, where the engine looks for it."""
    folder = models.list_models(paths.model_folders()).get(name, Path(name))
    if folder.is_dir():
        return folder / "directions.safetensors"
    cache = paths.cache()
    if cache is None:
        raise LivevizError(f"model {name}: is no bundle, and there is no cache folder to keep its directions in")
    return kept_path(cache, generator)


def _named(generator: models.Generator, found: models.Directions) -> models.Generator:
    """The generator with the directions; of the names that it had, those of directions that are still there."""
    card, old = generator.card, generator.directions
    if card is None or old is None or not card.direction_names:
        return replace(generator, directions=found)
    alike = np.abs(found.components @ old.components.T)  # [k, old k]
    names = []
    for row, span in zip(alike, found.layers, strict=True):
        same = int(row.argmax())
        keeps = row[same] > SAME and (old.layers[same] == span).all() and same < len(card.direction_names)
        names.append(card.direction_names[same] if keeps else "")
    while names and not names[-1]:
        names.pop()
    return replace(generator, directions=found, card=replace(card, direction_names=tuple(names)))
