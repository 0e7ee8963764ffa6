"""`liveviz model sheet`: what a generator draws, on one page."""

import argparse
import logging
from dataclasses import replace

from liveviz import engine
from liveviz.cli import arguments
from liveviz.engine.directions_finder import find
from liveviz.outputs.still import write_png
from liveviz.reports import model_sheet
from liveviz.runtime import open_generator, own_files, paths
from liveviz.runtime.progress import Progress

_log = logging.getLogger("liveviz.cli")
HELP = "what a generator draws, on one page"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", type=arguments.named, metavar="BUNDLE", help="name, bundle folder or generator file")
    parser.add_argument("-o", "--out", required=True, metavar="X.png", help="what to write")


def run(args: argparse.Namespace) -> None:
    """Draw and write it."""
    out = paths.check_writable(arguments.suffix(args.out, (".png",), "out"), "out", [args.model], "model sheet")
    again = own_files.again(out)
    generator = open_generator.open_model(args.model)
    generator = replace(generator, directions=generator.directions or find(generator, paths.cache()))
    backend = engine.create(engine.choose(), generator, cache=paths.cache(), precision="f32")
    progress = Progress(1.0)
    try:
        pixels = model_sheet.draw(
            generator,
            backend.images,
            lambda done, total: progress.show(done / total, f"{done} of {total} images"),
        )
    finally:
        progress.end()
        backend.close()
    write_png(pixels, out, "model sheet")
    _log.info("written: %s%s", out, again)
