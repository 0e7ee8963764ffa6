"""`liveviz model ACTION`: make, inspect, show and list generators. One file per action, with `HELP`, `add(parser)` and
`run(args)`; the file's name is the action's (`import` is `import_`, since Python keeps that word for itself)."""

import argparse

from liveviz.system import discover


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name in discover.names(__name__):
        module = discover.load(__name__, name)
        action = actions.add_parser(name.rstrip("_"), help=module.HELP)
        module.add(action)
        action.set_defaults(run_action=module.run)


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    args.run_action(args)
    return 0
