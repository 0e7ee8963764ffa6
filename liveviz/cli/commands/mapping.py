"""`liveviz mapping check|show|list`: what a mapping file does, before the show."""

import argparse
from pathlib import Path

from liveviz import mapping, models
from liveviz.cli import arguments
from liveviz.runtime import composition, noise_mask, open_generator, paths
from liveviz.spec import LivevizError, parse_stems
from liveviz.system import copying

_DEFAULT_GENERATOR = "default"  # the generator where nobody names one; `wide`, for wide canvases, has the same layers


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="find the mistakes in a mapping file")
    check.add_argument("mapping", type=arguments.named, metavar="NAME|PATH")
    check.add_argument(
        "--model",
        type=arguments.named,
        metavar="NAME|PATH",
        help="for this generator (default: the mapping's, or `default`)",
    )
    show = actions.add_parser("show", help="every route, and every parameter with its OSC address")
    show.add_argument("mapping", type=arguments.named, metavar="NAME|PATH", nargs="?", default="default")
    show.add_argument(
        "--model", metavar="NAME|PATH", help="whose directions the knobs are (default: the mapping's, or `default`)"
    )
    for action in (check, show):
        arguments.add_stems(action)
    reference = actions.add_parser(
        "reference", help="the whole language on one page, with an image of every post effect"
    )
    reference.add_argument(
        "-o", "--out", metavar="FOLDER", help="write page and images there (default: print the page)"
    )
    actions.add_parser("list", help="the mapping files that come with liveviz")


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    if args.action == "list":
        return _list()
    if args.action == "reference":
        return _reference(args.out)
    path, stems = paths.find_mapping(args.mapping), parse_stems(args.stems)
    program = copying.whole(path, lambda: composition.load_mapping(path, stems=stems, model=args.model))
    if args.action == "show":
        names = models.direction_names(args.model or program.model or _DEFAULT_GENERATOR, paths.model_folders())
        print(mapping.describe(program, composition.registry(), names))
        return 0
    noise_mask.of(program)
    try:
        generator = open_generator.open_model(args.model or program.model or _DEFAULT_GENERATOR)
    except LivevizError as error:
        raise error if args.model else LivevizError(f"{path}: model: {error}") from None
    net = composition.net_of(generator)
    program = composition.load_mapping(path, stems=stems, model=args.model, net=net)
    print(f"{path}: good, {len(program.routes)} routes, on generator {generator.name}")
    for line, what in mapping.notes(program, composition.registry()):
        print(f"{path}:{line}: note: {what}")
    return 0


def _reference(out: str | None) -> int:
    from liveviz.reports import mapping_reference  # GL and the engine, which the other actions do without

    if out is None:
        print(mapping_reference.page(), end="")
    else:
        written = mapping_reference.write(Path(out))
        print(f"written: {written[0]}, {len(written) - 1} images")
    return 0


def _list() -> int:
    """Every mapping that comes with liveviz; 1 where one of them is broken, which is told in its place."""
    broken = 0
    for name, path in mapping.list_files([paths.mappings()]).items():
        try:
            program = composition.load_mapping(path)
            print(f"{name:<12} {' '.join((program.description or program.title).split())}")
        except LivevizError as error:
            print(f"{name:<12} broken: {error}")
            broken += 1
    return min(broken, 1)
