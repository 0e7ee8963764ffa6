"""What a layout for a touch screen shows: every parameter of this installation, a page for each family, and buttons for what a
show can be asked. Where it is drawn is in this file, how a program has it written in `touchosc_layout` and `stage_layout`."""

from collections.abc import Iterator
from dataclasses import dataclass

from liveviz.runtime import composition, osc_commands

COLUMNS, ROWS = 4, 6  # of one page
WIDTH, HEIGHT = 1024, 768  # pixels of a page
LABEL_HEIGHT, GAP = 34, 12

_FAMILY_TITLES = {"latent": "Latents", "pca": "Directions", "bend": "Bends", "post": "Effects", "stage": "Stage"}
_OTHER_TITLE = "Generator"


@dataclass(frozen=True, slots=True)
class Widget:
    """One control.

    kind: `fader` (0 to 1), `toggle` (0 or 1), `button` (a press). address: where it speaks and listens. rest: 0 to 1, where it
        stands. x, y, width, height: of it and its label, pixels of the page.
    """

    kind: str
    label: str
    help: str
    address: str
    rest: float
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page: a title, and what is on it."""

    title: str
    widgets: tuple[Widget, ...]


def pages() -> list[Page]:
    """Every page, those of a family that needs several one after the other."""
    families: dict[str, list[tuple[str, str, str, str, float]]] = {"Show": list(_buttons())}
    for p in composition.registry():
        family, dot, rest = p.name.partition(".")
        title = _FAMILY_TITLES.get(family, _OTHER_TITLE) if dot else _OTHER_TITLE
        kind = "toggle" if p.curve == "toggle" else "fader"
        families.setdefault(title, []).append((kind, rest or family, p.help, p.osc, p.position(p.default)))
    return [page for title, found in families.items() for page in _laid(title, found)]


def _buttons() -> Iterator[tuple[str, str, str, str, float]]:
    for address, asks in osc_commands.COMMAND_ADDRESSES.items():
        if "press" in asks.takes:
            label = address.removeprefix(osc_commands.PREFIX).replace("/", " ").replace("_", " ")
            yield "button", label, asks.help, address, 0.0
    yield "button", "rest", "all that hands moved back to rest", osc_commands.PREFIX + "rest", 0.0


def _laid(title: str, found: list[tuple[str, str, str, str, float]]) -> Iterator[Page]:
    most = COLUMNS * ROWS
    width, height = WIDTH // COLUMNS, HEIGHT // ROWS
    for start in range(0, len(found), most):
        number = f" {start // most + 1}" if len(found) > most else ""
        widgets = [
            Widget(*one, i % COLUMNS * width + GAP, i // COLUMNS * height + GAP, width - 2 * GAP, height - 2 * GAP)
            for i, one in enumerate(found[start : start + most])
        ]
        yield Page(title + number, tuple(widgets))
