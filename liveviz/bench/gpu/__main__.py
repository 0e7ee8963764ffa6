"""`python3 -m liveviz.bench.gpu`: the command line of what is done on a GPU."""

import argparse
import logging
import os
import sys
from pathlib import Path

from liveviz.bench.gpu import fast, images, opengl, plans, right, teach
from liveviz.bench.gpu.report import Report, machine
from liveviz.engine import registry
from liveviz.learning import TrainStage
from liveviz.spec import LivevizError
from liveviz.system.clock import now

STEP_NAMES = ("right", "fast", "train", "images", "tensorrt", "opengl")


def main(argv: list[str] | None = None) -> int:
    """0 where everything was right, 1 where something was not or there is no GPU, 2 for bad arguments."""
    parser = argparse.ArgumentParser(
        prog="python3 -m liveviz.bench.gpu", allow_abbrev=False, description="What is owed on an NVIDIA GPU."
    )
    parser.add_argument(
        "steps", nargs="*", metavar="STEP", help=f"which, in order: {' '.join(STEP_NAMES)} (default: all)"
    )
    parser.add_argument("--cpu", action="store_true", help="the same code, small, on the CPU")
    parser.add_argument(
        "--train", type=Path, metavar="DIR", help="folder of the training run (default: build/gpu/train)"
    )
    parser.add_argument("--minutes", type=float, default=6.0, metavar="M", help="of training (default: 6)")
    parser.add_argument("--stages", nargs="+", metavar="STAGE", help="of the run in DIR, as `liveviz train` has them")
    parser.add_argument(
        "--columns", type=int, default=4, choices=range(4, 9), help="of the run, as `liveviz train` has them"
    )
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", help="(default: $OUT, else build/gpu)")
    args = parser.parse_args(argv)
    if unknown := [step for step in args.steps if step not in STEP_NAMES]:
        parser.error(f"step {unknown[0]!r}: one of {', '.join(STEP_NAMES)}")
    try:
        stages = tuple(_stage(text) for text in args.stages) if args.stages else teach.TRIAL_STAGES
    except (ValueError, IndexError):
        parser.error("stages: seven or eight numbers each, SIZE:STEPS:BATCH:START:END:LOWER:SAMPLES[:JUDGE]")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    there, why = registry.available("cuda")
    if not there and not args.cpu:
        print(f"no GPU to run on: {why} (--cpu runs the same code small)", file=sys.stderr)
        return 1
    folder = args.out or Path(os.environ.get("OUT", "build/gpu"))
    report = Report(folder, "cpu" if args.cpu else "cuda", small=args.cpu)
    for name, value in machine(report.device).items():
        print(f"{name:<9} {value}")
    train = args.train or Path("build/gpu/train")
    work = {
        "right": right.run,
        "fast": fast.run,
        "train": lambda r: teach.run(r, train, args.minutes, stages, args.columns),
        "images": images.run,
        "tensorrt": plans.run,
        "opengl": opengl.run,
    }
    start = now()
    try:
        for step in args.steps or STEP_NAMES:
            report.run(step, work[step])
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 1
    except LivevizError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(report.rows)} rows, {report.failed} bad, {now() - start:.0f} s: {folder / 'gpu.json'}")
    return 1 if report.failed else 0


def _stage(text: str) -> TrainStage:
    part = text.split(":")
    size, steps, batch = (int(part[n]) for n in (0, 1, 2))
    start, end, lower = (float(part[n]) for n in (3, 4, 5))
    return TrainStage(size, steps, batch, (start, end), lower)


if __name__ == "__main__":
    sys.exit(main())
