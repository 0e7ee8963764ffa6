"""`liveviz model score`: how good a generator is, in numbers, against images that it was not trained on."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from liveviz import engine
from liveviz.cli import arguments
from liveviz.models import Generator, mapping_of
from liveviz.runtime import open_generator, paths
from liveviz.runtime.own_files import write_json
from liveviz.runtime.progress import Progress
from liveviz.spec import UsageError
from liveviz.spec.levels import Rounding, to_bytes

if TYPE_CHECKING:
    from liveviz.learning import measure

HELP = "how good a generator is, in numbers"
_PART_IMAGES = 32
_ROWS = 512  # of images of fields
_SCORES_NOTE = (
    "Compare only figures of one --count, and with the row for real images. More images see more: what a softened set "
    "has against real ones goes from coverage 0.48, density 0.35, precision 0.48 at 200 to 0.09, 0.07, 0.11 at 2000, while "
    "real against real stays near 0.97, 1.0, 0.93. frechet of real against real falls as 1 / count (10.8 at 200, 1.1 at "
    "2000, of 360 numbers an image); kernel does not depend on the count."
)


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = _SCORES_NOTE
    parser.add_argument(
        "model", type=arguments.named, metavar="BUNDLE", help="name, bundle folder or .safetensors file"
    )
    parser.add_argument(
        "data", type=arguments.named, metavar="DATA", help="real pictures: a folder, or pictures:SEED for drawn ones"
    )
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument(
        "--count", type=int, default=2000, metavar="N", help="images made, and twice as many real (default: 2000)"
    )
    parser.add_argument(
        "--features", nargs="+", metavar="FILE", default=[], help="feature networks to see with (default: ours)"
    )


def run(args: argparse.Namespace) -> None:
    """Make images, look at them and at the real ones, print the table."""
    from liveviz.learning import measure  # torch takes seconds to load, and the other actions do without

    if not 8 <= args.count <= 10_000:
        raise UsageError(f"count {args.count}: 8 to 10000 images")
    out = None
    if args.json:
        read = [args.model, args.data, *args.features]
        out = paths.check_writable(arguments.suffix(args.json, (".json",), "json"), "json", read, "model score")
    generator = open_generator.open_model(args.model)
    spaces = measure.FeatureNetworks([Path(name) for name in args.features])
    backend = engine.create(engine.choose(), generator, cache=paths.cache())
    progress = Progress(3.0 * args.count)
    try:
        card_names = generator.card.class_names if generator.card is not None else ()
        size = _size(generator)
        held = measure.held_out(args.data, size, 2 * args.count, card_names)
        real, other = spaces.see(held.parts, lambda n: progress.show(n, f"{n} real images")).halves()
        count = len(real.widths)
        classes = _classes(generator, held, count)
        made = spaces.see(
            _made(generator, backend, classes, size),
            lambda n: progress.show(2 * args.count + n, f"{n} images made"),
        )
        rows = {"made": measure.compare(real, made), "real": measure.compare(real, other)}
    finally:
        progress.end()
        backend.close()
    seen = " and ".join(args.features) or "liveviz's own features"
    print(f"{generator.name}: {count} images made against {count} real ones of {args.data}, seen by {seen};")
    print(
        "real: the same figures of as many other real images. frechet and kernel: less is better; the rest: 1 is good"
    )
    print(measure.table(rows))
    if out is not None:
        facts = {"count": count, "size": list(size), "data": args.data, "features": args.features}
        write_json({**rows["made"], "real": rows["real"], **facts}, out)


def _classes(generator: Generator, held: "measure.HeldOut", count: int) -> list[int]:
    """The class of every image to make: those of the real ones where the names are the same, else all in turn."""
    names = generator.card.class_names if generator.card is not None else ()
    if names and set(names) == set(held.names):
        return [names.index(held.names[c]) for c in held.classes[:count]]
    return [n % max(generator.config.classes, 1) for n in range(count)]


def _size(generator: Generator) -> tuple[int, int]:
    """(width, height) that its images are looked at: fields have none of their own, and are painted at ROWS."""
    config = generator.config
    return (config.width * _ROWS // config.height, _ROWS) if config.draws_fields else (config.width, config.height)


def _made(
    generator: Generator, backend: engine.Backend, classes: list[int], size: tuple[int, int]
) -> Iterator["measure.Pixels"]:
    """What the generator draws of plain random latents, untruncated."""
    mapping, random = mapping_of(generator), np.random.RandomState(0)
    for start in range(0, len(classes), _PART_IMAGES):
        some = classes[start : start + _PART_IMAGES]
        z = random.standard_normal((len(some), generator.config.z_dim)).astype(np.float32)
        raw = backend.images(mapping.ws(mapping(z, mapping.one_hot(some))), size=size)  # [n, C, h, w]
        pixels = to_bytes(np.nan_to_num(raw), Rounding.UP)  # a generator may draw what is no number
        yield np.repeat(pixels, 3, axis=1) if pixels.shape[1] == 1 else pixels
