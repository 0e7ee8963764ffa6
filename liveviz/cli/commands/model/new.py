"""`liveviz model new`: a generator with random weights."""

import argparse
import logging
import re

from liveviz import models
from liveviz.cli import arguments
from liveviz.runtime import own_files, paths
from liveviz.spec import LivevizError, UsageError

_log = logging.getLogger("liveviz.cli")
HELP = "a generator with random weights"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--resolution", type=int, required=True, metavar="R", help="16 to 2048, a power of two")
    parser.add_argument("--channel-base", type=int, required=True, metavar="B", help="channels at R are B / R ...")
    parser.add_argument("--channel-max", type=int, required=True, metavar="M", help="... but no more than M")
    parser.add_argument("--classes", type=int, default=0, metavar="K", help="number of classes (default: 0, none)")
    parser.add_argument(
        "--architecture",
        default="stylegan2-skip",
        choices=models.ARCHITECTURES,
        metavar="A",
        help=f"{', '.join(models.ARCHITECTURES)} (default: stylegan2-skip)",
    )
    parser.add_argument("--const", default="4x4", metavar="WxH", help="8x4 makes it twice as wide as R (default: 4x4)")
    parser.add_argument("--seed", type=int, required=True, metavar="S", help="of the weights")
    parser.add_argument("-o", "--out", required=True, metavar="FILE.safetensors", help="what to write")


def run(args: argparse.Namespace) -> None:
    """Write it."""
    out = arguments.suffix(args.out, (".safetensors",), "out")
    try:
        config = models.small_config(
            args.resolution, args.channel_base, args.channel_max, args.classes, args.architecture, _const(args.const)
        )
    except LivevizError as error:
        raise UsageError(str(error)) from None
    arguments.seed(args.seed)
    paths.check_writable(out, "out", command="model new")
    again = own_files.again(out)
    models.write(out, models.new(config, args.seed), command="model new")
    _log.info("written: %s%s", out, again)


def _const(text: str) -> tuple[int, int]:
    """(width, height) of --const; UsageError otherwise."""
    found = re.fullmatch(r"(\d{1,2})x(\d{1,2})", text)
    if found is None:
        raise UsageError(f"const {text!r:.20}: not like 8x4")
    return int(found[1]), int(found[2])
