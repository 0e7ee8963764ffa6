"""Training by program: stages of growing size, each a number of steps, so that a run can be stopped, killed and resumed
without being another run. Wall time is only reported."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from liveviz.learning.precision import training_dtype
from liveviz.learning.procedural.losses import fields_loss
from liveviz.learning.procedural.run import Run, TrainOptions, TrainStage
from liveviz.learning.procedural.targets import answers, ask, latents
from liveviz.learning.procedural.together import Together
from liveviz.spec import LivevizError

WARM_UP = 60
CLIP = 5.0


@dataclass(frozen=True)
class Progress:
    """step: of all. size: pixels of the stage. at, steps: done in the stage, and in all of it. share: of the whole
    work, 0 to 1. error: mean absolute error of the fields. speed: pictures per second."""

    step: int
    size: int
    at: int
    steps: int
    share: float
    error: float
    speed: float


class Stopped(Exception):
    """Raised by a `check` that wants training to end; `train` saves and lets it through."""


def rates(named: dict[str, nn.Parameter], stage: TrainStage, at: int) -> dict[str, float]:
    """Learning rate of every parameter at step `at` of a stage."""
    start, end = stage.rate
    rate = end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * at / stage.steps))
    rate *= min(1.0, (at + 1) / WARM_UP)
    found = {}
    for name in named:
        part = name.split(".")
        size = int(part[1]) if part[0] in ("conv0", "conv1", "head") else 4
        found[name] = 0.0 if size > stage.size else rate * (1.0 if size >= stage.size else stage.lower)
    return found


def train(
    options: TrainOptions,
    now: Callable[[], float],
    together: Together | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
    check: Callable[[], None] = lambda: None,
) -> Path:
    """Train, or go on with what is in the folder, to the end of the last stage.

    Args:
        now: seconds, for the reports alone.
        together: this process's place among several that train one network; None where it is alone.
        report: called after every step.
        check: called several times a step; may raise Stopped.
    Returns: the folder of the bundle.
    Raises: Stopped after the checkpoint was saved (none is where no step was done); LivevizError for a checkpoint that
        cannot be resumed.
    Writes: `checkpoint.safetensors`, `sheet_STEP.png` and `bundle/`.
    """
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)  # the far tails of glow are subnormal, and slow
    if options.device == "cuda" and not torch.cuda.is_available():
        raise LivevizError("device cuda: PyTorch finds no NVIDIA GPU here")
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LivevizError(f"{options.folder}: cannot be made: {error.strerror or error}") from error
    try:
        run = Run(options, together or Together(), check)
        while run.stage < len(options.stages):
            run_stage(run, options.stages[run.stage], now, report)
            run.export(f"step {run.step}")
            run.stage, run.at = run.stage + 1, 0
            run.save()
    finally:
        torch.set_flush_denormal(False)  # whoever called may need them
    return options.folder / "bundle"


def run_stage(run: Run, stage: TrainStage, now: Callable[[], float], report: Callable[[Progress], None]) -> None:
    """The steps of one stage that are still to do."""
    options = run.options
    since, counted, speed, recent = now(), 0, 0.0, 0.0
    while run.at < stage.steps:
        before = run.random.get_state()
        try:
            difference = learn(run, stage)
        except Stopped:  # nothing is changed yet but the random numbers
            run.random.set_state(before)
            run.save()
            raise
        run.step, run.at, counted = run.step + 1, run.at + 1, counted + stage.batch
        run.follow(stage.batch)
        if run.step % options.every == 0 or recent == 0.0:
            error = difference.abs().mean().item()
            recent = error if recent == 0.0 else 0.8 * recent + 0.2 * error
            speed = counted / max(now() - since, 1e-6)
            since, counted = now(), 0
        report(Progress(run.step, stage.size, run.at, stage.steps, run.share_done(), recent, speed))
        if run.step % options.save == 0:
            run.save()
        if run.step % options.export == 0:
            run.export(f"step {run.step}")
            since, counted = now(), 0


def learn(run: Run, stage: TrainStage) -> Tensor:
    """One step; how far what was drawn is from what was wanted, `[n, channels, size, size]`."""
    network, together, named = run.network, run.together, run.optimiser.named
    run.check()
    asked = rates(named, stage, run.at)
    q = ask(stage.batch, len(run.names), run.random, together.share(stage.batch), run.device)
    wanted = answers(run.names, q, stage.size, network.width(stage.size))
    run.check()
    coarse, middle, plain = latents(network, q)
    drawn = network(coarse, middle, stage.size, training_dtype(run.device))
    loss = fields_loss(drawn, wanted)
    (pull,) = torch.autograd.grad(loss, drawn)
    for p in named.values():
        p.grad = None
    run.check()
    drawn.backward(pull, inputs=[p for name, p in named.items() if asked[name] > 0.0])
    mean = plain.detach().mean(dim=0)
    gradients = [p.grad for p in named.values() if p.grad is not None]
    run.check()
    together.average([*gradients, mean])
    nn.utils.clip_grad_norm_(list(named.values()), CLIP)
    run.optimiser.step(asked)
    network.w_avg.lerp_(mean, 0.01)
    return drawn.detach() - wanted
