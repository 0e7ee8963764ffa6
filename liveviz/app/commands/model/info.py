"""`liveviz model info`: what a generator is."""

import argparse

from liveviz import models
from liveviz.app import arguments, paths

HELP = "what a generator is"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", type=arguments.named, metavar="MODEL", help="name, bundle folder or .safetensors file")


def run(args: argparse.Namespace) -> None:
    """Print its sizes and its card."""
    generator = models.open_model(args.model, [paths.engines()])
    config = generator.config
    rows = {
        "resolution": f"{config.resolution}²",
        "architecture": config.architecture,
        "channels": ", ".join(f"{config.channels(r)}@{r}" for r in config.resolutions),
        "z / w / ws": f"{config.z_dim} / {config.w_dim} / {config.num_ws}",
        "classes": str(config.classes or "none"),
        "parameters": f"{config.parameters:,}",
        "directions": str(len(generator.directions.std)) if generator.directions is not None else "none",
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
