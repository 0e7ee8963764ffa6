"""`liveviz model list`: the generators there are."""

import argparse

from liveviz import models
from liveviz.runtime import paths

HELP = "the generators there are by name: those that come with liveviz, and yours"


def add(parser: argparse.ArgumentParser) -> None:
    """It has no options."""


def run(args: argparse.Namespace) -> None:
    """Print their names."""
    for name in models.list_models(paths.model_folders()):
        print(name)
