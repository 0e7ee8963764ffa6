"""Whether a machine can train by images: a few steps on images drawn here, how long and how much memory they take, and
whether a run that is stored and read again is the same one. Nothing that is learned here is kept."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from liveviz.learning.feature_training import bank
from liveviz.learning.folder import ImageSet
from liveviz.learning.gan.run import GanOptions, GanRun
from liveviz.learning.gan.trainer import learn
from liveviz.learning.together import Together

CLASS_NAMES = ("first", "second")  # of the classes


@dataclass(frozen=True)
class Trial:
    """speed: images a second. memory: GiB at most, of a GPU. finite: whether every loss was a number. same: whether what
    was stored and read again is equal. apart: how far its next loss is from that of the run that went on, relative."""

    speed: float
    memory: float
    finite: bool
    same: bool
    apart: float


def drawn(count: int, size: int) -> ImageSet:
    """So many square images from liveviz's own programs, in two classes."""
    return ImageSet(
        bank(count, size, torch.Generator().manual_seed(3)).numpy(),
        torch.arange(count) % len(CLASS_NAMES),
        CLASS_NAMES,
        "drawn",
    )


def trial(options: GanOptions, images: ImageSet, warm: int, timed: int, now: Callable[[], float]) -> Trial:
    """Train `warm` steps, then `timed` ones by the clock `now` [s]; store the run in its folder, read it again, go on with both.

    Errors: LivevizError where the device has too little memory.
    """
    cuda = options.device == "cuda"
    if cuda:
        torch.backends.cudnn.benchmark = True
        torch.cuda.reset_peak_memory_stats()
    run = GanRun(options, images, Together())
    lost = [_step(run) for _ in range(warm)]
    _settle(cuda)
    start = now()
    lost += [_step(run) for _ in range(timed)]
    _settle(cuda)
    speed = timed * options.batch / (now() - start)
    memory = torch.cuda.max_memory_allocated() / 2**30 if cuda else 0.0
    run.save()
    before = {part: value.clone() for part, value in run.state().items()}
    wanted = _step(run)
    again = GanRun(options, images, Together())
    same = all(torch.equal(value, before[part]) for part, value in again.state().items())
    apart = abs(_step(again) - wanted) / (abs(wanted) + 1e-6)
    return Trial(speed, memory, all(math.isfinite(x) for x in lost), same, apart)


def _step(run: GanRun) -> float:
    lost = sum(learn(run)[1:])
    run.step += 1
    run.follow()
    return lost


def _settle(cuda: bool) -> None:
    if cuda:
        torch.cuda.synchronize()
