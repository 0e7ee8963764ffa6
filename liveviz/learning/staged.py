"""Training in stages of growing size, each a number of steps, so that a run can be stopped, killed and resumed without being
another run. Wall time is only reported. What is learned in a step is each trainer's own."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from liveviz.learning.together import Together
from liveviz.spec import LivevizError

CHECKPOINT_FILE = "checkpoint.safetensors"
"""Name of the file by which a run goes on."""
CLIPPED_NORM = 5.0
"""Of all gradients together: a longer one is shortened to this."""
WARM_UP_STEPS = 60
"""In which the learning rate of a stage rises from 0."""


@dataclass(frozen=True)
class TrainStage:
    """size: pixels of the height. steps, batch: how many. rate: learning rate at its start and end (cosine between).
    lower: factor on the rate of the layers below this size."""

    size: int
    steps: int
    batch: int
    rate: tuple[float, float]
    lower: float = 1.0

    def numbers(self) -> tuple[float, ...]:
        """size, steps, batch, rate at the start, at the end, lower."""
        size, steps, batch, rate, lower = astuple(self)
        return (size, steps, batch, *rate, lower)

    def rates(self, sizes: dict[str, int], at: int) -> dict[str, float]:
        """Learning rate of every parameter at step `at`, by the size that it draws at: 0 above the stage's own."""
        start, end = self.rate
        rate = end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * at / self.steps))
        rate *= min(1.0, (at + 1) / WARM_UP_STEPS)
        return {
            name: 0.0 if size > self.size else rate * (1.0 if size == self.size else self.lower)
            for name, size in sizes.items()
        }


@dataclass(frozen=True, kw_only=True)
class StagedOptions:
    """What every staged run is told.

    folder: where checkpoint, sheets and the bundle go; a checkpoint there is resumed.
    ema_images: half-life of the average of the weights, in images.
    every: steps between measurements; save: between checkpoints; export: between bundles with sheets.
    """

    folder: Path
    stages: tuple[TrainStage, ...]
    device: str = "cpu"
    threads: int = 1
    seed: int = 0
    ema_images: float = 1500.0
    every: int = 10
    save: int = 100
    export: int = 400


@dataclass(frozen=True)
class Progress:
    """step: of all. size: pixels of the stage. at, steps: done in the stage, and in all of it. share: of the whole
    work, 0 to 1. error: mean absolute error of what is drawn. speed: images per second."""

    step: int
    size: int
    at: int
    steps: int
    share: float
    error: float
    speed: float


class Stopped(Exception):
    """Raised by a `check` that wants training to end; the trainer saves and lets it through."""


class StagedRun(ABC):
    """One run: what is learned, its average, optimiser and random state; stored as a whole.

    step, stage, at: steps done in all, the stage, steps done in it.
    """

    options: StagedOptions
    together: Together
    check: Callable[[], None]
    random: torch.Generator
    step: int
    stage: int
    at: int

    @abstractmethod
    def learn(self, stage: TrainStage) -> Tensor:
        """One step; how far what was drawn is from what was wanted, of any shape. May raise Stopped, before it changed
        anything but the random numbers."""

    @abstractmethod
    def averaged(self) -> tuple[Iterable[Tensor], Iterable[Tensor]]:
        """What is averaged over the steps: the averages, and what they follow, in the same order."""

    @abstractmethod
    def work(self, stage: TrainStage, steps: int) -> float:
        """How long so many steps of a stage take, in any unit."""

    @abstractmethod
    def save(self) -> None:
        """Write the checkpoint at once or not at all; only the first process does."""

    @abstractmethod
    def export(self) -> None:
        """Write the average as a bundle, and a sheet of what it draws; only the first process does."""

    def train(self, now: Callable[[], float], report: Callable[[Progress], None]) -> Path:
        """From where it stands to the end of the last stage; the folder of the bundle.

        Args:
            now: seconds, for the reports alone. report: called after every step.
        Raises: Stopped after the checkpoint was saved.
        """
        stages = self.options.stages
        while self.stage < len(stages):
            self._stage(stages[self.stage], now, report)
            self.export()
            self.stage, self.at = self.stage + 1, 0
            self.save()
        return self.options.folder / "bundle"

    def _stage(self, stage: TrainStage, now: Callable[[], float], report: Callable[[Progress], None]) -> None:
        """The steps of one stage that are still to do."""
        options = self.options
        since, counted, speed, recent = now(), 0, 0.0, 0.0
        while self.at < stage.steps:
            before = self.random.get_state()
            try:
                difference = self.learn(stage)
            except Stopped:  # nothing is changed yet but the random numbers
                self.random.set_state(before)
                self.save()
                raise
            self.step, self.at, counted = self.step + 1, self.at + 1, counted + stage.batch
            self._follow(stage.batch)
            if self.step % options.every == 0 or recent == 0.0:
                error = difference.abs().mean().item()
                recent = error if recent == 0.0 else 0.8 * recent + 0.2 * error
                speed = counted / max(now() - since, 1e-6)
                since, counted = now(), 0
            report(Progress(self.step, stage.size, self.at, stage.steps, self._share_done(), recent, speed))
            if self.step % options.save == 0:
                self.save()
            if self.step % options.export == 0:
                self.export()
                since, counted = now(), 0

    def _follow(self, batch: int) -> None:
        """Move the average of the weights towards the weights; faster while there are few steps."""
        keep = min(0.5 ** (batch / self.options.ema_images), 1.0 - 1.0 / (1.0 + 0.2 * self.step))
        means, values = self.averaged()
        torch._foreach_lerp_(list(means), list(values), 1.0 - keep)

    def _share_done(self) -> float:
        """How much of the whole work is done, 0 to 1."""
        stages = self.options.stages
        done = sum(self.work(s, s.steps) for s in stages[: self.stage])
        done += self.work(stages[self.stage], self.at) if self.stage < len(stages) else 0.0
        return done / sum(self.work(s, s.steps) for s in stages)


def prepare(options: StagedOptions) -> None:
    """Threads, the device and the folder; LivevizError where there is none."""
    torch.set_num_threads(options.threads)
    if options.device == "cuda" and not torch.cuda.is_available():
        raise LivevizError("device cuda: PyTorch finds no NVIDIA GPU here")
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LivevizError(f"{options.folder}: cannot be made: {error.strerror or error}") from error


def clip(learned: Iterable[nn.Parameter]) -> None:
    """Shorten the gradients of a step where they are too long."""
    nn.utils.clip_grad_norm_(list(learned), CLIPPED_NORM)
