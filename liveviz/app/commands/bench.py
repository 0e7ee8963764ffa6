"""`liveviz bench`: how fast each backend draws, from parameters to packed pixels on the host."""

import argparse

from liveviz import engine, models
from liveviz.app import arguments, paths
from liveviz.app.stats import write_json
from liveviz.clock import now
from liveviz.spec import UsageError


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--backend", default="reference,openvino", metavar="A,B", help="which, with commas between")
    parser.add_argument("--model", default="default", metavar="M", help="name, bundle folder or .safetensors file")
    parser.add_argument("--precision", choices=("f32", "bf16"), help="of openvino (default: what the CPU does best)")
    parser.add_argument("--frames", type=int, default=200, metavar="N", help="measured frames (default: 200)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")


def run(args: argparse.Namespace) -> int:
    """Measure one backend after the other, each with fresh random latents and noise; warm-up is left out."""
    names = [name.strip() for name in args.backend.split(",")]
    for name in names:
        if name not in engine.backends():
            raise UsageError(f"backend {name!r}: one of {', '.join(engine.backends())}")
    if not 10 <= args.frames <= 100_000:
        raise UsageError(f"frames {args.frames}: 10 to 100000")
    out = paths.check_writable(arguments.suffix(args.json, (".json",), "json"), "json") if args.json else None
    generator = models.open_model(args.model, [paths.engines()])
    rows = {}
    print(f"{'backend':<10} {'device':<28} {'precision':<9} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8} {'fps':>8}")
    for name in names:
        backend = engine.create(name, generator, cache=paths.cache(), precision=args.precision)
        try:
            row = rows[name] = engine.bench(backend, frames=args.frames, now=now)
        finally:
            backend.close()
        ms = row["ms"]
        print(
            f"{name:<10} {row['device'][:28]:<28} {row['precision']:<9}"
            f" {ms['p50']:8.2f} {ms['p95']:8.2f} {ms['p99']:8.2f} {row['fps']:8.1f}"
        )
    if out is not None:
        write_json({"backends": rows}, out)
    return 0
