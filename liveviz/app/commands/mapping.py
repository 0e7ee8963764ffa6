"""`liveviz mapping check|show|list`: what a mapping file does, before the show."""

import argparse

from liveviz import mapping, models
from liveviz.app import arguments, composition, paths
from liveviz.spec import parse_stems


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="find the mistakes in a mapping file")
    check.add_argument("mapping", type=arguments.named, metavar="NAME|PATH")
    show = actions.add_parser("show", help="every route, and every parameter with its OSC address")
    show.add_argument("mapping", type=arguments.named, metavar="NAME|PATH", nargs="?", default="default")
    show.add_argument(
        "--model", metavar="NAME|PATH", help="whose directions the knobs are (default: the mapping's, or `default`)"
    )
    for action in (check, show):
        arguments.add_stems(action)
    actions.add_parser("list", help="the mapping files that come with liveviz")


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    if args.action == "list":
        for path in mapping.list_files([paths.mappings()]).values():
            program = composition.load_mapping(path)
            print(f"{path.stem:<12} {' '.join((program.description or program.title).split())}")
        return 0
    path = paths.find_mapping(args.mapping)
    model = getattr(args, "model", None)
    program = composition.load_mapping(path, stems=parse_stems(args.stems), model=model)
    if args.action == "show":
        names = models.direction_names(model or program.model or "default", paths.model_folders())
        print(mapping.describe(program, composition.registry(), names))
    else:
        print(f"{path}: good, {len(program.routes)} routes")
    return 0
