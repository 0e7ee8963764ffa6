"""What a generator draws, on one tall page: numbers say how near it is to its images, and this says what they cannot:
whether classes are themselves, whether ways between images are images, and what each knob will do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liveviz.engine.directions_finder import find
from liveviz.models import Generator, mapping_of, row_kinds
from liveviz.reports import contact_sheet, direction_sheet
from liveviz.spec import LAYER_RANGES
from liveviz.spec.parameters import PCA_KNOBS

Array = NDArray[np.float32]

COLUMN_COUNT = 8
SAMPLE_COUNT = 64
MOST_CLASSES = 32  # of a generator with a thousand
CANDIDATE_CLASSES = 16  # classes on which a knob may be shown
WITHIN, ACROSS = 4, 6
SHEET_PSI = 0.7
TILE_PIXELS, LABELS_PIXELS = 144, 330  # pixels: side of a tile if it is square, width of the column of labels


@dataclass(frozen=True)
class Strip:
    """One row of the page: its label, of some lines, ws `[COLUMN_COUNT, num_ws, w_dim]`, and which of them rests, if
    one."""

    label: str
    ws: Array
    rest: int | None = None


@dataclass(frozen=True)
class Section:
    """Strips that belong together."""

    title: str
    note: str
    strips: list[Strip]


def sections(generator: Generator, synthesize: Callable[[Array], Array] | None = None) -> list[Section]:
    """Everything on the page: the same latents for the same sizes, so that two generators can be compared.

    synthesize: is asked for `looks(generator)` images, to show each knob on the class in which it does most; without it
        all are shown on one.
    """
    return list(_Latents(generator, synthesize).sections())


def looks(generator: Generator) -> int:
    """Images that are drawn to find out on which class a knob is seen best."""
    count = len((generator.directions or find(generator, None)).std[:PCA_KNOBS])
    return 2 * count * min(generator.config.classes, CANDIDATE_CLASSES) if generator.config.classes > 1 else 0


class _Latents:
    """Seeds as a show draws them, turned into strips."""

    def __init__(self, generator: Generator, synthesize: Callable[[Array], Array] | None) -> None:
        self._synthesize = synthesize
        self.mapping, self.classes = mapping_of(generator), generator.config.classes
        self._generator = generator
        self._directions = generator.directions or find(generator, None)
        self._ranges = np.array(row_kinds(generator.config))  # [num_ws]
        self._names = generator.card.class_names if generator.card else ()

    def sections(self) -> Iterator[Section]:
        rows = [self._seeds(range(n, n + COLUMN_COUNT)) for n in range(0, SAMPLE_COUNT, COLUMN_COUNT)]
        strips = [Strip(f"seeds {n * COLUMN_COUNT}\nto {(n + 1) * COLUMN_COUNT - 1}", ws) for n, ws in enumerate(rows)]
        yield Section(f"{SAMPLE_COUNT} images", "as a show draws them, truncation 1", strips)
        if self.classes:
            note = f"four seeds with truncation 1, then the same with {SHEET_PSI:g}"
            shown = min(self.classes, MOST_CLASSES)
            if shown < self.classes:
                note += f"; the first {shown} of {self.classes}"
            yield Section("Classes", note, [self._class(cls) for cls in range(shown)])
        yield Section("Ways within a class" if self.classes else "Ways", "straight in w", self._within())
        if self.classes > 1:
            yield Section("Ways between classes", "straight in w", self._across())
        yield Section("PCA directions", "what each knob does, from one end of its range to the other", self._along())
        yield Section("Mixing", "the upper image, with those rows of ws that are the lower one's", self._mixed())

    def _seeds(self, seeds: range, psi: float = 1.0) -> Array:
        return self.mapping.ws(np.stack([self.mapping.w(seed) for seed in seeds]), psi)

    def _name(self, cls: int) -> str:
        return self._names[cls][:16] if self._names else f"class {cls}"

    def _class(self, cls: int) -> Strip:
        w = np.stack([self.mapping.w(seed, cls) for seed in range(COLUMN_COUNT // 2)])
        return Strip(self._name(cls), np.concatenate([self.mapping.ws(w), self.mapping.ws(w, SHEET_PSI)]))

    def _way(self, start: Array, end: Array) -> Array:
        t = np.linspace(0.0, 1.0, COLUMN_COUNT, dtype=np.float32)[:, None]
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
        found = self._directions
        knobs = direction_sheet.described(self._generator, found)[:PCA_KNOBS]
        shown = (
            np.linspace(0, self.classes - 1, min(self.classes, CANDIDATE_CLASSES), dtype=int)
            if self.classes > 1
            else [0]
        )
        rests = [self.mapping.ws(self.mapping.w(2, int(cls))[None], SHEET_PSI) for cls in shown]
        strips = []
        for n, (words, best) in enumerate(zip(knobs, self._seen_best(rests, len(knobs)), strict=True)):
            label = f"pca.{n}  " + "\n".join(words) + (f", in {self._name(int(shown[best]))}" if len(rests) > 1 else "")
            strips.append(Strip(label, direction_sheet.moved(rests[best], found, n, COLUMN_COUNT), COLUMN_COUNT // 2))
        return strips

    def _seen_best(self, rests: list[Array], knobs: int) -> list[int]:
        """For each knob the image that it moves most, compared with what all knobs of its kind do to that one."""
        if len(rests) < 2 or self._synthesize is None:
            return [0] * knobs
        moves = np.empty((len(rests), knobs))
        for row, rest in zip(moves, rests, strict=True):
            for n in range(knobs):
                low, high = self._synthesize(direction_sheet.moved(rest, self._directions, n, 3)[::2]).clip(-1.0, 1.0)
                row[n] = np.abs(high - low).mean()
        kinds = np.array(self._directions.kinds(self._generator.config)[:knobs])
        usual = np.stack([moves[:, kinds == kind].mean(axis=1) for kind in kinds], axis=1)
        return [int(best) for best in (moves / np.maximum(usual, 1e-6)).argmax(axis=0)]

    def _mixed(self) -> list[Strip]:
        upper, lower = self._seeds(range(500, 500 + COLUMN_COUNT)), self._seeds(range(603, 603 + COLUMN_COUNT))
        strips = [Strip("upper", upper), Strip("lower", lower)]
        for index, name in enumerate(LAYER_RANGES):
            rows = self._ranges == index
            if rows.any():
                strips.append(Strip(f"{name}\nof lower", np.where(rows[:, None], lower, upper)))
        return strips


def draw(
    generator: Generator, synthesize: Callable[[Array], Array], shown: Callable[[int, int], None]
) -> contact_sheet.Pixels:
    """The page, uint8 `[h, w, 3]`.

    Args:
        synthesize: ws `[n, num_ws, w_dim]` to raw images `[n, C, H, W]` about ±1.
        shown: told after everything that is drawn, to be shown or to choose what is: how many of how many images.
    """
    total = looks(generator) + COLUMN_COUNT * sum(len(part.strips) for part in sections(generator))
    done = 0

    def drawn(ws: Array) -> Array:
        nonlocal done
        images = synthesize(ws)
        done += len(ws)
        shown(done, total)
        return images

    found = []
    for part in sections(generator, drawn):
        rows = [
            contact_sheet.Row(
                strip.label,
                contact_sheet.tiles(drawn(strip.ws), TILE_PIXELS),
                framed=(strip.rest,) if strip.rest is not None else (),
            )
            for strip in part.strips
        ]
        found.append(contact_sheet.SheetPart(part.title, part.note, rows))
    return contact_sheet.draw(generator.name, direction_sheet.facts(generator), found, LABELS_PIXELS)
