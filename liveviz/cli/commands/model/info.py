"""`liveviz model info`: what a generator is."""

import argparse

from liveviz import models
from liveviz.cli import arguments
from liveviz.reports import direction_sheet
from liveviz.runtime import open_generator
from liveviz.spec.parameters import PCA_KNOBS

HELP = "what a generator is"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", type=arguments.named, metavar="MODEL", help="name, bundle folder or generator file")


def run(args: argparse.Namespace) -> None:
    """Print its sizes and its card."""
    generator = open_generator.open_model(args.model)
    config = generator.config
    rows = {
        "picture": f"{config.width} x {config.height}",
        "architecture": config.architecture,
        "channels": ", ".join(f"{channels}@{layer}" for layer, (channels, _, _) in config.layers.items()),
        "z / w / ws": f"{config.z_dim} / {config.w_dim} / {config.num_ws}",
        "classes": str(config.classes or "none"),
        "parameters": f"{config.parameters:,}",
        "directions": _directions(generator),
    }
    if (card := generator.card) is not None:
        rows |= {
            "trained": card.training or "yes" if card.trained else "untrained",
            "licence": card.licence,
            "origin": card.origin,
            "class names": ", ".join(card.class_names) or "none",
        }
    for key, text in rows.items():
        print(f"{key:<14} {text}")
    if generator.directions is not None:
        print("\n".join(direction_sheet.listed(generator, generator.directions)[:PCA_KNOBS]))


def _directions(generator: models.Generator) -> str:
    found = generator.directions
    if found is None:
        return "none; a show finds some, `liveviz model pca` measures them"
    fit = found.fingerprint in ("", generator.fingerprint)
    return (
        f"{len(found.std)}, {found.method}{'' if fit else ', of another generator: `liveviz model pca` finds its own'}"
    )
