"""The eyes on a run: scores of what is drawn now, on a few hundred images, what they mean in a sentence, and an alarm,
once, for each of the two ways in which such a run dies."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from liveviz.learning.folder import ImageSet
from liveviz.learning.gan.generator import synthesize
from liveviz.learning.levels import to_bytes
from liveviz.learning.measure import IMAGES_AT_ONCE, FeatureNetworks, Pixels, Seen, compare
from liveviz.models.stylegan.reference import Network
from liveviz.system.files import write_whole

log = logging.getLogger("liveviz.learning")

LOOK_IMAGES = 256  # images of each kind
GOOD_COVERAGE_RATIO = 0.8  # of the coverage that other real images have
MOST_LOOKS_WITHOUT_GAIN = 4  # looks without a better one
COLLAPSED_COVERAGE, COLLAPSED_LOOKS = 0.05, 2  # coverage, and how often in a row
SURE_SIGN, SIGN_STEP_SHARE = 0.97, 0.01  # smoothed sign on real images; share of each step in that mean


class Watch:
    """Scores and alarms of one run. They are seen through our own features: a projected run, whose discriminator looks
    through the same, is flattered by them.

    State: the vectors of the real images (some of the training images), the figures of other real ones, the
    smoothed sign, how often in a row coverage was near 0, the alarms that were given.
    """

    def __init__(self, data: ImageSet, device: torch.device, path: Path, ripe: int = 0) -> None:
        """path: of scores.jsonl. ripe: step from which on a narrow choice is a collapse: a young run covers nothing."""
        self._data, self._device, self._path, self._ripe = data, device, path, ripe
        self._networks: FeatureNetworks | None = None
        self._real: Seen | None = None
        self._wanted: dict[str, float] = {}
        self._sign, self._narrow = 0.0, 0
        self._given: set[str] = set()

    def sign(self, sign: float) -> None:
        """Take note of the discriminator's mean sign on real images, after every step."""
        self._sign += SIGN_STEP_SHARE * (sign - self._sign)
        if self._sign > SURE_SIGN:
            self._alarm(
                "strong",
                "the discriminator knows every real image, and the generator learns little from it: "
                "more images would help",
            )

    @torch.no_grad()
    def look(self, network: Network, step: int) -> dict[str, float]:
        """Scores of `network` against training images; also a line of FOLDER/scores.jsonl. Empty where there are
        too few images to compare."""
        count = min(LOOK_IMAGES, len(self._data) // 2)
        if count < IMAGES_AT_ONCE:
            self._alarm("few", f"there are no scores: {2 * IMAGES_AT_ONCE} images are needed, and more are better")
            return {}
        random = torch.Generator().manual_seed(1)
        if self._networks is None or self._real is None:
            self._networks = FeatureNetworks(device=self._device)
            chosen = torch.randperm(len(self._data), generator=random)
            self._classes = self._data.classes[chosen[:count]]
            self._real, other = (
                self._networks.see(to_bytes(self._data.batch(part)) for part in some.split(IMAGES_AT_ONCE))
                for some in (chosen[:count], chosen[count : 2 * count])
            )
            self._wanted = compare(self._real, other)
        figures = compare(self._real, self._networks.see(self._drawn(network)))
        lines = [line for line in self._lines() if line["step"] < step]  # a killed run comes by here again
        log.info("step %d: %s", step, self._said(figures, lines))
        lines.append({"step": step, **{name: round(value, 5) for name, value in figures.items()}})
        write_whole(self._path, "".join(f"{json.dumps(line)}\n" for line in lines).encode())
        self._narrow = self._narrow + 1 if figures["coverage"] < COLLAPSED_COVERAGE and step >= self._ripe else 0
        if self._narrow == COLLAPSED_LOOKS:
            self._alarm(
                "collapse",
                f"coverage {figures['coverage']:.2f}: the generator draws only a few kinds of images (mode collapse): "
                "begin another run, with more images, another --seed or --projected",
            )
        return figures

    def _lines(self) -> list[dict[str, Any]]:
        """The lines of scores.jsonl that are such lines."""
        found = []
        for text in self._path.read_text(errors="replace").splitlines() if self._path.is_file() else []:
            try:
                line = json.loads(text)
                found.append({**line, "step": int(line["step"]), "frechet": float(line["frechet"])})
            except (ValueError, TypeError, KeyError, RecursionError):
                log.warning("%s: left out what is no line of scores: %.40r", self._path, text)
        return found

    def _said(self, figures: dict[str, float], before: list[dict[str, Any]]) -> str:
        """The figures with those of real images beside them, and what they mean for who waits."""
        shown = ", ".join(
            f"{name} {figures[name]:.{digits}f} (real images {self._wanted[name]:.{digits}f})"
            for name, digits in (("frechet", 1), ("coverage", 2), ("density", 2))
        )
        best = min(before, key=lambda line: float(line["frechet"]), default=None)
        if best is None:
            return f"{shown}; frechet falls and coverage grows while it learns"
        if figures["frechet"] < float(best["frechet"]):
            near = figures["coverage"] >= GOOD_COVERAGE_RATIO * self._wanted["coverage"]
            return f"{shown}: better than ever{', and near to real ones: good enough to play' if near else ''}"
        looks = sum(line["step"] > best["step"] for line in before) + 1
        tired = "; it may be as good as it gets" if looks >= MOST_LOOKS_WITHOUT_GAIN else ""
        return f"{shown}: no better than at step {best['step']} ({best['frechet']:.1f}){tired}"

    def _drawn(self, network: Network) -> Iterator[Pixels]:
        random = torch.Generator().manual_seed(2)
        for classes in self._classes.split(IMAGES_AT_ONCE):
            z = torch.randn(len(classes), network.config.z_dim, generator=random).to(self._device)
            yield to_bytes(synthesize(network, network.mapping.ws(network.mapping(z, one_hot(classes, network, z)))))

    def _alarm(self, name: str, says: str) -> None:
        if name not in self._given:
            self._given.add(name)
            log.warning(says)


def one_hot(classes: Tensor, network: Network, like: Tensor) -> Tensor:
    """c `[n, classes]` of indices `[n]`; `[n, 0]` for a network without classes."""
    count = network.config.classes
    return torch.eye(count, device=like.device)[classes.to(like.device)] if count else like.new_zeros(len(classes), 0)
