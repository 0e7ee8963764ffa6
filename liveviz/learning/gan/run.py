"""What a run of training by images is made of, and how it is stored: options, both networks, their optimisers, the
average that is exported, the random state, how strong the augmentation is."""

import contextlib
import copy
import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from liveviz.learning.checkpoint import read_state, write_state
from liveviz.learning.features import SHIPPED_FILE, read_features
from liveviz.learning.folder import ImageSet
from liveviz.learning.gan import generator as generators
from liveviz.learning.gan.discriminator import Discriminator
from liveviz.learning.gan.projected import ProjectedDiscriminator
from liveviz.learning.gan.watch import Watch, one_hot
from liveviz.learning.optimiser import ADAM_STATE_KEYS, unstepped
from liveviz.learning.precision import has_bfloat16
from liveviz.learning.sheets import write_sheet
from liveviz.learning.staged import CHECKPOINT_FILE
from liveviz.learning.together import Together
from liveviz.models import Card, Generator, GeneratorConfig, pca, write_bundle
from liveviz.spec import LivevizError

log = logging.getLogger("liveviz.learning")

METADATA_KEY = "liveviz.gan"
"""Of the entry in a checkpoint that says that it is of such a run."""
ADAM_BETAS = (0.0, 0.99)
"""Of Adam, for both networks."""
R1_EVERY_STEPS = 16  # steps between two times that R1 is taken
DISCRIMINATOR_RATE_RATIO = 0.25  # of the rate: theirs is not equalised, and at all of it their logits drift
SCORES_FILE = "scores.jsonl"
"""Name of the file in which a run keeps its scores, a line each time."""


@dataclass(frozen=True)
class GanOptions:
    """folder: of the run; a checkpoint there is resumed. data: folder of images. size: (width, height) in pixels.

    images: real images to be shown in all. batch: of them a step.
    channel_base, channel_max, z_dim, w_dim: sizes of the generator; the discriminator has the same channels.
    projected: None, or the feature networks that the discriminator looks through (none named: ours).
    rate: learning rate of both. r1: weight of the gradient penalty, None: by size and batch (projected does without).
    ema_images: half-life of the average of the weights, in images.
    save: seconds between checkpoints. export: steps between bundles with sheet and scores.
    """

    folder: Path
    data: Path
    size: tuple[int, int]
    images: int = 1_000_000
    batch: int = 16
    channel_base: int = 4096
    channel_max: int = 128
    z_dim: int = 64
    w_dim: int = 128
    projected: tuple[Path, ...] | None = None
    rate: float = 0.0025
    device: str = "cpu"
    threads: int = 1
    seed: int = 0
    ema_images: float = 5000.0
    save: float = 120.0
    export: int = 1000

    @property
    def steps(self) -> int:
        """In all."""
        return -(-self.images // self.batch)

    @property
    def r1(self) -> float:
        """Weight of R1. Source: Karras et al. 2020 (2006.06676), appendix C: 0.0002 · pixels / batch."""
        return 0.0002 * self.size[0] * self.size[1] / self.batch

    def due(self, step: int) -> bool:
        """Whether a bundle, a sheet and scores follow this step: sooner at first, when most happens."""
        return step % self.export == 0 or step in [self.export // part for part in (2, 4, 8, 16)]

    def files(self) -> tuple[Path, ...]:
        """The feature networks of a projected run."""
        return (self.projected or (SHIPPED_FILE,)) if self.projected is not None else ()

    def config(self, classes: int) -> GeneratorConfig:
        """Sizes of the generator; LivevizError for a size that doubling does not reach."""
        width, height = self.size
        doublings = 0
        while width % 2 == 0 and height % 2 == 0 and min(width, height) >= 8:
            width, height, doublings = width // 2, height // 2, doublings + 1
        resolution = 4 << doublings
        if doublings < 2 or max(width, height) > 32:
            raise LivevizError(
                f"size {self.size[0]}x{self.size[1]}: small numbers doubled again and again, like 256x256 or 512x256"
            )
        return GeneratorConfig(
            resolution=resolution,
            channel_base=self.channel_base,
            channel_max=self.channel_max,
            z_dim=self.z_dim,
            w_dim=self.w_dim,
            classes=classes,
            mapping_layers=4,
            conv_clamp=generators.ACTIVATION_LIMIT,
            const_width=width,
            const_height=height,
        )


class GanRun:
    """One run; stored as a whole."""

    def __init__(self, options: GanOptions, data: ImageSet, together: Together) -> None:
        self.options, self.data, self.together = options, data, together
        self.device = torch.device(options.device)
        self.bfloat16 = has_bfloat16(self.device)
        config = options.config(len(data.names))
        torch.manual_seed(options.seed)
        self.random = torch.Generator().manual_seed(options.seed)
        self.generator = generators.begin(config, self.random).to(self.device)
        self.discriminator = self._discriminator(config).to(self.device)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        lazy = R1_EVERY_STEPS / (R1_EVERY_STEPS + 1) if options.projected is None else 1.0
        rate = options.rate * (lazy if options.projected is None else DISCRIMINATOR_RATE_RATIO)
        learning = [p for p in self.discriminator.parameters() if p.requires_grad]
        self.optimisers = {
            "generator": _adam(self.generator.parameters(), options.rate),
            "discriminator": _adam(learning, rate, ADAM_BETAS[1] ** lazy),
        }
        self.step, self.augment = 0, 0.0
        self.watch = Watch(data, self.device, options.folder / SCORES_FILE, options.export)
        path = options.folder / CHECKPOINT_FILE
        if path.exists():
            self.load(path)
            log.info("resumed at step %d", self.step)

    def half(self) -> contextlib.AbstractContextManager[object]:
        """In bfloat16, where the machine is fast in it; without such units it would be many times slower."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16)

    def _discriminator(self, config: GeneratorConfig) -> nn.Module:
        if self.options.projected is None:
            widths = [config.channels(r) for r in reversed(config.resolutions)]
            return Discriminator(widths, (config.const_height, config.const_width), config.classes)
        networks = [read_features(path).to(self.device) for path in self.options.files()]
        return ProjectedDiscriminator(networks, self.options.size, config.classes, self.random)

    def _identity(self) -> dict[str, Any]:
        """What must be the same to go on with a run."""
        o = self.options
        eyes = [hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in o.files()]
        return {
            "size": list(o.size),
            "batch": o.batch,
            "channels": [o.channel_base, o.channel_max, o.z_dim, o.w_dim],
            "projected": eyes if o.projected is not None else None,
            "rate": o.rate,
            "seed": o.seed,
            "classes": list(self.data.names),
        }

    def state(self) -> dict[str, Tensor]:
        """Both networks, the average and the optimisers, by name."""
        found: dict[str, Tensor] = {}
        for part in ("generator", "discriminator", "average"):
            network: nn.Module = getattr(self, part)
            found |= {f"{part}.{name}": value for name, value in network.state_dict().items()}
        for part, adam in self.optimisers.items():
            for index, p in enumerate(adam.param_groups[0]["params"]):
                state = adam.state.get(p) or unstepped(p)
                found |= {f"adam.{part}.{index}.{name}": state[name] for name in ADAM_STATE_KEYS}
        return found

    def save(self) -> None:
        """Write the checkpoint at once or not at all; only the first process does."""
        if self.together.rank == 0:
            table = {"step": self.step, "augment": self.augment, "data": self.data.key, **self._identity()}
            path = self.options.folder / CHECKPOINT_FILE
            write_state(path, self.state(), self.random.get_state(), METADATA_KEY, table)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint; LivevizError where it is not whole or not of this run."""

        def check(table: Any) -> None:
            if type(table["step"]) is not int or not 0.0 <= float(table["augment"]) <= 1.0:
                raise ValueError("counters")
            for name, value in self._identity().items():
                if table[name] != value:
                    raise LivevizError(
                        f"{path}: was begun with {name} {table[name]!r:.80}, not {value!r:.80}; give that, or another folder"
                    )

        shapes = {name: tuple(value.shape) for name, value in self.state().items()}
        tensors, random, table = read_state(path, shapes, METADATA_KEY, check)
        for part in ("generator", "discriminator", "average"):
            network: nn.Module = getattr(self, part)
            prefix = f"{part}."
            network.load_state_dict({n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)})
        for part, adam in self.optimisers.items():
            for index, p in enumerate(adam.param_groups[0]["params"]):
                state = unstepped(p)
                for name in ADAM_STATE_KEYS:
                    state[name].copy_(tensors[f"adam.{part}.{index}.{name}"])
                adam.state[p] = state
        try:
            self.random.set_state(random)
        except RuntimeError as error:
            raise LivevizError(f"{path}: its random state is not one") from error
        self.step, self.augment = table["step"], float(table["augment"])
        if table["data"] != self.data.key:
            log.warning("%s: the images are not those it was begun with; it goes on with these", self.options.data)

    def follow(self) -> None:
        """Move the average of the weights towards the weights; faster while few images were shown."""
        half_life = min(self.options.ema_images, 0.05 * max(1, self.step) * self.options.batch)
        keep = 0.5 ** (self.options.batch / max(half_life, 1e-6))
        means, values = list(self.average.state_dict().values()), list(self.generator.state_dict().values())
        torch._foreach_lerp_(means, values, 1.0 - keep)

    @torch.no_grad()
    def export(self, look: bool = True) -> None:
        """Write the average as a bundle, a sheet and scores of what it draws; only the first process does.

        look: False leaves the scores out.
        """
        if self.together.rank:
            return
        if not (
            self.options.folder / CHECKPOINT_FILE
        ).exists():  # by it the next one knows that the folder is this run's
            self.save()
        folder, names = self.options.folder, self.data.names
        write_bundle(folder / "bundle", self.bundle(), fp16=True)
        random = torch.Generator().manual_seed(77)
        count = 64
        z = torch.randn(count, self.options.z_dim, generator=random).to(self.device)
        classes = torch.arange(count) * max(1, len(names)) // count
        ws = self.average.mapping.ws(self.average.mapping(z, one_hot(classes, self.average, z)))
        drawn = torch.cat([generators.synthesize(self.average, part) for part in ws.split(8)]).clamp(-1.0, 1.0)
        shown = min(1.0, 128 / max(self.options.size))
        sheet = F.interpolate(drawn.cpu(), scale_factor=shown, mode="area") if shown < 1.0 else drawn
        write_sheet(sheet, 8, folder / f"sheet_{self.step:06d}.png")
        if look:
            self.watch.look(self.average, self.step)

    def bundle(self) -> Generator:
        """The average as a generator with card and directions."""
        config = self.average.config
        state = self.average.state_dict()
        arrays = {name: state[name].cpu().numpy().copy() for name in config.shapes()}
        made = Generator(config, arrays, self.options.folder.resolve().name)
        kind = "projected" if self.options.projected is not None else "StyleGAN2 with adaptive augmentation"
        card = Card(
            name=made.name,
            trained=True,
            licence="unknown",
            origin=f"Trained from random weights on {len(self.data)} images of somebody's own.",
            training=f"By images ({kind}), {self.step} steps of {self.options.batch} images, averaged weights.",
            class_names=self.data.names,
        )
        return replace(made, card=card, directions=pca(made))


def _adam(parameters: Iterable[nn.Parameter], rate: float, second: float = ADAM_BETAS[1]) -> torch.optim.Adam:
    return torch.optim.Adam(parameters, lr=rate, betas=(ADAM_BETAS[0], second), eps=1e-8)
