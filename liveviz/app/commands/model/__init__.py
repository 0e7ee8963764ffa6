"""`liveviz model ACTION`: make, inspect, show and list generators. One file per action, with `HELP`, `add(parser)` and
`run(args)`; the file's name is the action's (`import` is `import_`, since Python keeps that word for itself)."""

import argparse
import importlib
import pkgutil


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        action = actions.add_parser(found.name.rstrip("_"), help=module.HELP)
        module.add(action)
        action.set_defaults(run_action=module.run)


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    args.run_action(args)
    return 0
