"""`liveviz bench`: how fast each backend draws, side by side in one run, from parameters to packed pixels."""

import argparse

from liveviz.bench import compare
from liveviz.cli import arguments
from liveviz.models import Generator, GeneratorConfig
from liveviz.runtime import open_generator, paths
from liveviz.runtime.own_files import write_json
from liveviz.spec import LivevizError, UsageError
from liveviz.system.clock import now


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--backend", metavar="A,B", help="which, with commas between (default: what runs here)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--model", default="default", metavar="M", help="name, bundle folder or generator file")
    what.add_argument("--new", metavar="R:B:M", help="random weights: resolution, channel base, channel max")
    parser.add_argument("--precision", choices=("f32", "f16", "bf16"), help="(default: the fastest that each one has)")
    parser.add_argument("--frames", type=int, default=200, metavar="N", help="measured frames (default: 200)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")


def run(args: argparse.Namespace) -> int:
    """Measure one backend after the other, each with inputs that are new in every frame; warm-up is left out."""
    names = [name.strip() for name in args.backend.split(",")] if args.backend else compare.usual()
    for name in names:
        if name not in compare.names():
            raise UsageError(f"backend {name!r}: one of {', '.join(compare.names())}")
    if not 10 <= args.frames <= 100_000:
        raise UsageError(f"frames {args.frames}: 10 to 100000")
    out = None
    if args.json:
        out = paths.check_writable(arguments.suffix(args.json, (".json",), "json"), "json", [args.model], "bench")
    generator = _generator(args)
    rows = {}
    print(
        f"{'backend':<16} {'device':<28} {'precision':<9} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8} {'fps':>8}"
        f" {'ratio':>7} {'roofline':>9}"
    )
    comparison = compare.Comparison(generator, now, cache=paths.cache(), precision=args.precision)
    for name, row in comparison.run(names, args.frames):
        rows[name], ms = row, row["ms"]
        share = 100 * row["roofline_ms"] / ms["p50"]
        print(
            f"{name:<16} {row['device'][:28]:<28} {row['precision']:<9}"
            f" {ms['p50']:8.2f} {ms['p95']:8.2f} {ms['p99']:8.2f} {row['fps']:8.1f} {row['ratio']:6.1f}x {share:8.0f}%",
            flush=True,
        )
    facts = comparison.facts()
    print(f"{facts['model']['gmac']:g} GMAC an image ({facts['model']['convention']})")
    for rate in facts["machine"]:
        print(
            f"roofline on {rate['device']} in {rate['precision']}: {rate['copy_gb_s']:g} GB/s copied,"
            f" {rate['matmul_tflop_s']:g} TFLOP/s in a matrix product or a convolution"
        )
    if out is not None:
        write_json({"backends": rows, **facts}, out)
    return 0


def _generator(args: argparse.Namespace) -> Generator:
    if not args.new:
        return open_generator.open_model(args.model)
    try:
        resolution, base, largest = (int(part) for part in args.new.split(":"))
    except ValueError:
        raise UsageError(f"new {args.new!r:.40}: resolution, channel base, channel max, like 512:8192:128") from None
    try:
        return compare.random_generator(GeneratorConfig(resolution, base, largest))
    except LivevizError as error:
        raise UsageError(str(error)) from None
