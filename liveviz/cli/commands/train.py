"""`liveviz train`: make a generator. By images it learns from a folder of somebody's own; by program, from images that are
drawn meanwhile; with --like, from another generator, to be a light one that draws as that does. What is in its folder is
resumed, so the same command starts a run, and resumes one that was stopped or killed."""

import argparse
import logging
import math
import shlex
import signal
import types
from collections.abc import Callable
from pathlib import Path

from liveviz.cli import arguments, stages, train_hearing, train_like
from liveviz.cli.workers import Workers, follow_parent
from liveviz.learning import DEFAULT_STAGES, Stopped, Together, TrainOptions, gan, train, train_features
from liveviz.learning import Progress as Done
from liveviz.learning import like as learning_like
from liveviz.learning.feature_training import TRAINING_STEPS as FEATURE_STEPS
from liveviz.learning.procedural.network import HEAD_ROWS
from liveviz.learning.staged import CHECKPOINT_FILE
from liveviz.runtime import paths
from liveviz.runtime.progress import Progress
from liveviz.spec import LivevizError, UsageError
from liveviz.system.clock import now

_log = logging.getLogger("liveviz.cli")
_PALETTE_STEPS, _PALETTE_PER_STEP = 6000, 20  # a trial of a few steps need not wait for perfect colours
_DEFAULT_SIZE = "256x256"
_WRITTEN_FILES = ("bundle", "sheet_*.png", "scores.jsonl")
_NUMBER_OPTIONS = {  # of training by images: default, lowest, highest
    "images": (1_000_000, 1, 10**9),
    "batch": (16, 2, 1024),
    "channel_base": (4096, 64, 131072),
    "channel_max": (128, 8, 1024),
}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "data", nargs="?", metavar="DATA", help="learn from this folder of images; its sub-folders are classes"
    )
    parser.add_argument("--pictures", action="store_true", help="learn from images that programs draw")
    parser.add_argument("--like", metavar="NAME|PATH", help="make a light generator that draws like this one")
    parser.add_argument("--features", action="store_true", help="make a feature network, for --projected and scores")
    parser.add_argument("--hearing", nargs="+", metavar="SONGS", help="make the beat network, from folders of songs")
    parser.add_argument(
        "-o", "--out", metavar="DIR", help="folder of the run: bundle, sheets, checkpoint; a file for --hearing"
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes, on a CPU (default: 1)")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="where to learn (default: cpu)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of everything random (default: 0)")
    parser.add_argument(
        "--stages",
        nargs="+",
        metavar=stages.STAGE_FORM,
        help="pixels, steps, images a step, learning rates, and the factor on those of the sizes below",
    )
    parser.add_argument(
        "--columns", type=int, metavar="N", help="of the images' 4 rows: 4 is square, 7 fills a wide wall"
    )
    parser.add_argument(
        "--start", metavar="DIR", help="begin with the network of that run or bundle; of a file for --hearing"
    )
    images = parser.add_argument_group("with DATA")
    images.add_argument("--size", metavar="WxH", help="of the images, square or not (default: 256x256)")
    images.add_argument("--images", type=int, metavar="N", help="how many to show in all (default: 1000000)")
    images.add_argument("--minutes", type=float, metavar="M", help="stop after that long; the same command goes on")
    images.add_argument("--batch", type=int, metavar="N", help="of them a step (default: 16)")
    images.add_argument("--channel-base", type=int, metavar="B", help="channels at R pixels are B / R (default: 4096)")
    images.add_argument("--channel-max", type=int, metavar="M", help="... but no more than M (default: 128)")
    images.add_argument(
        "--projected", nargs="*", metavar="FILE", help="judge through fixed feature networks (default: ours)"
    )
    train_like.add(parser)
    train_hearing.add(parser)
    parser.add_argument("--rank", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Train to the end, or until Ctrl+C."""
    asked = (args.data is not None, args.pictures, args.like is not None, args.features, args.hearing is not None)
    if sum(asked) != 1:
        raise UsageError(
            "train: what to learn from? DATA, a folder of images; or --pictures, those that liveviz draws; or --like "
            "MODEL, another generator; or --features, to make a feature network; or --hearing SONGS, the beat network: one of them"
        )
    if args.widths is not None and args.like is None:
        raise UsageError("train: --widths goes with --like")
    if args.out is None:
        raise UsageError("train: -o DIR is needed, the folder of the run")
    if args.minutes is not None and not 0.0 < args.minutes <= 1e6:
        raise UsageError(f"minutes {args.minutes:g}: above 0, to 1000000")
    arguments.seed(args.seed)
    if args.features:
        return _features(args)
    if args.hearing is not None:
        return train_hearing.run(args)
    _check_folder(Path(args.out))
    learn = _by_program(args) if args.pictures else _by_images(args) if args.data is not None else _by_teacher(args)
    if args.rank:
        return _work(learn, args)
    words = _words(args)
    stop, end = _Stop(), math.inf if args.minutes is None else now() + 60.0 * args.minutes
    progress = Progress(1.0)
    try:
        with Workers(args.workers, words) as workers:

            def check() -> None:
                if stop.asked or now() > end:
                    raise Stopped
                workers.check()

            together = Together(0, args.workers, workers.place, check)
            bundle = learn(together, progress.show, check)
            together.close()
    except Stopped:
        progress.end()
        if not stop.asked:
            _log.info("%g minutes are over; this goes on: liveviz %s", args.minutes, shlex.join(words))
            return 0
        kept = "" if (Path(args.out) / CHECKPOINT_FILE).exists() else " before the first step"
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


_Show = Callable[[float, str], None]
_Learn = Callable[[Together, _Show, Callable[[], None]], Path]


def _work(learn: _Learn, args: argparse.Namespace) -> int:
    """Be one of the other processes: take a share of every batch, say nothing, end with the first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("liveviz").setLevel(logging.CRITICAL)
    follow_parent()
    together = Together(args.rank, args.workers, args.place)
    learn(together, lambda share, words: None, lambda: None)
    together.close()
    return 0


def _features(args: argparse.Namespace) -> int:
    """Make a feature network."""
    out = paths.check_new(arguments.suffix(args.out, (".safetensors",), "out"), "out")
    progress = Progress(FEATURE_STEPS)
    try:
        train_features(out, seed=args.seed, report=lambda n, loss: progress.show(n, f"step {n}, loss {loss:.2f}"))
    finally:
        progress.end()
    return 0


def _check_folder(out: Path) -> None:
    """Nothing, if `out` holds a run, which is resumed, or nothing that a run would replace; LivevizError otherwise."""
    if not (out / CHECKPOINT_FILE).exists():
        taken = next((path for name in _WRITTEN_FILES for path in out.glob(name)), None)
        if taken is not None:
            raise LivevizError(f"out: {taken} is there already, and is of no run that could go on; name another folder")


def _words(args: argparse.Namespace) -> list[str]:
    """The command line that goes on with this run."""
    words = ["train", *(["--pictures"] if args.pictures else ["--like", args.like] if args.like else [args.data])]
    words += ["-o", args.out, "--workers", str(args.workers), "--device", args.device, "--seed", str(args.seed)]
    for name in ("size", *_NUMBER_OPTIONS, "minutes", "columns", "start"):
        if (value := getattr(args, name)) is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    for name in ("stages", "projected", "widths"):
        if (value := getattr(args, name)) is not None:
            words += [f"--{name}", *map(str, value)]
    return words


def _check_workers(args: argparse.Namespace, smallest: int) -> None:
    if not 1 <= args.workers <= smallest:
        raise UsageError(f"workers {args.workers}: 1 to {smallest}, the images of the smallest step")
    if args.device == "cuda" and args.workers > 1:
        raise UsageError("workers: several are for a CPU; --device cuda takes one")


def _by_images(args: argparse.Namespace) -> _Learn:
    """Learning from a folder; the options checked."""
    if (args.stages, args.columns, args.start) != (None, None, None):
        raise UsageError(
            "train DATA: --stages, --columns and --start are of --pictures; here there are --size, --images and --batch"
        )
    out, data = Path(args.out), Path(args.data)
    if out.resolve().is_relative_to(data.resolve()):
        raise UsageError(f"-o {out}: is inside {data}, where its sheets would be taken for images; take another")
    options = gan.GanOptions(
        out,
        data,
        paths.parse_size(args.size or _DEFAULT_SIZE),
        projected=None if args.projected is None else tuple(Path(name) for name in args.projected),
        device=args.device,
        seed=args.seed,
        **{name: _whole(args, name, *limits) for name, limits in _NUMBER_OPTIONS.items()},
    )
    try:
        options.config(0)
    except LivevizError as error:
        raise UsageError(str(error)) from None
    _check_workers(args, options.batch // 2)

    def learn(together: Together, show: _Show, check: Callable[[], None]) -> Path:
        return gan.train(
            options,
            now,
            together,
            lambda done: show(done.step / done.steps, _line(done)),
            check,
            lambda n, total: show(0.0, f"reading pictures: {n} of {total}"),
        )

    return learn


def _whole(args: argparse.Namespace, name: str, default: int, low: int, high: int) -> int:
    """One of the numbers of training by images; UsageError where it is out of range."""
    value: int = default if getattr(args, name) is None else getattr(args, name)
    if not low <= value <= high:
        raise UsageError(f"{name.replace('_', '-')} {value}: {low} to {high}")
    return value


def _line(done: gan.GanProgress) -> str:
    speed = f"{done.speed:.0f}" if done.speed >= 9.5 else f"{done.speed:.1f}"
    return (
        f"step {done.step} of {done.steps}, {speed} images/s, "
        f"discriminator sure by {done.sign:+.2f}, augmentation {done.augment:.2f}"
    )


def _by_teacher(args: argparse.Namespace) -> _Learn:
    """Learning from another generator; the options checked."""
    for name in ("size", *_NUMBER_OPTIONS, "columns", "start", "projected"):
        if getattr(args, name) is not None:
            raise UsageError(
                f"train --like: --{name.replace('_', '-')} is not for it; here there are --widths and --stages"
            )
    options = train_like.options(args)
    _check_workers(args, min(stage.batch for stage in options.stages))

    def learn(together: Together, show: _Show, check: Callable[[], None]) -> Path:
        return learning_like.train(options, now, together, lambda done: show(done.share, _words_of(done)), check)

    return learn


def _words_of(done: Done) -> str:
    at = f"step {done.step}, {done.size} px {done.at}/{done.steps}"
    return f"{at}, error {done.error:.3f}, {done.speed:.0f} images/s"


def _by_program(args: argparse.Namespace) -> _Learn:
    """Learning from what programs draw; the options checked."""
    for name in ("size", *_NUMBER_OPTIONS, "minutes", "projected"):
        if getattr(args, name) is not None:
            raise UsageError(f"train --pictures: --{name.replace('_', '-')} is for DATA; here there are --stages")
    asked = tuple(stages.parse(text) for text in args.stages) if args.stages else DEFAULT_STAGES
    for stage in asked:
        if stage.size not in HEAD_ROWS:
            raise UsageError(f"stages: size {stage.size}: of --pictures, 32, 64 or 128")
    _check_workers(args, min(stage.batch for stage in asked))
    palette_steps = min(_PALETTE_STEPS, _PALETTE_PER_STEP * sum(stage.steps for stage in asked))
    options = TrainOptions(
        folder=Path(args.out),
        stages=asked,
        device=args.device,
        seed=args.seed,
        palette_steps=palette_steps,
        columns=arguments.within(4 if args.columns is None else args.columns, 4, 8, "columns"),
        start=Path(args.start) if args.start else None,
    )

    def learn(together: Together, show: _Show, check: Callable[[], None]) -> Path:
        return train(options, now, together, lambda done: show(done.share, _words_of(done)), check)

    return learn
