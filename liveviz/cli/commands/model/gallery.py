"""`liveviz model gallery`: every class of a generator at the size of a wall."""

import argparse
import logging
from pathlib import Path

from liveviz import engine
from liveviz.cli import arguments
from liveviz.reports import gallery
from liveviz.runtime import open_generator, paths
from liveviz.runtime.progress import Progress

_log = logging.getLogger("liveviz.cli")
HELP = "every class of a generator at the size of a wall, as images and a page"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", type=arguments.named, metavar="BUNDLE", help="name, bundle folder or generator file")
    parser.add_argument("-o", "--out", required=True, metavar="DIR", help="folder for CLASS.jpg and README.md")
    parser.add_argument("--canvas", default="1920x1080", metavar="WxH", help="of the images (default: 1920x1080)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first class (default: 1)")


def run(args: argparse.Namespace) -> None:
    """Draw and write them."""
    size, seed = paths.parse_size(args.canvas), arguments.seed(args.seed) or 0
    generator = open_generator.open_model(args.model)
    backend = engine.create(engine.choose(), generator, cache=paths.cache(), precision="f32")
    progress = Progress(1.0)
    try:
        written = gallery.write(
            generator, backend, Path(args.out), size, seed, lambda done: progress.show(done, "drawing")
        )
    finally:
        progress.end()
        backend.close()
    _log.info("written: %s, %d images", written[0], len(written) - 1)
