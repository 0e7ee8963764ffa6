"""`liveviz train`: make a generator. By program it learns from pictures that are drawn meanwhile; what is in its folder
is gone on with, so the same command starts a run, and resumes one that was stopped or killed."""

import argparse
import logging
import math
import shlex
import signal
import types
from pathlib import Path

from liveviz.app import arguments
from liveviz.app.progress import Progress
from liveviz.app.workers import Workers, follow_parent
from liveviz.clock import now
from liveviz.learning import DEFAULT_STAGES, Stage, Stopped, Together, TrainOptions, train
from liveviz.learning import Progress as Done
from liveviz.learning.run import CHECKPOINT
from liveviz.spec import LivevizError, UsageError

_log = logging.getLogger("liveviz.app")
_SIZES = (32, 64, 128, 256)
_PALETTE_STEPS, _PALETTE_PER_STEP = 6000, 20  # a trial of a few steps need not wait for perfect colours
_STAGE = "SIZE:STEPS:BATCH:START:END:LOWER:SAMPLES"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("data", nargs="?", metavar="DATA", help="a folder of your own pictures (not built yet)")
    parser.add_argument("--pictures", action="store_true", help="learn from pictures that programs draw")
    parser.add_argument("-o", "--out", metavar="DIR", help="folder of the run: bundle, sheets, checkpoint")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes, on a CPU (default: 1)")
    parser.add_argument(
        "--stages", nargs="+", metavar=_STAGE, help="pixels, steps, pictures a step, learning rates, finesse of drawing"
    )
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="where to learn (default: cpu)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of everything random (default: 0)")
    parser.add_argument("--rank", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Train to the end, or until Ctrl+C."""
    options = _options(args)
    if args.rank:
        return _work(options, args)
    words = _words(args)
    stop = _Stop()
    progress = Progress(1.0)
    try:
        with Workers(args.workers, words) as workers:

            def check() -> None:
                if stop.asked:
                    raise Stopped
                workers.check()

            together = Together(0, args.workers, workers.place, check)
            bundle = train(options, now, together, lambda done: progress.show(done.share, _line(done)), check)
            together.close()
    except Stopped:
        progress.end()
        kept = "" if (options.folder / CHECKPOINT).exists() else " before the first step"
        raise LivevizError(f"stopped{kept}; this goes on: liveviz {shlex.join(words)}") from None
    finally:
        progress.end()
    _log.info("trained: %s", bundle)
    return 0


class _Stop:
    """Whether Ctrl+C was pressed. The second one ends the program at once."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: types.FrameType | None) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _work(options: TrainOptions, args: argparse.Namespace) -> int:
    """Be one of the other processes: take a share of every batch, say nothing, end with the first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("liveviz").setLevel(logging.CRITICAL)
    follow_parent()
    together = Together(args.rank, args.workers, args.place)
    train(options, now, together)
    together.close()
    return 0


def _line(done: Done) -> str:
    return (
        f"step {done.step}, {done.size} px {done.at}/{done.steps}, error {done.error:.3f}, {done.speed:.0f} pictures/s"
    )


def _words(args: argparse.Namespace) -> list[str]:
    """The command line that goes on with this run."""
    words = ["train", "--pictures", "-o", args.out, "--workers", str(args.workers), "--device", args.device]
    words += ["--seed", str(args.seed)]
    return [*words, "--stages", *args.stages] if args.stages else words


def _options(args: argparse.Namespace) -> TrainOptions:
    """The checked options."""
    if args.data is not None:
        raise UsageError(
            f"train {args.data!r:.80}: learning from your own pictures is not built yet; there is train --pictures"
        )
    if not args.pictures:
        raise UsageError("train: what to learn from? --pictures are those that liveviz draws")
    if args.out is None:
        raise UsageError("train: -o DIR is needed, the folder of the run")
    stages = tuple(_stage(text) for text in args.stages) if args.stages else DEFAULT_STAGES
    smallest = min(stage.batch for stage in stages)
    if not 1 <= args.workers <= smallest:
        raise UsageError(f"workers {args.workers}: 1 to {smallest}, the pictures of the smallest step")
    if args.device == "cuda" and args.workers > 1:
        raise UsageError("workers: several are for a CPU; --device cuda takes one")
    arguments.seed(args.seed)
    palette_steps = min(_PALETTE_STEPS, _PALETTE_PER_STEP * sum(stage.steps for stage in stages))
    return TrainOptions(Path(args.out), stages, device=args.device, seed=args.seed, palette_steps=palette_steps)


def _stage(text: str) -> Stage:
    """One of --stages; UsageError in one line."""
    try:
        a = text.split(":")
        size, steps, batch, samples = (int(a[n]) for n in (0, 1, 2, 6))
        start, end, lower = (float(a[n]) for n in (3, 4, 5))
        if len(a) != 7:
            raise ValueError
    except (ValueError, IndexError):
        raise UsageError(f"stages {text!r:.60}: seven numbers, {_STAGE}, like 64:2400:32:0.007:0.0015:1:2") from None
    rules = (
        (size in _SIZES, f"size {size}: 32, 64, 128 or 256"),
        (1 <= steps <= 10_000_000, f"steps {steps}: 1 to 10000000"),
        (1 <= batch <= 4096, f"batch {batch}: 1 to 4096 pictures"),
        (all(math.isfinite(r) and 0.0 < r <= 0.1 for r in (start, end)), f"rates {start:g}, {end:g}: above 0, to 0.1"),
        (0.0 <= lower <= 1.0, f"lower {lower:g}: 0 to 1"),
        (1 <= samples <= 4, f"samples {samples}: 1 to 4"),
    )
    for good, says in rules:
        if not good:
            raise UsageError(f"stages {text!r:.60}: {says}")
    return Stage(size, steps, batch, (start, end), lower, samples)
