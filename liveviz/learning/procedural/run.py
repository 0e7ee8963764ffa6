"""What a training run is made of and how it is stored: options, stages, and the network with all that learns beside it."""

import copy
import logging
import math
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from liveviz.learning.checkpoint import Place, check_same, read_checkpoint, write_checkpoint
from liveviz.learning.optimiser import Optimiser
from liveviz.learning.pictures import COARSE, MIDDLE, Z_DIM, normalise, palette, programs
from liveviz.learning.procedural.export import network_of, write_export
from liveviz.learning.procedural.network import FieldsNetwork
from liveviz.learning.procedural.together import Together
from liveviz.learning.sheets import progress_sheet
from liveviz.models.bundle import read_bundle
from liveviz.models.tensors import Container
from liveviz.spec import LivevizError

log = logging.getLogger("liveviz.learning")

CHECKPOINT = "checkpoint.safetensors"


@dataclass(frozen=True)
class TrainStage:
    """size: pixels, 32 to 128. steps, batch: how many. rate: learning rate at its start and end (cosine between).
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

    def work(self, steps: int) -> float:
        """About how long so many steps take: ms of a core, where it was measured."""
        return steps * self.batch * (WORK_FIXED + self.size**2 * WORK_PIXEL)


WORK_FIXED, WORK_PIXEL = 6.0, 0.0016  # ms a picture, and per pixel of it
DEFAULT_STAGES = (
    TrainStage(32, 3000, 32, (0.008, 0.005)),
    TrainStage(64, 4000, 32, (0.007, 0.002)),
    TrainStage(128, 6000, 16, (0.004, 0.0002), lower=0.6),
)


@dataclass(frozen=True)
class TrainOptions:
    """folder: where checkpoints, sheets and bundles go; a checkpoint there is resumed.

    ema_images: half-life of the average of the weights, in pictures.
    columns: width of the learned constant, which is 4 high.
    start: folder of a run, or a bundle, to take the network from, where this one has no checkpoint yet; its constant is
        mirrored outwards where this one is wider.
    every: steps between measurements; save: steps between checkpoints; export: steps between bundles and sheets.
    """

    folder: Path
    stages: tuple[TrainStage, ...] = DEFAULT_STAGES
    device: str = "cpu"
    threads: int = 1
    seed: int = 0
    ema_images: float = 1500.0
    every: int = 10
    save: int = 100
    export: int = 400
    palette_steps: int = 6000
    columns: int = 4
    start: Path | None = None


def fit_palette(
    network: FieldsNetwork, steps: int, random: torch.Generator, device: torch.device, check: Callable[[], None]
) -> float:
    """Teach the palette network the palettes (no pictures needed); the mean error of the last steps."""
    parts = [*network.palette_layers.parameters(), *network.palette_out.parameters()]
    adam = torch.optim.Adam(parts, lr=0.01, betas=(0.9, 0.99))
    recent = 1.0
    for step in range(steps):
        check()
        adam.param_groups[0]["lr"] = 0.01 * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * step / steps)))
        numbers = normalise(torch.randn(1024, Z_DIM, generator=random))[:, COARSE + MIDDLE :].to(device)
        error = (network.colours(numbers) - palette(numbers)).abs().mean()
        adam.zero_grad(set_to_none=True)
        error.backward()
        adam.step()
        recent = 0.98 * recent + 0.02 * error.item()
    return recent


class Run:
    """One training run: network, its average, optimiser, random state, step and stage; stored as a whole."""

    def __init__(self, options: TrainOptions, together: Together, check: Callable[[], None]) -> None:
        self.options, self.together, self.check = options, together, check
        self.device = torch.device(options.device)
        self.names = list(programs())
        torch.manual_seed(options.seed)
        self.network = FieldsNetwork(len(self.names), options.columns).to(self.device)
        self.random = torch.Generator().manual_seed(options.seed)
        self.step = self.stage = self.at = 0
        path = options.folder / CHECKPOINT
        fresh = not path.exists()
        if fresh and options.start is not None:
            self._begin_with(options.start)
        elif fresh:
            log.info("learning the palettes first")
            error = fit_palette(self.network, options.palette_steps, self.random, self.device, check)
            log.info("palettes learned: mean error %.4f", error)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        learned = {n: p for n, p in self.network.named_parameters() if not n.startswith("palette")}
        self.optimiser = Optimiser(learned)
        if not fresh:
            self.load(path)
            log.info("resumed at step %d", self.step)

    def _tensors(self) -> dict[str, Tensor]:
        parts = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.tensors(),
        }
        return {f"{part}.{name}": value for part, found in parts.items() for name, value in found.items()}

    def _place(self) -> Place:
        stages = tuple(stage.numbers() for stage in self.options.stages)
        return Place(self.step, self.stage, self.at, self.options.seed, tuple(self.names), stages)

    def save(self) -> None:
        """Write the checkpoint at once or not at all; only the first process does."""
        if self.together.rank == 0:
            path = self.options.folder / CHECKPOINT
            write_checkpoint(path, self._tensors(), self.random.get_state(), self._place())

    def load(self, path: Path) -> None:
        """Go on from a checkpoint; LivevizError where it is not whole or not of this run."""
        shapes = {n: tuple(value.shape) for n, value in self._tensors().items()}
        tensors, random, place = read_checkpoint(path, shapes)
        check_same(path, place, self._place())

        def part(prefix: str) -> dict[str, Tensor]:
            return {n.removeprefix(prefix): value for n, value in tensors.items() if n.startswith(prefix)}

        self.network.load_state_dict(part("network."))
        self.average.load_state_dict(part("average."))
        self.optimiser.load(part("optimiser."))
        try:
            self.random.set_state(random)
        except RuntimeError as error:
            raise LivevizError(f"{path}: its random state is not one") from error
        self.step, self.stage, self.at = place.step, place.stage, place.at

    def _begin_with(self, folder: Path) -> None:
        """Take the averaged network of another run, or of a bundle; LivevizError where it is not one of such a network."""
        path = folder / CHECKPOINT
        if path.exists():
            container = Container(path)
            found = {
                n.removeprefix("average."): torch.from_numpy(v) for n, v in container.load(container.shapes).items()
            }
        else:
            path = folder / "generator.safetensors"
            container, made = Container(path), read_bundle(folder)
            if made.card is None or list(made.card.class_names) != self.names:
                raise container.fail("learned other classes than there are now")
            found = network_of(made).state_dict()
        weights = {}
        for name, value in self.network.state_dict().items():
            taken = found.get(name)
            if name == "const" and taken is not None and taken.ndim == 3 and 4 <= taken.shape[2] < value.shape[2] < 8:
                more = value.shape[2] - taken.shape[2]
                taken = F.pad(taken[None], (more // 2, more - more // 2, 0, 0), mode="reflect")[0]  # [C, 4, columns]
            if taken is None or taken.shape != value.shape:
                raise container.fail(f"holds no network to begin with: {name} is not {list(value.shape)}")
            weights[name] = taken
        self.network.load_state_dict(weights)
        log.info("begun with the network of %s", path)

    def export(self, tag: str) -> None:
        """Write the average as a bundle, and a sheet of what it draws; only the first process does."""
        if self.together.rank:
            return
        if not (self.options.folder / CHECKPOINT).exists():  # by it the next one knows that the folder is this run's
            self.save()
        folder = self.options.folder
        write_export(folder / "bundle", self.average, self.names, tag)
        size = max(64, self.options.stages[self.stage].size)
        progress_sheet(self.average, self.names, folder / f"sheet_{self.step:06d}.png", size)

    def follow(self, batch: int) -> None:
        """Move the average of the weights towards the weights; faster while there are few steps."""
        keep = min(0.5 ** (batch / self.options.ema_images), 1.0 - 1.0 / (1.0 + 0.2 * self.step))
        means, values = list(self.average.state_dict().values()), list(self.network.state_dict().values())
        torch._foreach_lerp_(means, values, 1.0 - keep)

    def share_done(self) -> float:
        """How much of the whole work is done, 0 to 1."""
        stages = self.options.stages
        done = sum(s.work(s.steps) for s in stages[: self.stage])
        done += stages[self.stage].work(self.at) if self.stage < len(stages) else 0.0
        return done / sum(s.work(s.steps) for s in stages)
