"""`liveviz model list`: the generators there are."""

import argparse

from liveviz import models
from liveviz.app import paths

HELP = "the generators that come with liveviz"


def add(parser: argparse.ArgumentParser) -> None:
    """It has no options."""


def run(args: argparse.Namespace) -> None:
    """Print their names."""
    for name in models.list_models([paths.engines()]):
        print(name)
