"""One tall page of small images with words beside them, which the sheets of `liveviz model` are: rows of tiles of
whatever shape a generator's images have."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from liveviz.spec.levels import Rounding, to_bytes

Array = NDArray[np.float32]
Pixels = NDArray[np.uint8]

GAP_PIXELS, MARGIN_PIXELS = 4, 24
HEAD_PIXELS, TITLE_PIXELS, NOTE_PIXELS, LABEL_PIXELS = 34, 25, 16, 18  # letters, in pixels
PAPER_RGB, INK_RGB, FAINT_RGB = (14, 15, 20), (238, 238, 242), (150, 153, 165)


@dataclass(frozen=True)
class Row:
    """Tiles `[n, h, w, 3]` in groups of `group`, with a label of some lines, the first of them bright."""

    label: str
    tiles: Pixels
    group: int = 0
    framed: tuple[int, ...] = ()  # tiles that rest while the others move


@dataclass(frozen=True)
class SheetPart:
    """Rows that belong together, under a title."""

    title: str
    note: str
    rows: list[Row] = field(default_factory=list)


def tiles(raw: Array, area: int) -> Pixels:
    """Raw images `[n, C, H, W]` about ±1 as uint8 `[n, h, w, 3]` of about `area`² pixels each; grey gets colour."""
    from PIL import Image

    levels = to_bytes(np.nan_to_num(raw, nan=-1.0), Rounding.EVEN)
    levels = levels.transpose(0, 2, 3, 1)
    levels = np.repeat(levels, 3, axis=3) if levels.shape[3] == 1 else np.ascontiguousarray(levels[..., :3])
    height, width = levels.shape[1:3]
    scale = area / float(np.sqrt(height * width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = Image.Resampling.LANCZOS if scale < 1.0 else Image.Resampling.NEAREST
    return np.stack([np.asarray(Image.fromarray(level).resize(size, how)) for level in levels])


def draw(head: str, facts: str, parts: list[SheetPart], labels: int) -> Pixels:
    """The page, uint8 `[h, w, 3]`; `labels` is the width of the column of labels, in pixels."""
    from PIL import Image, ImageDraw

    rows = [row for part in parts for row in part.rows]
    places = [_columns(row) for row in rows]
    width = (
        MARGIN_PIXELS
        + labels
        + max((place[-1] + row.tiles.shape[2] for place, row in zip(places, rows, strict=True)), default=0)
    )
    height = (
        2 * MARGIN_PIXELS
        + 2 * HEAD_PIXELS
        + 3 * TITLE_PIXELS * len(parts)
        + sum(row.tiles.shape[1] + GAP_PIXELS for row in rows)
    )
    page = Image.new("RGB", (width + MARGIN_PIXELS, height), PAPER_RGB)
    pen = ImageDraw.Draw(page)

    def write(x: int, y: int, text: str, size: int, colour: tuple[int, int, int], anchor: str = "la") -> int:
        from PIL import ImageFont

        font = ImageFont.load_default(size)
        pen.text((x, y), text, fill=colour, font=font, anchor=anchor)
        return x + round(pen.textlength(text, font=font))

    y = MARGIN_PIXELS
    write(MARGIN_PIXELS, y, head, HEAD_PIXELS, INK_RGB)
    write(width, y + HEAD_PIXELS - NOTE_PIXELS, facts, NOTE_PIXELS, FAINT_RGB, "ra")
    y += 2 * HEAD_PIXELS
    for part in parts:
        end = write(MARGIN_PIXELS, y + TITLE_PIXELS, part.title, TITLE_PIXELS, INK_RGB)
        write(end + NOTE_PIXELS, y + 2 * TITLE_PIXELS - NOTE_PIXELS, part.note, NOTE_PIXELS, FAINT_RGB)
        y += 3 * TITLE_PIXELS
        for row in part.rows:
            tall, wide = row.tiles.shape[1:3]
            lines = row.label.split("\n")
            for n, line in enumerate(lines):
                top = y + tall // 2 + round((n - len(lines) / 2) * 1.3 * LABEL_PIXELS)
                write(MARGIN_PIXELS, top, line, LABEL_PIXELS, INK_RGB if n == 0 else FAINT_RGB)
            for n, (left, tile) in enumerate(zip(_columns(row), row.tiles, strict=True)):
                x = MARGIN_PIXELS + labels + left
                page.paste(Image.fromarray(tile), (x, y))
                if n in row.framed:
                    pen.rectangle((x - 2, y - 2, x + wide + 1, y + tall + 1), outline=FAINT_RGB, width=2)
            y += tall + GAP_PIXELS
    return np.asarray(page)


def _columns(row: Row) -> list[int]:
    """Left of every tile, in pixels; groups stand apart."""
    wide = row.tiles.shape[2] + GAP_PIXELS
    return [n * wide + (n // row.group * 4 * GAP_PIXELS if row.group else 0) for n in range(len(row.tiles))]
