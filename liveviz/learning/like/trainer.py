"""Teaching a light generator: it and its teacher draw the same ws with the same noise, and what differs is what it learns
from: colours and gradients at several scales, the picture so far at every lower level, what a feature network sees, and
how strong edges are, wherever exactly. At large
sizes only a part of the picture is drawn above a quarter of the size, so that a step sees more pictures. Steps are
counted, not seconds, so that a run which was killed goes on as if nothing had been.

Sources: Hinton et al. 2015 (1503.02531) for the idea; Chang and Lu 2020 (TinyGAN, 2009.13829) for generators.
"""

import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from liveviz.learning.features import FeatureNetwork, reduced
from liveviz.learning.gan.generator import Window, levels, noises
from liveviz.learning.like.run import LikeOptions, LikeRun
from liveviz.learning.procedural.losses import charbonnier, fields_loss, picture_loss
from liveviz.learning.procedural.run import TrainStage
from liveviz.learning.procedural.together import Together
from liveviz.learning.procedural.trainer import CLIP, WARM_UP, Progress, Stopped
from liveviz.models import GeneratorConfig
from liveviz.models.stylegan.reference import Network
from liveviz.spec import LivevizError

LOWER_LEVELS = 0.2  # weight of the pictures below the stage's size
SEEN = 0.5  # of what the feature network sees
EDGES, EDGE_REACH = 1.5, 8  # of how strong edges are; pixels that are looked at together
SMALLEST_CUT, CUT = 64, 32  # pixels of the level at which a part is cut out, at least; of its sides
MARGIN = 3  # of them lack neighbours above
OVER = 8  # pixels that places reach over the border, where parts stop: what is drawn there is learned as well


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
    Raises: Stopped after the checkpoint was saved; LivevizError for a checkpoint that cannot be resumed, sizes that
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


def _stage(run: LikeRun, stage: TrainStage, now: Callable[[], float], report: Callable[[Progress], None]) -> None:
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


def rates(named: dict[str, nn.Parameter], stage: TrainStage, at: int) -> dict[str, float]:
    """Learning rate of every parameter at step `at` of a stage, 0 above its size."""
    start, end = stage.rate
    rate = end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * at / stage.steps))
    rate *= min(1.0, (at + 1) / WARM_UP)
    sizes = {name: int(name.split(".")[0].removeprefix("b")) for name in named}
    return {n: 0.0 if s > stage.size else rate * (1.0 if s == stage.size else stage.lower) for n, s in sizes.items()}


def look_at(config: GeneratorConfig, size: int, random: torch.Generator) -> Window | None:
    """The part of the pictures that a step draws; None for all of it, where the size is small."""
    level = size // 4
    if level < SMALLEST_CUT:
        return None
    _, height, width = config.layers[level]
    sides = [min(CUT, height), min(CUT, width)]
    places = []
    for side, whole in zip(sides, (height, width), strict=True):
        place = int(torch.randint(-OVER, whole - side + OVER + 1, (), generator=random))
        places.append(min(max(place, 0), whole - side))
    return Window(level, *places, *sides)


def drawn_at(network: Network, ws: Tensor, noise: list[Tensor], size: int, window: Window | None) -> dict[int, Tensor]:
    """The picture so far by level, up to that of `size` pixels; of a window only what has all its neighbours."""
    found = {}
    for level in levels(network, ws, noise, window):
        img = level.img
        if window is not None and level.resolution > window.resolution:
            k = level.resolution // window.resolution
            _, height, width = network.config.layers[level.resolution]
            top, left = MARGIN * k * (window.top > 0), MARGIN * k * (window.left > 0)
            bottom = MARGIN * k * ((window.top + window.height) * k < height)
            right = MARGIN * k * ((window.left + window.width) * k < width)
            img = img[..., top : img.shape[-2] - bottom, left : img.shape[-1] - right]
        found[level.resolution] = img
        if level.resolution == size:
            break
    return found


def learn(run: LikeRun, stage: TrainStage) -> float:
    """One step; the mean absolute error of the picture at the stage's size, of ±1."""
    run.check()
    asked = rates(run.optimiser.named, stage, run.at)
    ws = run.ask(stage.batch)[run.together.share(stage.batch)].to(run.device)
    window = look_at(run.teacher.config, stage.size, run.random)
    noise = [field.to(run.device) for field in noises(run.teacher, 1, run.random)]
    with torch.autocast(run.device.type, torch.bfloat16, enabled=run.bfloat16):
        with torch.no_grad():
            wanted = drawn_at(run.teacher, ws, noise, stage.size, window)
        run.check()
        drawn = drawn_at(run.network, ws, noise, stage.size, window)
    last, right = drawn[stage.size], wanted[stage.size]
    of_fields = run.teacher.config.draws_fields
    loss = fields_loss(last, right) if of_fields else picture_loss(last, right, whole=window is None)
    if run.features is not None and stage.size >= 32:
        with torch.autocast(run.device.type, torch.bfloat16, enabled=run.bfloat16):
            loss = loss + SEEN * seen_loss(run.features, last, right)
    if not of_fields:  # theirs are zero crossings, and sharp wherever they are
        loss = loss + EDGES * edges_loss(last, right)
    for r, img in drawn.items():
        if r != stage.size and wanted[r].abs().max() > 0.0:
            loss = loss + LOWER_LEVELS * charbonnier(img - wanted[r])
    named = run.optimiser.named
    for p in named.values():
        p.grad = None
    run.check()
    learned = [p for n, p in named.items() if asked[n] > 0.0]
    grads = torch.autograd.grad(loss, learned, allow_unused=True)
    for p, grad in zip(learned, grads, strict=True):
        p.grad = torch.zeros_like(p) if grad is None else grad
    run.check()
    run.together.average([p.grad for p in learned if p.grad is not None])
    nn.utils.clip_grad_norm_(learned, CLIP)
    run.optimiser.step(asked)
    return (last.detach() - right).abs().mean().item()


def edges_loss(drawn: Tensor, wanted: Tensor) -> Tensor:
    """How much weaker or stronger edges are: root mean square of the slopes around every fourth pixel, relative to the
    mean of those that are wanted. An edge that is sharp, but a little beside its place, has it right, a soft one has not;
    for differences of pixels it is the other way round."""

    def strength(x: Tensor) -> Tensor:
        across, down = x.diff(dim=3)[..., 1:, :], x.diff(dim=2)[..., 1:]
        power = (across.square() + down.square()).sum(dim=1, keepdim=True)
        return (F.avg_pool2d(power, min(EDGE_REACH, *power.shape[-2:]), 4) + 1e-5).sqrt()

    right = strength(wanted)
    return (strength(drawn) - right).abs().mean() / right.mean()


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
