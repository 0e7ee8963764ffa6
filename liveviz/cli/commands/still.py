"""`liveviz still`: single images of a generator, to look at or to compare by number."""

import argparse
import logging
import math
import tokenize
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from liveviz import engine, models
from liveviz.cli import arguments
from liveviz.outputs.still import write_png
from liveviz.runtime import open_generator, own_files, paths
from liveviz.runtime.on_canvas import on_canvas
from liveviz.spec import LivevizError, UsageError
from liveviz.spec.levels import Rounding, to_bytes

_log = logging.getLogger("liveviz.cli")
_MAX_IMAGES = 4096
# What numpy raises for a file that is no array, or has a header made to hurt.
_NO_ARRAY = (ValueError, TypeError, EOFError, SyntaxError, RecursionError, MemoryError, tokenize.TokenError)


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", metavar="MODEL", help="name, bundle folder or generator file")
    parser.add_argument("-o", "--out", required=True, metavar="OUT.png|OUT.npy", help="image, or float32 [n, C, H, W]")
    latent = parser.add_mutually_exclusive_group()
    latent.add_argument("--seed", type=int, metavar="N", help="of z (default: 0)")
    latent.add_argument("--z", metavar="Z.npy", help="z [n, z_dim]")
    classes = parser.add_mutually_exclusive_group()
    classes.add_argument("--class", type=int, dest="cls", metavar="K", help="class (default: seed modulo classes)")
    classes.add_argument("--c", metavar="C.npy", help="class weights [n, classes]")
    parser.add_argument("--psi", type=float, default=1.0, metavar="P", help="truncation psi (default: 1)")
    parser.add_argument(
        "--size", metavar="WxH", help="shape of the image, in the generator's own lines (default: its own)"
    )
    arguments.add_wide(parser)
    parser.add_argument("--canvas", metavar="WxH", help="draw it as a show of that size does (PNG only)")
    parser.add_argument("--noise", default="const", choices=("const", "none", "random"))
    parser.add_argument("--backend", default="auto", choices=("auto", *engine.backends()))


def run(args: argparse.Namespace) -> int:
    """Draw and write."""
    read = [path for path in (args.model, args.z, args.c) if path]
    out = paths.check_writable(arguments.suffix(args.out, (".png", ".npy"), "out"), "out", read, "still")
    again = own_files.again(out)
    numbers = out.suffix.lower() == ".npy"
    canvas = paths.parse_size(args.canvas) if args.canvas else None
    if numbers and canvas is not None:
        raise UsageError("canvas: is for a .png; a .npy holds what the network draws")
    if not -4.0 <= args.psi <= 4.0:
        raise UsageError(f"psi {args.psi}: -4 to 4")
    generator = open_generator.open_model(args.model)
    if args.size:
        generator = models.widen(generator, paths.parse_size(args.size), args.wide)
    config = generator.config
    seed = arguments.seed(args.seed) or 0
    z = read_array(args.z, "z", config.z_dim) if args.z else models.latent(seed, config.z_dim)
    c = _classes(args, config.classes, len(z), seed)
    name = engine.choose(args.backend)
    precision = None if name == "reference" else "f32"  # the reference is true to the file's own precision
    backend = engine.create(name, generator, cache=paths.cache(), precision=precision)
    try:
        ws = backend.ws(z, c, args.psi)
        made: Any  # images, numbers or bytes
        if canvas is not None:
            made = backend.image_frames(ws, args.noise, seed)
        elif numbers:
            made = backend.synthesize(ws, args.noise, seed)  # [n, C, H, W]
        else:
            made = to_bytes(backend.images(ws, args.noise, seed), Rounding.EVEN).transpose(0, 2, 3, 1)
    finally:
        backend.close()
    if isinstance(made, list):
        made = on_canvas(made, canvas or (config.width, config.height))
    if made.dtype == np.float32:
        own_files.write_npy(made, out)
    else:
        write_png(_sheet(made), out, "still")
    _log.info("written: %s%s", out, again)
    return 0


def read_array(path: str, what: str, width: int) -> NDArray[np.float32]:
    """A finite float array `[n, width]` from a .npy file that holds nothing but numbers."""
    source = Path(path)
    if not source.is_file():  # a FIFO would wait for ever
        raise LivevizError(f"{what} {path}: there is no such file")
    try:
        with source.open("rb") as file:
            shape, dtype = _header(file)
            if len(shape) != 2 or shape[1] != width or dtype.kind not in "fiu":
                raise LivevizError(
                    f"{what} {path}: numbers of shape [n, {width}] are needed, this is {dtype.name} {list(shape)!s:.60}"
                )
            if not 1 <= shape[0] <= _MAX_IMAGES:
                raise LivevizError(f"{what} {path}: {shape[0]} rows; 1 to {_MAX_IMAGES} are needed")
            if source.stat().st_size - file.tell() < math.prod(shape) * dtype.itemsize:
                raise LivevizError(f"{what} {path}: is cut")
            file.seek(0)
            found = np.load(file, allow_pickle=False)
    except OSError as error:
        raise LivevizError(f"{what} {path}: cannot be read: {error.strerror or error}") from None
    except _NO_ARRAY:
        raise LivevizError(f"{what} {path}: not a .npy file of numbers") from None
    with np.errstate(all="ignore"):  # what does not fit float32 is found below
        numbers = found.astype(np.float32)  # [n, width]
    if not np.isfinite(numbers).all():
        raise LivevizError(f"{what} {path}: holds numbers that are not finite in float32")
    return numbers


def _header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype that a .npy file claims; one of _NO_ARRAY where it is none. Nothing is allocated for the claim."""
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(file)
    if version not in readers:  # 3.0 is for names of columns alone
        raise ValueError(version)
    shape, _, dtype = readers[version](file)
    return shape, dtype


def _classes(args: argparse.Namespace, classes: int, count: int, seed: int) -> NDArray[np.float32] | None:
    """Class weights `[count, classes]`, or None for a generator without classes."""
    if args.c:
        if not classes:
            raise LivevizError("c: this generator has no classes")
        found = read_array(args.c, "c", classes)
        if len(found) != count:
            raise LivevizError(f"c {args.c}: {len(found)} rows for {count} images")
        return found
    if args.cls is not None and not 0 <= args.cls < classes:
        raise UsageError(f"class {args.cls}: " + (f"0 to {classes - 1}" if classes else "this generator has none"))
    if not classes:
        return None
    chosen = args.cls if args.cls is not None else seed % classes
    return np.repeat(np.eye(classes, dtype=np.float32)[chosen : chosen + 1], count, axis=0)


def _sheet(tiles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A contact sheet uint8 `[H, W, 3]` of images `[n, h, w, 1 or 3]`, about as wide as high."""
    count, height, width, _ = tiles.shape
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    whole = np.zeros((rows * columns, height, width, 3), np.uint8)
    whole[:count] = tiles
    return whole.reshape(rows, columns, height, width, 3).transpose(0, 2, 1, 3, 4).reshape(rows * height, -1, 3)
