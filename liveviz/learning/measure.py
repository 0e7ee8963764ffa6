"""From images to the figures of `liveviz model score`: what made images are compared with, the vectors of both, and
one table with a row for real against real, without which no figure of the other row says anything."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from liveviz.learning.edges import edge_widths
from liveviz.learning.features import FeatureNetwork, read_features
from liveviz.learning.folder import find, read_some
from liveviz.learning.levels import from_bytes, to_bytes
from liveviz.learning.pictures import Z_DIM, draw, programs
from liveviz.learning.scores import FEWEST_IMAGES, scores
from liveviz.spec import LivevizError, UsageError

BY_PROGRAM = "pictures:"
"""What DATA begins with where images are drawn by program: the seed follows."""
IMAGES_AT_ONCE = 32
"""Images in memory at once."""
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class HeldOut:
    """Real images.

    names: of their classes; none where they have none. parts: uint8 `[n, 3, h, w]`, to be gone through once.
    classes: index into names of every image that parts has given so far.
    """

    names: tuple[str, ...]
    parts: Iterator[Pixels]
    classes: list[int]


def held_out(data: str, size: tuple[int, int], count: int, class_names: Sequence[str] = ()) -> HeldOut:
    """At most `count` real images at `size` (width, height).

    Args:
        data: a folder, or `pictures:SEED` for those that our programs draw from that seed.
        class_names: of the generator; of these classes are those by program, where there are such.
    Raises: UsageError, LivevizError in one line.
    """
    classes: list[int] = []
    if data.startswith(BY_PROGRAM):
        seed = data.removeprefix(BY_PROGRAM)
        if not (seed.isdecimal() and len(seed) <= 10 and int(seed) < 2**32):
            raise UsageError(f"data {data!r:.40}: pictures:SEED with a seed from 0 to 4294967295")
        known = tuple(programs())
        names = tuple(class_names) if class_names and set(class_names) <= set(known) else known
        return HeldOut(names, _drawn(int(seed), size, count, names, classes), classes)
    files, of, names = find(Path(data))
    order = torch.randperm(len(files), generator=torch.Generator().manual_seed(0)).tolist()[:count]
    return HeldOut(names, _read([files[i] for i in order], [of[i] for i in order], size, classes), classes)


def _read(files: list[Path], of: list[int], size: tuple[int, int], classes: list[int]) -> Iterator[Pixels]:
    for start in range(0, len(files), IMAGES_AT_ONCE):
        places, pixels = read_some(files[start : start + IMAGES_AT_ONCE], size)
        classes += [of[start + place] for place in places]
        if pixels:
            yield np.stack(pixels)


def _drawn(seed: int, size: tuple[int, int], count: int, names: Sequence[str], classes: list[int]) -> Iterator[Pixels]:
    random, (width, height) = torch.Generator().manual_seed(seed), size
    for some in (torch.arange(count) % len(names)).split(IMAGES_AT_ONCE):
        classes += some.tolist()
        z = torch.randn(len(some), Z_DIM, generator=random)
        yield to_bytes(draw(list(names), z, some, height, width))


@dataclass(frozen=True)
class Seen:
    """What is known of some images: vectors `[n, d]`, widths of edges in pixels `[n]`."""

    vectors: Tensor
    widths: Tensor

    def halves(self) -> tuple["Seen", "Seen"]:
        """The first ones and the later ones, as many in both."""
        n = len(self.widths) // 2
        return Seen(self.vectors[:n], self.widths[:n]), Seen(self.vectors[n : 2 * n], self.widths[n : 2 * n])


class FeatureNetworks:
    """Feature networks, one or several side by side; their vectors are joined."""

    def __init__(self, files: Sequence[Path] = (), device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        found = [read_features(path) for path in files] or [read_features()]
        self.networks: list[FeatureNetwork] = [network.to(self.device) for network in found]

    @torch.no_grad()
    def see(self, parts: Iterator[Pixels], each: Callable[[int], None] = lambda done: None) -> Seen:
        """Look at images uint8 `[n, 3, h, w]` part by part; `each(done)` after every part."""
        vectors, widths, done = [], [], 0
        for part in parts:
            x = from_bytes(part, self.device)
            vectors.append(torch.cat([network.vectors(x) for network in self.networks], dim=1).cpu())
            widths.append(edge_widths(x).cpu())
            done += len(part)
            each(done)
        if not vectors:
            raise LivevizError("scores: there is no image to look at")
        return Seen(torch.cat(vectors), torch.cat(widths))


def compare(real: Seen, other: Seen) -> dict[str, float]:
    """The figures of `other` against `real`.

    Besides those of Scores: edge_width, of `other`, in pixels; sharpness, that of `real` by it: 1 as sharp, 0.67
    with edges 1.5 times as wide.
    """
    if min(len(real.widths), len(other.widths)) < FEWEST_IMAGES:
        raise LivevizError(
            f"scores: at least {FEWEST_IMAGES} images of each kind are needed ({2 * FEWEST_IMAGES} real ones)"
        )
    wide, wanted = float(other.widths.median()), float(real.widths.median())
    figures = asdict(scores(real.vectors, other.vectors))
    return {**figures, "sharpness": wanted / max(wide, 1e-6), "edge_width": wide}


def table(rows: dict[str, dict[str, float]]) -> str:
    """Rows of figures as lines of text, with a head."""
    names = list(next(iter(rows.values())))
    lines = [" " * 8 + "".join(f"{name:>12}" for name in names)]
    for label, figures in rows.items():
        lines.append(f"{label:<8}" + "".join(f"{figures[name]:12.4f}" for name in names))
    return "\n".join(lines)
