"""A training run by program: options, the network with all that learns beside it, how it is stored, and a step."""

import copy
import logging
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from liveviz.learning.checkpoint import Place, check_same, read_checkpoint, write_checkpoint
from liveviz.learning.optimiser import Optimiser
from liveviz.learning.pictures import COARSE_NUMBERS, MIDDLE_NUMBERS, Z_DIM, normalise, palette, programs
from liveviz.learning.precision import training_dtype
from liveviz.learning.procedural.export import network_of, write_export
from liveviz.learning.procedural.losses import fields_loss
from liveviz.learning.procedural.network import FieldsNetwork
from liveviz.learning.procedural.targets import answers, ask, latents
from liveviz.learning.sheets import progress_sheet
from liveviz.learning.staged import CHECKPOINT_FILE, StagedOptions, StagedRun, TrainStage, clip
from liveviz.learning.together import Together
from liveviz.models.bundle import read_bundle
from liveviz.models.tensors import Container
from liveviz.spec import LivevizError

log = logging.getLogger("liveviz.learning")

WORK_FIXED, WORK_PIXEL = 6.0, 0.0016  # ms of a core, an image, and per pixel of it
DEFAULT_STAGES = (
    TrainStage(32, 3000, 32, (0.008, 0.005)),
    TrainStage(64, 4000, 32, (0.007, 0.002)),
    TrainStage(128, 6000, 16, (0.004, 0.0002), lower=0.6),
)
"""What is learned where nothing else is asked for."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions(StagedOptions):
    """As StagedOptions, and:

    palette_steps: in which the palettes are learned, before all else.
    columns: width of the learned constant, which is 4 high.
    start: folder of a run, or a bundle, to take the network from, where this one has no checkpoint yet; its constant is
        mirrored outwards where this one is wider.
    """

    stages: tuple[TrainStage, ...] = DEFAULT_STAGES
    palette_steps: int = 6000
    columns: int = 4
    start: Path | None = None


def fit_palette(
    network: FieldsNetwork, steps: int, random: torch.Generator, device: torch.device, check: Callable[[], None]
) -> float:
    """Teach the palette network the palettes (no images needed); the mean error of the last steps."""
    parts = [*network.palette_layers.parameters(), *network.palette_out.parameters()]
    adam = torch.optim.Adam(parts, lr=0.01, betas=(0.9, 0.99))
    recent = 1.0
    for step in range(steps):
        check()
        adam.param_groups[0]["lr"] = 0.01 * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * step / steps)))
        numbers = normalise(torch.randn(1024, Z_DIM, generator=random))[:, COARSE_NUMBERS + MIDDLE_NUMBERS :].to(device)
        error = (network.colours(numbers) - palette(numbers)).abs().mean()
        adam.zero_grad(set_to_none=True)
        error.backward()
        adam.step()
        recent = 0.98 * recent + 0.02 * error.item()
    return recent


def size_of(name: str) -> int:
    """The size that a parameter draws at; 4 for what is below all."""
    part = name.split(".")
    return int(part[1]) if part[0] in ("conv0", "conv1", "head") else 4


class Run(StagedRun):
    """One training run by program."""

    options: TrainOptions

    def __init__(self, options: TrainOptions, together: Together, check: Callable[[], None]) -> None:
        self.options, self.together, self.check = options, together, check
        self.device = torch.device(options.device)
        self.names = list(programs())
        torch.manual_seed(options.seed)
        self.network = FieldsNetwork(len(self.names), options.columns).to(self.device)
        self.random = torch.Generator().manual_seed(options.seed)
        self.step = self.stage = self.at = 0
        path = options.folder / CHECKPOINT_FILE
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
        self.sizes = {name: size_of(name) for name in learned}
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
        if self.together.rank == 0:
            path = self.options.folder / CHECKPOINT_FILE
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
        path = folder / CHECKPOINT_FILE
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

    def export(self) -> None:
        if self.together.rank:
            return
        if not (
            self.options.folder / CHECKPOINT_FILE
        ).exists():  # by it the next one knows that the folder is this run's
            self.save()
        folder = self.options.folder
        write_export(folder / "bundle", self.average, self.names, f"step {self.step}")
        size = max(64, self.options.stages[self.stage].size)
        progress_sheet(self.average, self.names, folder / f"sheet_{self.step:06d}.png", size)

    def averaged(self) -> tuple[Iterable[Tensor], Iterable[Tensor]]:
        return self.average.state_dict().values(), self.network.state_dict().values()

    def work(self, stage: TrainStage, steps: int) -> float:
        return steps * stage.batch * (WORK_FIXED + stage.size**2 * WORK_PIXEL)

    def learn(self, stage: TrainStage) -> Tensor:
        """One step; how far what was drawn is from what was wanted, `[n, channels, size, size]`."""
        network, together, named = self.network, self.together, self.optimiser.named
        self.check()
        asked = stage.rates(self.sizes, self.at)
        q = ask(stage.batch, len(self.names), self.random, together.share(stage.batch), self.device)
        wanted = answers(self.names, q, stage.size, network.width(stage.size))
        self.check()
        coarse, middle, plain = latents(network, q)
        drawn = network(coarse, middle, stage.size, training_dtype(self.device))
        loss = fields_loss(drawn, wanted)
        (pull,) = torch.autograd.grad(loss, drawn)
        for p in named.values():
            p.grad = None
        self.check()
        drawn.backward(pull, inputs=[p for name, p in named.items() if asked[name] > 0.0])
        mean = plain.detach().mean(dim=0)
        gradients = [p.grad for p in named.values() if p.grad is not None]
        self.check()
        together.average([*gradients, mean])
        clip(named.values())
        self.optimiser.step(asked)
        network.w_avg.lerp_(mean, 0.01)
        return drawn.detach() - wanted
