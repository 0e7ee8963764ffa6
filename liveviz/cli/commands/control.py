"""`liveviz control layout`: what a tablet needs to play a show."""

import argparse
import logging

from liveviz.cli import arguments
from liveviz.runtime import own_files, paths
from liveviz.system.files import write_whole

_log = logging.getLogger("liveviz.cli")
_PROGRAMS = ("touchosc", "open-stage-control")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    layout = actions.add_parser("layout", help="write a layout with every parameter, for a program on a tablet")
    layout.add_argument("program", choices=_PROGRAMS, help="what it is for")
    layout.add_argument(
        "-o", "--out", required=True, type=arguments.named, metavar="FILE", help=".tosc for touchosc, else .json"
    )
    layout.add_argument(
        "--osc",
        default=arguments.DEFAULT_OSC,
        metavar="HOST:PORT",
        help=f"where liveviz listens, as the tablet sees it (default: {arguments.DEFAULT_OSC}; TouchOSC has it in its settings)",
    )


def run(args: argparse.Namespace) -> int:
    """Write it."""
    from liveviz.reports import control_pages, stage_layout, touchosc_layout

    kind = touchosc_layout if args.program == "touchosc" else stage_layout
    out = arguments.suffix(args.out, (kind.SUFFIX,), "out")
    paths.check_writable(out, "out", [], "control")
    again = own_files.again(out)
    pages = control_pages.pages()
    write_whole(out, kind.write(pages, arguments.host_port(args.osc)))
    _log.info("written: %s%s, %d controls on %d pages", out, again, sum(len(p.widgets) for p in pages), len(pages))
    return 0
