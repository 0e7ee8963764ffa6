"""`liveviz dataset draw`: the images that the default generator learns from, as files."""

import argparse
import logging
import zlib
from pathlib import Path

import numpy as np

from liveviz.cli import arguments
from liveviz.learning import pictures
from liveviz.outputs.still import write_png
from liveviz.runtime import own_files
from liveviz.runtime.progress import Progress
from liveviz.spec import LivevizError, UsageError

_log = logging.getLogger("liveviz.cli")
_COMMAND_NAME = "dataset draw"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    draw = actions.add_parser("draw", help="draw images by program")
    draw.add_argument("--classes", default="all", metavar="all|A,B", help="which, with commas between (default: all)")
    draw.add_argument("--count", type=int, required=True, metavar="N", help="images in all, as many of each class")
    draw.add_argument("--size", type=int, default=256, metavar="S", help="pixels a side, 16 to 2160 (default: 256)")
    draw.add_argument("--seed", type=int, default=0, metavar="S", help="of the images (default: 0)")
    draw.add_argument("-o", "--out", required=True, metavar="DIR", help="folder for CLASS-NUMBER.png")


def run(args: argparse.Namespace) -> int:
    """Draw image by image: each depends on the seed, its class and its number alone."""
    classes = _classes(args.classes)
    if not 1 <= args.count <= 1_000_000:
        raise UsageError(f"count {args.count}: 1 to 1000000 images")
    if not 16 <= args.size <= 2160:
        raise UsageError(f"size {args.size}: 16 to 2160 pixels")
    arguments.seed(args.seed)
    out = Path(args.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LivevizError(f"out: cannot make {out}: {error.strerror}") from None
    counts = {
        name: args.count // len(classes) + (index < args.count % len(classes)) for index, name in enumerate(classes)
    }
    for name, count in counts.items():
        for path in (_file(out, name, number) for number in range(count)):
            own_files.check_replaceable(path, path, "out", _COMMAND_NAME)
    progress = Progress(args.count)
    try:
        done = 0
        for name, count in counts.items():
            random = np.random.RandomState([args.seed, zlib.crc32(name.encode())])
            for number, z in enumerate(random.randn(count, pictures.Z_DIM).astype(np.float32)):
                write_png(pictures.pixels(name, z, args.size), _file(out, name, number), _COMMAND_NAME)
                done += 1
                progress.show(done, f"{done} of {args.count} images")
    finally:
        progress.end()
    _log.info("written: %d images of %d classes in %s", args.count, min(len(classes), args.count), out)
    return 0


def _file(folder: Path, name: str, number: int) -> Path:
    return folder / f"{name}-{number:05}.png"


def _classes(text: str) -> list[str]:
    """The names that were asked for, each once; UsageError for one that there is not."""
    known = list(pictures.programs())
    if text == "all":
        return known
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in known:
            raise UsageError(f"classes: {name!r:.40} is none; there are all, {', '.join(known)}")
    return names
