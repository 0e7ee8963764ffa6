"""`liveviz model new|info|sheet|list`: make, inspect, show and list generators."""

import argparse

from liveviz import engine, models
from liveviz.app import arguments, model_sheet, paths
from liveviz.app.progress import Progress
from liveviz.outputs.still import write_png
from liveviz.spec import LivevizError, UsageError


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    new = actions.add_parser("new", help="a generator with random weights")
    new.add_argument("--resolution", type=int, required=True, metavar="R", help="16 to 2048, a power of two")
    new.add_argument("--channel-base", type=int, required=True, metavar="B", help="channels at R are B / R ...")
    new.add_argument("--channel-max", type=int, required=True, metavar="M", help="... but no more than M")
    new.add_argument("--classes", type=int, default=0, metavar="K", help="number of classes (default: 0, none)")
    new.add_argument("--seed", type=int, required=True, metavar="S", help="of the weights")
    new.add_argument("-o", "--out", required=True, metavar="FILE.safetensors", help="what to write")
    info = actions.add_parser("info", help="what a generator is")
    info.add_argument("model", type=arguments.named, metavar="MODEL", help="name, bundle folder or .safetensors file")
    sheet = actions.add_parser("sheet", help="what a generator draws, on one page")
    sheet.add_argument("model", type=arguments.named, metavar="BUNDLE", help="name, bundle folder or .safetensors file")
    sheet.add_argument("-o", "--out", required=True, metavar="X.png", help="what to write")
    actions.add_parser("list", help="the generators that come with liveviz")


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    if args.action == "new":
        _new(args)
    elif args.action == "info":
        _info(args.model)
    elif args.action == "sheet":
        _sheet(args)
    else:
        for name in models.list_models([paths.engines()]):
            print(name)
    return 0


def _new(args: argparse.Namespace) -> None:
    out = arguments.suffix(args.out, (".safetensors",), "out")
    try:
        config = models.small_config(args.resolution, args.channel_base, args.channel_max, args.classes)
    except LivevizError as error:
        raise UsageError(str(error)) from None
    arguments.seed(args.seed)
    paths.check_writable(out, "out")
    models.write(out, models.new(config, args.seed))


def _sheet(args: argparse.Namespace) -> None:
    out = paths.check_writable(arguments.suffix(args.out, (".png",), "out"), "out")
    generator = models.open_model(args.model, [paths.engines()])
    backend = engine.create(engine.choose(), generator, cache=paths.cache(), precision="f32")
    progress = Progress(1.0)
    try:
        pixels = model_sheet.draw(
            generator,
            backend.synthesize,
            lambda done, total: progress.show(done / total, f"{done} of {total} pictures"),
        )
    finally:
        progress.end()
        backend.close()
    write_png(pixels, out)


def _info(name: str) -> None:
    generator = models.open_model(name, [paths.engines()])
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
