"""`liveviz model import`: anybody's generator file to a bundle. What is written has been seen to work: the compiled engine
draws what the reference draws. Drawing is nearly all of the time it takes, so both draw at once, each on half of the
cores (one image after the other leaves a core idle wherever a program does one thing at a time), and the reference,
which takes longer, on all of them once the other is done."""

import argparse
import contextlib
import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveviz import engine, models
from liveviz.cli import arguments
from liveviz.runtime import paths
from liveviz.spec import LivevizError

HELP = "somebody's generator file (.pkl, .pt, .safetensors) to a bundle; nothing in it is run"
COMPARED_IMAGES = 4
WORST_ERROR_RATIO = 1e-4  # of the largest value of the reference's images
_MALLOC_OPTIONS = {-4: 0, -1: 2**31 - 1}  # of malloc.h: M_MMAP_MAX, M_TRIM_THRESHOLD


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
    there = next(folder for folder in (out, *out.parents) if folder.exists())
    paths.check_writable(there / "card.toml", "out")  # before the work rather than after
    generator, kind = models.import_model(source)
    config, card = generator.config, generator.card
    print(f"{source}: {kind}, {config.architecture}, {config.width} x {config.height}, {config.parameters:,} weights")
    backend = engine.choose()
    drawn, wanted = _both(backend, generator)
    if not np.isfinite(wanted).all():
        raise LivevizError(f"{source}: draws what is no number")
    difference = float(np.abs(drawn - wanted).max())
    relative = difference / max(float(np.abs(wanted).max()), 1e-6)
    print(
        f"{backend} and the reference, {COMPARED_IMAGES} pictures: worst pixel difference "
        f"{difference * 127.5:.2g} of 255 levels ({relative:.1e} of the largest value)"
    )
    if not relative <= WORST_ERROR_RATIO:
        raise LivevizError(f"{source}: is not written: {backend} draws something else than the reference")
    models.write_bundle(out, generator, fp16=False)
    print(f"written: {out}; licence {card.licence if card else ''}")


def _both(backend: str, generator: models.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The images of the engine that will play, and of the reference."""
    cores = os.cpu_count() or 1
    half = max(cores // 2, 1)
    _recycle_memory()
    with ThreadPoolExecutor(1) as beside:
        drawn = beside.submit(_images, backend, generator, lambda: half)
        wanted = _images("reference", generator, lambda: cores if drawn.done() else half)
        return drawn.result(), wanted


def _recycle_memory() -> None:
    """Let malloc use large blocks again, for the rest of this process.

    The reference makes and drops 128 MB with every step of a 1024 x 1024 image. glibc gives each back to the system,
    which clears it before it is had again: half of the time of an image. No other C library has this call.
    """
    with contextlib.suppress(OSError, TypeError, AttributeError):
        for option, value in _MALLOC_OPTIONS.items():
            ctypes.CDLL(None).mallopt(option, value)


def _images(backend: str, generator: models.Generator, threads: Callable[[], int]) -> NDArray[np.float32]:
    """Float32 `[4, C, H, W]` of the seeds 0 to 3, each of its own class; `threads` is asked before each."""
    config, network = generator.config, models.mapping_of(generator)
    z = np.concatenate([models.latent(seed, config.z_dim) for seed in range(COMPARED_IMAGES)])  # [4, z_dim]
    c = network.one_hot(np.arange(COMPARED_IMAGES) % max(config.classes, 1))  # [4, classes]
    images, taken = [], 0
    with contextlib.ExitStack() as stack:
        for ws in network.ws(network(z, c)):
            if (wish := threads()) != taken:
                taken, opened = wish, engine.create(backend, generator, precision="f32", threads=wish)
                stack.callback(opened.close)
            images.append(opened.synthesize(ws[None]))
    return np.concatenate(images)
