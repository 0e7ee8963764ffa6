"""What a run is made of that teaches a light generator, and how it is stored: the teacher, the light network, its average,
the optimiser, the random state. The mapping network is the teacher's and never changes, so that any z, class
and direction means the same to both."""

import copy
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from liveviz.learning.checkpoint import Place, check_same, place_of, read_state, write_state
from liveviz.learning.features import read_features
from liveviz.learning.gan.generator import noises, synthesize
from liveviz.learning.like.compare import EDGE_WEIGHT, drawn_at, edges_loss, look_at, seen_loss
from liveviz.learning.like.prune import check, pruned
from liveviz.learning.like.questions import ask
from liveviz.learning.optimiser import Optimiser
from liveviz.learning.precision import has_bfloat16
from liveviz.learning.procedural.losses import charbonnier, fields_loss, image_loss
from liveviz.learning.sheets import painted, write_sheet
from liveviz.learning.staged import CHECKPOINT_FILE, StagedOptions, StagedRun, TrainStage, clip
from liveviz.learning.together import Together
from liveviz.models import Card, Generator, GeneratorConfig, new, write_bundle
from liveviz.models.palette import Palette
from liveviz.models.stylegan.config import as_stylegan
from liveviz.models.stylegan.reference import network
from liveviz.spec import LivevizError

log = logging.getLogger("liveviz.learning")

METADATA_KEY = "liveviz.like"
"""Of the entry in a checkpoint that says that it is of such a run."""
DEFAULT_STAGES = (
    TrainStage(64, 2000, 16, (0.005, 0.001)),
    TrainStage(128, 900, 16, (0.0025, 0.0008), lower=0.8),
    TrainStage(256, 1500, 16, (0.002, 0.0001), lower=0.7),
)
"""What is learned where nothing else is asked for; stages above the teacher's size are left out."""
PRUNING_SAMPLES = 512  # samples that say what channels are good for
LOWER_LEVELS_WEIGHT = 0.2  # weight of the images below the stage's size
FEATURE_WEIGHT = 0.5  # of what the feature network sees
SHEET_IMAGES = 16  # images of a sheet


@dataclass(frozen=True, kw_only=True)
class LikeOptions(StagedOptions):
    """As StagedOptions, and:

    teacher: what is to be drawn. widths: channels at 4, 8, 16 ... pixels.
    """

    teacher: Generator
    widths: tuple[int, ...]
    stages: tuple[TrainStage, ...] = DEFAULT_STAGES
    save: int = 50

    @property
    def config(self) -> GeneratorConfig:
        """Sizes of the light generator; LivevizError where they are none, or more than the teacher's."""
        teacher = as_stylegan(self.teacher.config)
        made = replace(teacher, widths=self.widths)
        check(teacher, made)
        for stage in self.stages:
            if stage.size not in made.resolutions:
                raise LivevizError(
                    f"stages: {stage.size}: the teacher has {', '.join(map(str, made.resolutions))} pixels"
                )
        return made


class LikeRun(StagedRun):
    """One run of a light generator and its teacher."""

    options: LikeOptions

    def __init__(self, options: LikeOptions, together: Together, wait: Callable[[], None]) -> None:
        self.options, self.together, self.check = options, together, wait
        self.device = torch.device(options.device)
        self.bfloat16 = has_bfloat16(self.device)
        config = options.config
        torch.manual_seed(options.seed)
        self.random = torch.Generator().manual_seed(options.seed)
        self.teacher = network(options.teacher).to(self.device)
        path = options.folder / CHECKPOINT_FILE
        fresh = not path.exists()
        if fresh:
            log.info("looking for the channels that %s needs most", options.teacher.name)
            ws = self.ask(PRUNING_SAMPLES)
            self.network = network(pruned(options.teacher, config, ws, self.random)).to(self.device)
        else:
            self.network = network(new(config)).to(self.device)
        self.network.synthesis.requires_grad_()
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.optimiser = Optimiser(dict(self.network.synthesis.named_parameters()))
        self.sizes = {name: int(name.split(".")[0].removeprefix("b")) for name in self.optimiser.named}
        self.features = read_features().to(self.device) if config.img_channels == 3 else None
        self.step = self.stage = self.at = 0
        if not fresh:
            self.load(path)
            log.info("resumed at step %d", self.step)

    @torch.no_grad()
    def ask(self, count: int) -> Tensor:
        """ws `[count, num_ws, w_dim]` as shows have them; the same on every device."""
        teacher = self.options.teacher
        mapping = self.teacher.mapping.cpu()
        ws = ask(mapping, as_stylegan(teacher.config), teacher.directions, count, self.random)
        mapping.to(self.device)
        return ws

    def _tensors(self) -> dict[str, Tensor]:
        parts = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.tensors(),
        }
        return {f"{part}.{name}": value for part, found in parts.items() for name, value in found.items()}

    def _place(self) -> Place:
        stages = tuple(stage.numbers() for stage in self.options.stages)
        names = self.options.teacher.card.class_names if self.options.teacher.card else ()
        return Place(self.step, self.stage, self.at, self.options.seed, tuple(names), stages)

    def _identity(self) -> dict[str, Any]:
        """What else must be the same to go on."""
        return {"teacher": self.options.teacher.fingerprint, "widths": list(self.options.widths)}

    def save(self) -> None:
        if self.together.rank == 0:
            table = {**self._place().__dict__, **self._identity()}
            path = self.options.folder / CHECKPOINT_FILE
            write_state(path, self._tensors(), self.random.get_state(), METADATA_KEY, table)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint; LivevizError where it is not whole or not of this run."""

        def same(table: Any) -> None:
            check_same(path, place_of(table), self._place())
            for name, value in self._identity().items():
                if table[name] != value:
                    raise LivevizError(f"{path}: was begun with another {name}; give that, or another folder")

        shapes = {name: tuple(value.shape) for name, value in self._tensors().items()}
        tensors, random, table = read_state(path, shapes, METADATA_KEY, same)

        def part(prefix: str) -> dict[str, Tensor]:
            return {n.removeprefix(prefix): value for n, value in tensors.items() if n.startswith(prefix)}

        self.network.load_state_dict(part("network."))
        self.average.load_state_dict(part("average."))
        self.optimiser.load(part("optimiser."))
        try:
            self.random.set_state(random)
        except RuntimeError as error:
            raise LivevizError(f"{path}: its random state is not one") from error
        place = place_of(table)
        self.step, self.stage, self.at = place.step, place.stage, place.at

    def averaged(self) -> tuple[Iterable[Tensor], Iterable[Tensor]]:
        return self.average.synthesis.state_dict().values(), self.network.synthesis.state_dict().values()

    def work(self, stage: TrainStage, steps: int) -> float:
        return float(steps * stage.batch * stage.size**2)

    def learn(self, stage: TrainStage) -> Tensor:
        """One step; how far the image at the stage's size is from the teacher's, in ±1."""
        self.check()
        asked = stage.rates(self.sizes, self.at)
        ws = self.ask(stage.batch)[self.together.share(stage.batch)].to(self.device)
        window = look_at(self.teacher.config, stage.size, self.random)
        noise = [field.to(self.device) for field in noises(self.teacher, 1, self.random)]
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            with torch.no_grad():
                wanted = drawn_at(self.teacher, ws, noise, stage.size, window)
            self.check()
            drawn = drawn_at(self.network, ws, noise, stage.size, window)
        last, right = drawn[stage.size], wanted[stage.size]
        of_fields = self.teacher.config.draws_fields
        loss = fields_loss(last, right) if of_fields else image_loss(last, right, whole=window is None)
        if self.features is not None and stage.size >= 32:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
                loss = loss + FEATURE_WEIGHT * seen_loss(self.features, last, right)
        if not of_fields:  # theirs are zero crossings, and sharp wherever they are
            loss = loss + EDGE_WEIGHT * edges_loss(last, right)
        for r, img in drawn.items():
            if r != stage.size and wanted[r].abs().max() > 0.0:
                loss = loss + LOWER_LEVELS_WEIGHT * charbonnier(img - wanted[r])
        named = self.optimiser.named
        for p in named.values():
            p.grad = None
        self.check()
        learned = [p for n, p in named.items() if asked[n] > 0.0]
        grads = torch.autograd.grad(loss, learned, allow_unused=True)
        for p, grad in zip(learned, grads, strict=True):
            p.grad = torch.zeros_like(p) if grad is None else grad
        self.check()
        self.together.average([p.grad for p in learned if p.grad is not None])
        clip(learned)
        self.optimiser.step(asked)
        return last.detach() - right

    def bundle(self) -> Generator:
        """The average as a generator with card, and the teacher's directions: its w is theirs."""
        teacher, config = self.options.teacher, self.options.config
        state = self.average.state_dict()
        made = Generator(
            config,
            {n: state[n].cpu().numpy().copy() if n in state else teacher.weights[n] for n in config.shapes()},
            self.options.folder.resolve().name,
        )  # a palette is the teacher's, as the mapping network is
        card = teacher.card or Card(teacher.name, False, "unknown", "")
        card = replace(
            card,
            name=made.name,
            trained=True,
            origin=f"Taught by `{teacher.name}` to draw as it does from the same w. {card.origin}".strip(),
            lighter="",
            training=f"Channels of `{teacher.name}` that matter most, then {self.step} steps after its images.",
        )
        known = teacher.directions
        return replace(
            made, card=card, directions=None if known is None else replace(known, fingerprint=made.fingerprint)
        )

    @torch.no_grad()
    def export(self) -> None:
        if self.together.rank:
            return
        folder, config = self.options.folder, self.options.config
        write_bundle(folder / "bundle", self.bundle(), fp16=True)
        random = torch.Generator().manual_seed(77)
        z = torch.randn(SHEET_IMAGES, config.z_dim, generator=random).to(self.device)
        classes = torch.arange(SHEET_IMAGES, device=self.device) % max(config.classes, 1)
        c = F.one_hot(classes, config.classes).float() if config.classes else None
        ws = self.teacher.mapping.ws(self.teacher.mapping(z, c))
        palette = Palette(self.options.teacher) if config.draws_fields else None
        rows = []
        for some in ws.split(4):
            for net in (self.teacher, self.average):
                drawn = synthesize(net, some)
                rows.append(drawn if palette is None else painted(drawn, torch.from_numpy(palette(some.cpu().numpy()))))
        shown = torch.cat(rows)
        shown = shown if shown.shape[1] == 3 else shown.expand(-1, 3, -1, -1)
        write_sheet(shown, 4, folder / f"sheet_{self.step:06d}.png")
