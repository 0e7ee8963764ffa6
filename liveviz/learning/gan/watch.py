"""The eyes on a run: scores of what is drawn now, on a few hundred pictures, and an alarm, once, for each of the two ways
in which such a run dies."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from liveviz.learning.folder import Pictures
from liveviz.learning.gan.generator import synthesize
from liveviz.learning.measure import PART, Eye, Pixels, Seen, compare, levels
from liveviz.models.reference import Network
from liveviz.spec import write_whole

log = logging.getLogger("liveviz.learning")

LOOKED_AT = 256  # pictures of each kind
COLLAPSED, LOOKS = 0.05, 2  # coverage, and how often in a row: a run that has just begun covers nothing
SURE, PATIENCE = 0.97, 0.01  # smoothed sign on real pictures; how much of the last mean stays in it a step


class Watch:
    """Scores and alarms of one run. They are seen through our own features: a projected run, whose discriminator looks
    through the same, is flattered by them.

    State: the vectors of the real pictures (some of the training pictures), the smoothed sign, how often in a row
    coverage was near 0, the alarms that were given.
    """

    def __init__(self, data: Pictures, device: torch.device, path: Path) -> None:
        self._data, self._device, self._path = data, device, path
        self._eye: Eye | None = None
        self._real: Seen | None = None
        self._sign, self._narrow = 0.0, 0
        self._given: set[str] = set()

    def sign(self, sign: float) -> None:
        """Take note of the discriminator's mean sign on real pictures, after every step."""
        self._sign += PATIENCE * (sign - self._sign)
        if self._sign > SURE:
            self._alarm(
                "strong",
                "the discriminator knows every real picture, and the generator learns little from it: "
                "more pictures, or a smaller rate, would help",
            )

    @torch.no_grad()
    def look(self, network: Network, step: int) -> dict[str, float]:
        """Scores of `network` against training pictures; also a line of FOLDER/scores.jsonl. Empty where there are
        too few pictures to compare."""
        count = min(LOOKED_AT, len(self._data))
        if count < 2 * PART:
            return {}
        random = torch.Generator().manual_seed(1)
        if self._eye is None or self._real is None:
            self._eye = Eye(device=self._device)
            chosen = torch.randperm(len(self._data), generator=random)[:count]
            self._classes = self._data.classes[chosen]
            self._real = self._eye.see(levels(self._data.batch(part)) for part in chosen.split(PART))
        figures = compare(self._real, self._eye.see(self._drawn(network)))
        line = json.dumps({"step": step, **{name: round(value, 5) for name, value in figures.items()}})
        before = self._path.read_text() if self._path.is_file() else ""
        write_whole(self._path, f"{before}{line}\n".encode())
        log.info("step %d: %s", step, ", ".join(f"{name} {value:.3f}" for name, value in figures.items()))
        self._narrow = self._narrow + 1 if figures["coverage"] < COLLAPSED else 0
        if self._narrow == LOOKS:
            self._alarm(
                "collapse",
                f"coverage {figures['coverage']:.2f}: the generator draws only a few kinds of pictures (mode collapse): "
                "other pictures or an earlier bundle would help",
            )
        return figures

    def _drawn(self, network: Network) -> Iterator[Pixels]:
        random = torch.Generator().manual_seed(2)
        for classes in self._classes.split(PART):
            z = torch.randn(len(classes), network.config.z_dim, generator=random).to(self._device)
            yield levels(synthesize(network, network.mapping.ws(network.mapping(z, one_hot(classes, network, z)))))

    def _alarm(self, name: str, says: str) -> None:
        if name not in self._given:
            self._given.add(name)
            log.warning(says)


def one_hot(classes: Tensor, network: Network, like: Tensor) -> Tensor:
    """c `[n, classes]` of indices `[n]`; `[n, 0]` for a network without classes."""
    count = network.config.classes
    return torch.eye(count, device=like.device)[classes.to(like.device)] if count else like.new_zeros(len(classes), 0)
