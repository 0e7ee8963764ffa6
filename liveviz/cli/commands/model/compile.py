"""`liveviz model compile`: what a show would compile, ahead of it."""

import argparse

from liveviz import bending, engine, models
from liveviz.cli import arguments
from liveviz.runtime import composition, open_generator, paths, precompile
from liveviz.spec import LivevizError
from liveviz.system.clock import now

HELP = "compile a generator for a backend, ahead of a show"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", type=arguments.named, metavar="MODEL", help="name, bundle folder or generator file")
    arguments.add_backend(parser)
    parser.add_argument(
        "--mapping", default="default", metavar="NAME|PATH", help="whose bends to compile in (default: default)"
    )
    parser.add_argument("--size", default="1280x720", metavar="WxH", help="canvas in pixels (default: 1280x720)")
    arguments.add_wide(parser)
    parser.add_argument(
        "--from", dest="before", type=arguments.named, metavar="MODEL", help="also what a show fades through from it"
    )
    parser.add_argument("--stages", help=argparse.SUPPRESS)  # what a running show has beyond its mapping
    parser.add_argument("--parts", action="store_true", help=argparse.SUPPRESS)  # say how far it is, to a running show


def run(args: argparse.Namespace) -> None:
    """Open the backend once, as a show does, which leaves what it compiled in the cache folder."""
    try:
        _compile(args)
    except LivevizError as error:
        if args.parts:
            print(precompile.mistake_line(error), flush=True)
        raise


def _compile(args: argparse.Namespace) -> None:
    shape = (paths.parse_size(args.size), args.wide)
    name = engine.choose(arguments.backend(args))
    generator = open_generator.open_model(args.model)
    generator = models.widen(generator, *shape)
    cache = paths.cache()
    if cache is None:
        raise LivevizError("model compile: there is no cache folder to keep anything in")
    if not engine.compiles(name):
        print(f"{generator.name}: backend {name} compiles nothing that could be kept")
        return
    if args.stages is not None:
        stages = precompile.parse_stages(args.stages)
    else:
        program = composition.load_mapping(paths.find_mapping(args.mapping))
        stages = bending.stages(composition.bend_settings(program), engine.layers_of(generator.config))
    start = now()
    mixtures = []
    if args.before is not None:
        before = models.widen(open_generator.open_model(args.before), *shape)
        mixtures = open_generator.mixtures(before, generator)
    for done, part in enumerate([*mixtures, generator]):
        if args.parts:
            print(precompile.progress_line(done, len(mixtures) + 1), flush=True)
        backend = engine.create(name, part, cache=cache, bends=stages)
        if part is not generator:
            backend.close()
    took = now() - start
    width, height = backend.size
    print(
        f"{generator.name}: {name} {backend.precision}, {width}x{height}, {len(stages)} stages of bends,"
        f" ready after {took:.1f} s ({backend.device})"
    )
    backend.close()
