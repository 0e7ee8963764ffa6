"""The contact sheet of a generator's directions: one row each, from one end of its range to the other with its middle
at rest, on images of several classes. A direction is named by looking at its row."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from liveviz.models import Directions, Generator, mapping_of
from liveviz.reports import contact_sheet

Array = NDArray[np.float32]

IMAGES_PER_ROW, KNOB_POSITIONS = 3, 5  # on a row: images, and positions of the knob for each
SHEET_SEED = 20
SHEET_PSI = 0.7
TILE_PIXELS = 128  # of a tile, squared
LABELS_PIXELS = 330


def draw(
    generator: Generator, directions: Directions, synthesize: Callable[[Array], Array], shown: Callable[[float], None]
) -> contact_sheet.Pixels:
    """The page, uint8 `[h, w, 3]`.

    Args:
        synthesize: ws `[n, num_ws, w_dim]` to raw images `[n, C, H, W]` about ±1.
        shown: told how far the work is, 0 to 1.
    """
    config, mapping = generator.config, mapping_of(generator)
    classes = [(2 * n + 1) * config.classes // (2 * IMAGES_PER_ROW) for n in range(IMAGES_PER_ROW)]
    rest = mapping.ws(np.stack([mapping.w(SHEET_SEED + n, cls) for n, cls in enumerate(classes)]), SHEET_PSI)
    rows = []
    count = len(directions.std)
    middles = tuple(n * KNOB_POSITIONS + KNOB_POSITIONS // 2 for n in range(IMAGES_PER_ROW))
    for n, words in enumerate(described(generator, directions)):
        ws = moved(rest, directions, n)
        rows.append(
            contact_sheet.Row(
                f"{n}  " + "\n".join(words), contact_sheet.tiles(synthesize(ws), TILE_PIXELS), KNOB_POSITIONS, middles
            )
        )
        shown((n + 1) / count)
    note = f"{directions.method}; each from the lower end of its safe range to the upper, at rest in the middle"
    return contact_sheet.draw(
        generator.name, facts(generator), [contact_sheet.SheetPart("Directions", note, rows)], LABELS_PIXELS
    )


def moved(rest: Array, directions: Directions, n: int, steps: int = KNOB_POSITIONS) -> Array:
    """ws `[images * steps, num_ws, w_dim]` of images at rest, pushed along direction n; both halves evenly."""
    low, high = directions.range[n]
    half = steps // 2
    sigmas = np.concatenate([np.linspace(low, 0.0, half + 1)[:-1], np.linspace(0.0, high, steps - half)])  # [steps]
    rows = directions.rows(rest.shape[1])[n]  # [num_ws]
    push = sigmas[:, None, None] * rows[:, None] * (directions.std[n] * directions.components[n])
    return np.asarray((rest[:, None] + push).reshape(-1, *rest.shape[1:]), np.float32)


def described(generator: Generator, directions: Directions) -> list[tuple[str, str, str]]:
    """(name, or what kind of layers it moves; range; rows and share) of each, in words."""
    names = generator.card.direction_names if generator.card else ()
    num_ws = generator.config.num_ws
    found = []
    for n, kind in enumerate(directions.kinds(generator.config)):
        (low, high), (start, end), share = directions.range[n], directions.layers[n], directions.share[n]
        found.append(
            (
                (names[n] if n < len(names) else "") or kind,
                f"{low:+.1f} to {high:+.1f} sigma",  # the letters of the sheet have no Greek
                f"rows {start}-{min(end, num_ws) - 1}, " + (f"moves {share:.0%}" if share >= 0.0 else "not measured"),
            )
        )
    return found


def listed(generator: Generator, directions: Directions) -> list[str]:
    """The same as a table, a line each."""
    return [
        f"{n:>3}  {name:<28} {reach:<18} {where}"
        for n, (name, reach, where) in enumerate(described(generator, directions))
    ]


def facts(generator: Generator) -> str:
    """What a generator is, in a line."""
    config, card = generator.config, generator.card
    words = [f"{config.width} x {config.height}", f"{config.parameters / 1e6:.1f} million weights"]
    if card is not None:
        words += [card.licence, "trained" if card.trained else "untrained"]
    return "  ·  ".join(words)
