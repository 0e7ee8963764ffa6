"""Training by images: steps of one batch, each a step of the discriminator and one of the generator on the same made
images. Wall time is only reported, so that a run which was killed goes on as if nothing had been."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from liveviz.learning.folder import read_folder
from liveviz.learning.gan import augment, losses
from liveviz.learning.gan.generator import mixed, noises, synthesize
from liveviz.learning.gan.projected import ProjectedDiscriminator
from liveviz.learning.gan.run import R1_EVERY_STEPS, GanOptions, GanRun
from liveviz.learning.gan.watch import one_hot
from liveviz.learning.staged import Stopped
from liveviz.learning.together import Together
from liveviz.spec import LivevizError

log = logging.getLogger("liveviz.learning")

MIXED_SHARE = 0.9
"""Of the images whose later rows of w come from another z (style mixing)."""
W_AVERAGE = 0.01  # how much of a batch's mean w goes into w_avg


@dataclass(frozen=True)
class GanProgress:
    """step, steps: done and in all. sign: the discriminator's mean sign on real images. augment: p, 0 to 1.
    generator, discriminator: losses. speed: real images per second."""

    step: int
    steps: int
    sign: float
    augment: float
    generator: float
    discriminator: float
    speed: float


def train(
    options: GanOptions,
    now: Callable[[], float],
    together: Together | None = None,
    report: Callable[[GanProgress], None] = lambda progress: None,
    check: Callable[[], None] = lambda: None,
    reading: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Train, or go on with what is in the folder, to the last step.

    Args:
        now: seconds, for the reports alone.
        together: this process's place among several that train one network; None where it is alone.
        report: called after every step. reading: called with image files read and in all.
        check: called before every step and every file; may raise Stopped.
    Returns: the folder of the bundle.
    Raises: Stopped after checkpoint, bundle and sheet were written; LivevizError in one line.
    Writes: `checkpoint.safetensors`, `sheet_STEP.png`, `scores.jsonl`, `bundle/`, and the images at their size.
    A run that was killed goes on bit for bit on a CPU; on a GPU, from the same state, but sums there have no fixed order.
    """
    torch.set_num_threads(options.threads)
    if options.device == "cuda" and not torch.cuda.is_available():
        raise LivevizError("device cuda: PyTorch finds no NVIDIA GPU here")
    torch.backends.cudnn.benchmark = True  # every step has the same shapes
    options.config(0)  # a size that cannot be is said before an hour of reading

    def read(done: int, total: int) -> None:
        check()
        reading(done, total)

    together = together or Together()
    images = read_folder(options.data, options.size, options.folder, read) if together.rank == 0 else None
    together.average([torch.zeros(1)])  # the others wait here, and find the images read
    run = GanRun(options, images or read_folder(options.data, options.size, options.folder), together)
    log.info(
        "learning from %d images%s at %dx%d; how it does is in %s after step %d, and ever less often then",
        len(run.data),
        f" of {len(run.data.names)} classes" if run.data.names else "",
        *options.size,
        options.folder / "sheet_*.png",
        max(1, options.export // 16),
    )
    since, counted, speed = now(), 0, 0.0
    saved, exported = now(), run.step
    while run.step < options.steps:
        try:
            check()
        except Stopped:
            run.save()
            if run.step > exported:
                run.export(look=False)
            raise
        try:
            figures = learn(run)
        except torch.cuda.OutOfMemoryError as error:
            raise LivevizError(
                f"the GPU's memory is too small for steps of {options.batch} images of {options.size[0]}x"
                f"{options.size[1]}: begin another run with a smaller --batch or --channel-base"
            ) from error
        run.step, counted = run.step + 1, counted + options.batch
        run.follow()
        if (passed := now() - since) > 2.0 or speed == 0.0:
            speed, since, counted = counted / max(passed, 1e-6), now(), 0
        report(GanProgress(run.step, options.steps, figures[0], run.augment, figures[1], figures[2], speed))
        if now() - saved > options.save:
            run.save()
            saved = now()
        if options.due(run.step) and run.step < options.steps:
            run.export()
            since, counted, exported = now(), 0, run.step
    run.export()
    run.save()
    return options.folder / "bundle"


def learn(run: GanRun) -> tuple[float, float, float]:
    """One step of both networks; the sign on real images, the generator's loss, the discriminator's."""
    options = run.options
    share = run.together.share(options.batch)
    projected = isinstance(run.discriminator, ProjectedDiscriminator)
    real, real_c = _real(run, share)
    z, cut, noise, made_c = _questions(run, share)
    changes = [augment.choose(options.batch, run.augment, options.size, run.random).share(share) for _ in range(3)]

    w = run.generator.mapping(z.flatten(0, 1), made_c.repeat_interleave(2, dim=0)).unflatten(0, (-1, 2))
    ws = mixed(w[:, 0], w[:, 1], cut, run.generator.config.num_ws)
    with run.half():
        made = synthesize(run.generator, ws, noise)  # [n, 3, h, w]

    # The discriminator.
    seen_real, seen_made = augment.changed(real, changes[0]), augment.changed(made.detach(), changes[1])
    with run.half():
        on_real, on_made = run.discriminator(seen_real, real_c), run.discriminator(seen_made, made_c)
    sign = losses.sign(on_real).detach()
    lost = (losses.hinge_discriminator if projected else losses.logistic_discriminator)(on_real, on_made)
    total = lost
    if not projected and run.step % R1_EVERY_STEPS == 0:
        seen_real = seen_real.detach().requires_grad_()
        with run.half():
            on_real = run.discriminator(seen_real, real_c)
        total = total + losses.r1(seen_real, on_real) * (options.r1 * R1_EVERY_STEPS)
    mine = [p for p in run.discriminator.parameters() if p.requires_grad]
    gradients = torch.autograd.grad(total, mine)
    _step(run, "discriminator", mine, gradients, [sign])

    # The generator, against what the discriminator knows now.
    seen_made = augment.changed(made, changes[2])
    with run.half():
        answered = run.discriminator(seen_made, made_c)
    wish = (losses.hinge_generator if projected else losses.logistic_generator)(answered)
    mine = list(run.generator.parameters())
    mean = w.detach().mean(dim=(0, 1))
    _step(run, "generator", mine, torch.autograd.grad(wish, mine), [mean])
    run.generator.mapping.w_avg.lerp_(mean, W_AVERAGE)

    sure, asked, judged = torch.stack([sign, wish.detach(), lost.detach()]).tolist()  # the only wait for a GPU
    run.augment = augment.adjusted(run.augment, sure, options.batch)
    run.watch.sign(sure)
    return sure, asked, judged


def _real(run: GanRun, share: slice) -> tuple[Tensor, Tensor]:
    """A batch of real images and their classes."""
    chosen = torch.randint(len(run.data), (run.options.batch,), generator=run.random)[share]
    images = run.data.batch(chosen, run.device)
    return images, one_hot(run.data.classes[chosen], run.generator, images)


def _questions(run: GanRun, share: slice) -> tuple[Tensor, Tensor, list[Tensor], Tensor]:
    """Two z an image `[n, 2, z_dim]`, the row where the second begins, noise fields, classes as often as the data's."""
    options, random, num_ws = run.options, run.random, run.generator.config.num_ws
    z = torch.randn(options.batch, 2, options.z_dim, generator=random)[share].to(run.device)
    cut = torch.randint(1, num_ws, (options.batch,), generator=random)
    cut = torch.where(torch.rand(options.batch, generator=random) < MIXED_SHARE, cut, num_ws)[share].to(run.device)
    local = torch.Generator(run.device).manual_seed(int(torch.randint(1 << 62, (1,), generator=random)))
    noise = [field[share] for field in noises(run.generator, options.batch, local)]  # too many to be sent
    chosen = torch.randint(len(run.data), (options.batch,), generator=random)[share]
    return z, cut, noise, one_hot(run.data.classes[chosen], run.generator, z)


def _step(
    run: GanRun, part: str, parameters: list[nn.Parameter], gradients: tuple[Tensor, ...], means: list[Tensor]
) -> None:
    """Use the gradients, averaged over all processes like the means; what is no number counts as 0."""
    run.together.average([*gradients, *means])
    for p, gradient in zip(parameters, gradients, strict=True):
        p.grad = torch.nan_to_num(gradient, 0.0, 1e5, -1e5)
    run.optimisers[part].step()
    for p in parameters:
        p.grad = None
