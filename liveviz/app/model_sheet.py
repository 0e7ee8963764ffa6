"""What a generator draws, on one tall page: numbers say how near it is to its pictures, and this says what they cannot:
whether classes are themselves, whether ways between pictures are pictures, and what each knob will do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from liveviz.models import Generator, MappingNetwork, pca
from liveviz.spec import LAYER_RANGES, ws_range

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Array = NDArray[np.float32]
Pixels = NDArray[np.uint8]

COLUMNS = 8
SAMPLES = 64
MOST_CLASSES = 32  # of a generator with a thousand
WITHIN, ACROSS = 4, 6
DIRECTIONS, REACH = 8, 3.0  # rows, and how far they go in standard deviations
PSI = 0.7

TILE, GAP = 144, 4
LABELS, MARGIN = 170, 24
HEAD, TITLE, NOTE, LABEL = 34, 25, 16, 18  # letters, in pixels
PAPER, INK, FAINT = (14, 15, 20), (238, 238, 242), (150, 153, 165)


@dataclass(frozen=True)
class Strip:
    """One row of the page: its label, of one or two lines, and ws `[COLUMNS, num_ws, w_dim]`."""

    label: str
    ws: Array


@dataclass(frozen=True)
class Section:
    """Strips that belong together."""

    title: str
    note: str
    strips: list[Strip]


def sections(generator: Generator) -> list[Section]:
    """Everything on the page: the same latents for the same sizes, so that two generators can be compared."""
    return list(_Latents(generator).sections())


class _Latents:
    """Seeds as a show draws them, turned into strips."""

    def __init__(self, generator: Generator) -> None:
        self.mapping, self.classes = MappingNetwork(generator), generator.config.classes
        self._directions = generator.directions or pca(generator, 4000, DIRECTIONS)
        self._ranges = np.array([ws_range(row) for row in range(generator.config.num_ws)])  # [num_ws]
        self._names = generator.card.class_names if generator.card else ()

    def sections(self) -> Iterator[Section]:
        rows = [self._seeds(range(n, n + COLUMNS)) for n in range(0, SAMPLES, COLUMNS)]
        strips = [Strip(f"seeds {n * COLUMNS}\nto {(n + 1) * COLUMNS - 1}", ws) for n, ws in enumerate(rows)]
        yield Section(f"{SAMPLES} pictures", "as a show draws them, truncation 1", strips)
        if self.classes:
            note = f"four seeds with truncation 1, then the same with {PSI:g}"
            shown = min(self.classes, MOST_CLASSES)
            if shown < self.classes:
                note += f"; the first {shown} of {self.classes}"
            yield Section("Classes", note, [self._class(cls) for cls in range(shown)])
        yield Section("Ways within a class" if self.classes else "Ways", "straight in w", self._within())
        if self.classes > 1:
            yield Section("Ways between classes", "straight in w", self._across())
        yield Section(
            "PCA directions", f"{-REACH:g} to {REACH:+g} standard deviations, from one picture", self._along()
        )
        yield Section("Mixing", "the upper picture, with those rows of ws that are the lower one's", self._mixed())

    def _seeds(self, seeds: range, psi: float = 1.0) -> Array:
        return self.mapping.ws(np.stack([self.mapping.w(seed) for seed in seeds]), psi)

    def _name(self, cls: int) -> str:
        return self._names[cls][:16] if self._names else f"class {cls}"

    def _class(self, cls: int) -> Strip:
        w = np.stack([self.mapping.w(seed, cls) for seed in range(COLUMNS // 2)])
        return Strip(self._name(cls), np.concatenate([self.mapping.ws(w), self.mapping.ws(w, PSI)]))

    def _way(self, start: Array, end: Array) -> Array:
        t = np.linspace(0.0, 1.0, COLUMNS, dtype=np.float32)[:, None]
        return self.mapping.ws(start * (1.0 - t) + end * t)

    def _within(self) -> list[Strip]:
        chosen = [n * self.classes // WITHIN for n in range(WITHIN)]
        return [
            Strip(
                self._name(cls) if self.classes else f"seeds {100 + n}\nto {200 + n}",
                self._way(self.mapping.w(100 + n, cls), self.mapping.w(200 + n, cls)),
            )
            for n, cls in enumerate(chosen)
        ]

    def _across(self) -> list[Strip]:
        strips = []
        count = min(ACROSS, self.classes * (self.classes - 1))
        for n in range(count):
            start = n * self.classes // count
            end = (start + 1 + (n + self.classes // 2) % (self.classes - 1)) % self.classes  # never start itself
            ways = self._way(self.mapping.w(300 + n, start), self.mapping.w(400 + n, end))
            strips.append(Strip(f"{self._name(start)}\nto {self._name(end)}", ways))
        return strips

    def _along(self) -> list[Strip]:
        centre = self.mapping.w_avg + PSI * (self.mapping.w(2) - self.mapping.w_avg)
        steps = np.linspace(-REACH, REACH, COLUMNS, dtype=np.float32)[:, None]
        found = self._directions
        return [
            Strip(f"pca.{n}", self.mapping.ws(centre + steps * found.std[n] * found.components[n]))
            for n in range(min(DIRECTIONS, len(found.std)))
        ]

    def _mixed(self) -> list[Strip]:
        upper, lower = self._seeds(range(500, 500 + COLUMNS)), self._seeds(range(603, 603 + COLUMNS))
        strips = [Strip("upper", upper), Strip("lower", lower)]
        for index, name in enumerate(LAYER_RANGES):
            rows = self._ranges == index
            if rows.any():
                strips.append(Strip(f"{name}\nof lower", np.where(rows[:, None], lower, upper)))
        return strips


def draw(generator: Generator, synthesize: Callable[[Array], Array], shown: Callable[[int, int], None]) -> Pixels:
    """The page, uint8 `[h, w, 3]`.

    Args:
        synthesize: ws `[n, num_ws, w_dim]` to raw pictures `[n, C, H, W]` about ±1.
        shown: told after every strip how many of how many pictures are drawn.
    """
    from PIL import Image, ImageDraw

    parts = sections(generator)
    total = COLUMNS * sum(len(part.strips) for part in parts)
    size = (TILE, TILE)
    width = MARGIN + LABELS + COLUMNS * (TILE + GAP) - GAP + MARGIN
    height = MARGIN + 2 * HEAD + sum(3 * TITLE + len(part.strips) * (TILE + GAP) for part in parts) + MARGIN
    page = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(page)
    y, done = MARGIN, 0
    _write(pen, (MARGIN, y), generator.name, HEAD, INK)
    _write(pen, (width - MARGIN, y + HEAD - NOTE), _facts(generator), NOTE, FAINT, right=True)
    y += 2 * HEAD
    for part in parts:
        end = _write(pen, (MARGIN, y + TITLE), part.title, TITLE, INK)
        _write(pen, (end + NOTE, y + 2 * TITLE - NOTE), part.note, NOTE, FAINT)
        y += 3 * TITLE
        for strip in part.strips:
            lines = strip.label.split("\n")
            for n, line in enumerate(lines):
                top = y + TILE // 2 + round((n - len(lines) / 2) * 1.3 * LABEL)
                _write(pen, (MARGIN, top), line, LABEL, INK if n == 0 else FAINT)
            for column, picture in enumerate(_pixels(synthesize(strip.ws))):
                tile = Image.fromarray(picture)
                how = Image.Resampling.LANCZOS if tile.width > TILE else Image.Resampling.NEAREST
                page.paste(tile.resize(size, how), (MARGIN + LABELS + column * (TILE + GAP), y))
            y, done = y + TILE + GAP, done + len(strip.ws)
            shown(done, total)
    return np.asarray(page)


def _facts(generator: Generator) -> str:
    config, card = generator.config, generator.card
    words = [f"{config.resolution} x {config.resolution}", f"{config.parameters / 1e6:.1f} million weights"]
    if card is not None:
        words += [card.licence, "trained" if card.trained else "untrained"]
    return "  ·  ".join(words)


def _pixels(raw: Array) -> Pixels:
    """uint8 `[n, H, W, 3]` of raw pictures `[n, C, H, W]`; grey becomes three channels."""
    levels = np.clip(np.rint(raw * 127.5 + 127.5), 0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
    return np.repeat(levels, 3, axis=3) if levels.shape[3] == 1 else np.ascontiguousarray(levels[..., :3])


def _write(
    pen: "ImageDraw", place: tuple[int, int], text: str, size: int, colour: tuple[int, int, int], right: bool = False
) -> int:
    """Write one line with its upper left (or right) corner at `place`; where it ends, in pixels from the left."""
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    pen.text(place, text, fill=colour, font=font, anchor="ra" if right else "la")
    return place[0] + round(pen.textlength(text, font=font))
