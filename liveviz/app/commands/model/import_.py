"""`liveviz model import`: anybody's generator file to a bundle. What is written has been seen to work: the compiled engine
draws what the reference draws."""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveviz import engine, models
from liveviz.app import arguments
from liveviz.spec import LivevizError

HELP = "somebody's generator file (.pkl, .pt, .safetensors) to a bundle; nothing in it is run"
PICTURES = 4
WORST = 1e-4  # of the largest value of the reference's pictures


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=arguments.named, metavar="FILE", help="StyleGAN2, StyleGAN2-ADA or StyleGAN3 file")
    parser.add_argument("-o", "--out", metavar="BUNDLE", help="folder to write (default: the file's name, here)")


def run(args: argparse.Namespace) -> None:
    """Read, compare, write."""
    source = Path(args.file)
    out = Path(args.out) if args.out else Path(source.stem)
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise LivevizError(f"out: {out} is there already; -o names another folder")
    generator, kind = models.import_model(source)
    config, card = generator.config, generator.card
    print(f"{source}: {kind}, {config.architecture}, {config.width} x {config.height}, {config.parameters:,} weights")
    backend = engine.choose()
    wanted = _pictures("reference", generator)
    if not np.isfinite(wanted).all():
        raise LivevizError(f"{source}: draws what is no number")
    difference = float(np.abs(_pictures(backend, generator) - wanted).max())
    relative = difference / max(float(np.abs(wanted).max()), 1e-6)
    print(
        f"{backend} and the reference, {PICTURES} pictures: worst pixel difference {difference * 127.5:.2g} of 255 "
        f"levels ({relative:.1e} of the largest value)"
    )
    if not relative <= WORST:
        raise LivevizError(f"{source}: is not written: {backend} draws something else than the reference")
    models.write_bundle(out, generator, fp16=False)
    print(f"{out}: written; licence {card.licence if card else ''}")


def _pictures(backend: str, generator: models.Generator) -> NDArray[np.float32]:
    """Float32 `[4, C, H, W]` of the seeds 0 to 3, each of its own class."""
    config, network = generator.config, models.MappingNetwork(generator)
    z = np.concatenate([models.latent(seed, config.z_dim) for seed in range(PICTURES)])  # [4, z_dim]
    c = network.one_hot(np.arange(PICTURES) % max(config.classes, 1))  # [4, classes]
    opened = engine.create(backend, generator, precision="f32")
    try:
        return opened.synthesize(network.ws(network(z, c)))
    finally:
        opened.close()
