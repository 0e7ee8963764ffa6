"""Teaching a light generator: it and its teacher draw the same ws with the same noise, and what differs is what it learns
from: colours and gradients at several scales, the picture so far at every lower level, what a feature network sees, and
in stages that have one, a judge of edges, to which the teacher's pictures are the real ones. Steps are counted, not
seconds, so that a run which was killed goes on as if nothing had been.

Sources: Hinton et al. 2015 (1503.02531) for the idea; Chang and Lu 2020 (TinyGAN, 2009.13829) for generators.
"""

import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from liveviz.learning.features import FeatureNetwork, reduced
from liveviz.learning.gan.generator import levels, noises
from liveviz.learning.judge import LAZY
from liveviz.learning.like.run import LikeOptions, LikeRun
from liveviz.learning.losses import charbonnier, picture_loss
from liveviz.learning.run import Stage
from liveviz.learning.together import Together
from liveviz.learning.trainer import CLIP, WARM_UP, Progress, Stopped, balanced
from liveviz.models.reference import Network
from liveviz.spec import LivevizError

LOWER_LEVELS = 0.2  # weight of the pictures below the stage's size
SEEN = 0.5  # of what the feature network sees


def train(
    options: LikeOptions,
    now: Callable[[], float],
    together: Together | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
    check: Callable[[], None] = lambda: None,
) -> Path:
    """Teach, or go on with what is in the folder, to the end of the last stage.

    Args:
        now: seconds, for the reports alone. together: this process's place among several; None where it is alone.
        report: called after every step. check: called several times a step; may raise Stopped.
    Returns: the folder of the bundle.
    Raises: Stopped after the checkpoint was saved; LivevizError for a checkpoint that cannot be gone on with, sizes that
        are not smaller than the teacher's, and a teacher that is no skip network.
    Writes: `checkpoint.safetensors`, `sheet_STEP.png` and `bundle/`.
    """
    torch.set_num_threads(options.threads)
    if options.device == "cuda" and not torch.cuda.is_available():
        raise LivevizError("device cuda: PyTorch finds no NVIDIA GPU here")
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LivevizError(f"{options.folder}: cannot be made: {error.strerror or error}") from error
    run = LikeRun(options, together or Together(), check)
    while run.stage < len(options.stages):
        _stage(run, options.stages[run.stage], now, report)
        run.stage, run.at = run.stage + 1, 0
        run.export()
        run.save()
    return options.folder / "bundle"


def _stage(run: LikeRun, stage: Stage, now: Callable[[], float], report: Callable[[Progress], None]) -> None:
    """The steps of one stage that are still to do."""
    options = run.options
    work = [s.steps * s.batch * s.size**2 for s in options.stages]
    since, counted, speed, error = now(), 0, 0.0, 0.0
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
        error = difference if error == 0.0 else 0.98 * error + 0.02 * difference
        if run.step % options.every == 0 or speed == 0.0:
            speed, since, counted = counted / max(now() - since, 1e-6), now(), 0
        share = (sum(work[: run.stage]) + work[run.stage] * run.at / stage.steps) / sum(work)
        report(Progress(run.step, stage.size, run.at, stage.steps, share, error, speed))
        if run.step % options.save == 0:
            run.save()
        if run.step % options.export == 0:
            run.export()
            since, counted = now(), 0


def rates(named: dict[str, nn.Parameter], stage: Stage, at: int) -> dict[str, float]:
    """Learning rate of every parameter at step `at` of a stage, 0 above its size."""
    start, end = stage.rate
    rate = end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * at / stage.steps))
    rate *= min(1.0, (at + 1) / WARM_UP)
    sizes = {name: int(name.split(".")[0].removeprefix("b")) for name in named}
    return {n: 0.0 if s > stage.size else rate * (1.0 if s == stage.size else stage.lower) for n, s in sizes.items()}


def drawn_at(network: Network, ws: Tensor, noise: list[Tensor], size: int) -> dict[int, Tensor]:
    """The picture so far by level, up to that of `size` pixels."""
    found = {}
    for level in levels(network, ws, noise):
        found[level.resolution] = level.img
        if level.resolution == size:
            break
    return found


def learn(run: LikeRun, stage: Stage) -> float:
    """One step; the mean absolute error of the picture at the stage's size, of ±1."""
    run.check()
    asked = rates(run.optimiser.named, stage, run.at)
    ws = run.ask(stage.batch)[run.together.share(stage.batch)].to(run.device)
    noise = [field.to(run.device) for field in noises(run.teacher, 1, run.random)]
    with torch.autocast(run.device.type, torch.bfloat16, enabled=run.bfloat16):
        with torch.no_grad():
            wanted = drawn_at(run.teacher, ws, noise, stage.size)
        run.check()
        drawn = drawn_at(run.network, ws, noise, stage.size)
    last, right = drawn[stage.size], wanted[stage.size]
    loss = picture_loss(last, right)
    if run.features is not None and stage.size >= 32:
        with torch.autocast(run.device.type, torch.bfloat16, enabled=run.bfloat16):
            loss = loss + SEEN * seen_loss(run.features, last, right)
    pull, verdicts = None, list[Tensor]()
    if stage.judge:
        seed = int(torch.randint(1 << 40, (1,), generator=run.random)) + run.together.rank
        verdict = run.judge.look(last, right, seed, run.step % LAZY == 0)
        verdicts = run.judge.gradients(verdict)
        pull = balanced(loss, verdict.wish, last, stage.judge)
    else:
        (pull,) = torch.autograd.grad(loss, last)
    below = last.new_zeros(())
    for r, img in drawn.items():
        if r != stage.size and wanted[r].abs().max() > 0.0:
            below = below + LOWER_LEVELS * charbonnier(img - wanted[r])
    named = run.optimiser.named
    for p in named.values():
        p.grad = None
    run.check()
    learned = [p for n, p in named.items() if asked[n] > 0.0]
    grads = torch.autograd.grad(
        [last, below] if below.requires_grad else [last],
        learned,
        [pull, torch.ones_like(below)] if below.requires_grad else [pull],
        allow_unused=True,
    )
    for p, grad in zip(learned, grads, strict=True):
        p.grad = torch.zeros_like(p) if grad is None else grad
    run.check()
    run.together.average([*[p.grad for p in learned if p.grad is not None], *verdicts])
    nn.utils.clip_grad_norm_(learned, CLIP)
    run.optimiser.step(asked)
    if stage.judge:
        run.judge.learn(verdicts)
    return (last.detach() - right).abs().mean().item()


def seen_loss(features: FeatureNetwork, drawn: Tensor, wanted: Tensor) -> Tensor:
    """How different both look to a feature network: the mean over its stages, relative to what is there to be seen."""
    size = features.config.side
    with torch.no_grad():
        targets = features(halved(wanted, size))
    total = drawn.new_zeros(())
    for made, target in zip(features(halved(drawn, size)), targets, strict=True):
        total = total + (made - target).float().abs().mean() / target.float().abs().mean().clamp(min=1e-6)
    return total / len(targets)


def halved(x: Tensor, side: int) -> Tensor:
    """Pictures whose shorter side is at most `side`."""
    k = min(x.shape[-2:]) // side
    return F.avg_pool2d(x, k) if k > 1 and min(x.shape[-2:]) % side == 0 else reduced(x, side)
