"""`liveviz train --like`: what a light generator is to be made of, and what an image of it will cost."""

import argparse
import logging
from dataclasses import replace
from pathlib import Path

from liveviz import engine, models
from liveviz.cli import stages
from liveviz.learning.like import DEFAULT_STAGES, LikeOptions
from liveviz.models.stylegan.config import as_stylegan
from liveviz.runtime import paths
from liveviz.spec import LivevizError, UsageError

_log = logging.getLogger("liveviz.cli")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options of --like."""
    group = parser.add_argument_group("with --like")
    group.add_argument(
        "--widths",
        type=int,
        nargs="+",
        metavar="N",
        help="channels at 4, 8, 16 ... pixels (default: half the teacher's)",
    )


def options(args: argparse.Namespace) -> LikeOptions:
    """The checked options; says what an image will cost."""
    teacher = models.open_model(args.like, paths.model_folders(), paths.cache())
    sizes = as_stylegan(teacher.config)
    halves = [max(sizes.channels(r) // 2, 1) for r in sizes.resolutions]
    usual = tuple(s for s in DEFAULT_STAGES if s.size in sizes.resolutions) or (
        replace(DEFAULT_STAGES[0], size=sizes.resolutions[-1]),
    )
    asked = tuple(stages.parse(text) for text in args.stages) if args.stages else usual
    made = LikeOptions(
        folder=Path(args.out),
        teacher=teacher,
        widths=tuple(args.widths or halves),
        stages=asked,
        device=args.device,
        seed=args.seed,
    )
    try:
        config = made.config
    except LivevizError as error:
        raise UsageError(f"train --like: {error}") from None
    cost, before = (_gmac(generator) for generator in (models.new(config), teacher))
    _log.info(
        "%s: %.3f GMAC an image, %.1f MB; %s: %.3f GMAC", args.out, cost, config.parameters * 2e-6, args.like, before
    )
    return made


def _gmac(generator: models.Generator) -> float:
    return engine.products(generator) / 1e9
