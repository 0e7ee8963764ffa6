"""`liveviz analyze`: the live analyser over a file, as JSON or as a page to look at."""

import argparse
import logging

from liveviz.cli import arguments
from liveviz.inputs.audio import sources
from liveviz.reports import analysis
from liveviz.runtime import own_files, paths
from liveviz.spec import UsageError

_log = logging.getLogger("liveviz.cli")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("song", metavar="SONG", help="an audio file, or `demo`")
    parser.add_argument("-o", "--out", required=True, metavar="OUT.json|OUT.png", help="what to write")
    parser.add_argument("--hop", type=int, metavar="N", help="samples per hop (default: about 5 ms, a power of two)")


def run(args: argparse.Namespace) -> int:
    """Analyse hop by hop, as live."""
    out = paths.check_writable(arguments.suffix(args.out, (".json", ".png"), "out"), "out", [args.song], "analyze")
    again = own_files.again(out)
    if args.hop is not None and not 16 <= args.hop <= 8192:
        raise UsageError(f"hop {args.hop}: 16 to 8192 samples")
    analysis.run(sources.open_reader(args.song), out, args.hop, args.song)
    _log.info("written: %s%s", out, again)
    return 0
