"""The reference of the mapping language as one page of Markdown, written from what the program itself reads: the keys of its
tables, the registry, the signals, the keys of the window, the curves; and an image of every post effect."""

import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from liveviz import engine, models, signals
from liveviz.mapping import CURVES, FUNCTIONS, TABLES, modulator_tables
from liveviz.outputs.headless import Headless
from liveviz.post import Chain
from liveviz.runtime import composition, open_generator, paths
from liveviz.spec import ImageFrame, ParameterFrame
from liveviz.spec.keys import KEYS
from liveviz.spec.levels import Rounding, to_bytes
from liveviz.system.files import write_whole

PAGE_FILE, IMAGES_FOLDER = "mapping-reference.md", "effects"
SIZE_PIXELS = (384, 216)
_SEED, _CLASS, _FRAMES, _STEP = (
    4,
    9,
    16,
    3,
)  # the image comes in from the side, so that effects with a memory have one
_ROWS = 512  # of the image, where it is one of fields
_JPEG_QUALITY = 84


def write(folder: Path) -> list[Path]:
    """Write the page and its images into `folder`, and say which files that were."""
    (folder / IMAGES_FOLDER).mkdir(parents=True, exist_ok=True)
    written = [folder / PAGE_FILE]
    write_whole(folder / PAGE_FILE, page().encode())
    for name, pixels in images().items():
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=_JPEG_QUALITY)
        written.append(folder / IMAGES_FOLDER / f"{name}.jpg")
        write_whole(written[-1], file.getvalue())
    return written


def page() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def images() -> dict[str, NDArray[np.uint8]]:
    """Every effect at amount 1 and what else it has at rest, by name, and `none`: uint8 `[216, 384, 3]`."""
    generator = open_generator.open_model("default")
    cls = np.eye(generator.config.classes, dtype=np.float32)[_CLASS : _CLASS + 1]
    backend = engine.create(engine.choose(), generator, cache=paths.cache(), precision="f32")
    try:
        ws = backend.ws(models.latent(_SEED, generator.config.z_dim), cls, 0.7)
        drawn = backend.images(ws, "const", seed=_SEED, size=(_ROWS, _ROWS))[0]  # [3, H, W]
    finally:
        backend.close()
    still = to_bytes(drawn, Rounding.EVEN).transpose(1, 2, 0)
    image = np.dstack([still, np.full(still.shape[:2], 255, np.uint8)])
    screen = Headless(SIZE_PIXELS)
    found = {}
    for name in ("none", *composition.shaders()):
        chain = Chain(screen.ctx, composition.shaders(), SIZE_PIXELS, scale=1.0)
        values = composition.registry().defaults()
        if name != "none":
            values[f"post.{name}.amount"] = 1.0
        for n in range(_FRAMES):
            moved = np.roll(image, _STEP * (n - _FRAMES + 1), axis=1)
            frame = ParameterFrame(sequence=n, time=n / 30.0, values=values, latents=())
            chain.draw(ImageFrame(moved, n), frame, n / 30.0, 1 / 30.0)
        found[name] = chain.read()
        chain.close()
    screen.close()
    return found


def _lines() -> Iterator[str]:
    yield "# The mapping language"
    yield ""
    yield "Written by `make docs` from what the program reads; a test fails where the two differ."
    for title, keys in (TABLES | modulator_tables()).items():
        yield from ("", f"## {title}", "")
        yield from _table(
            ("key", "allowed", "what it does; what it is where it is not written"),
            ((f"`{key}`", *words) for key, words in keys.items()),
        )
    yield from ("", "## Curves", "")
    yield from _table(
        ("curve", "what it does"), ((f"`{name}`", _first(curve.__doc__)) for name, curve in CURVES.items())
    )
    yield from ("", "## Functions of formulas", "")
    yield from _table(
        ("function", "what it gives"), ((f"`{name}`", words) for name, (_, _, words) in FUNCTIONS.items())
    )
    yield from (
        "",
        "And `+ - * / % ^`, `< <= > >= == !=`, `and or not`, numbers and brackets. Dividing by 0 gives 0, comparing 0 or 1;",
        "the result is held in 0 to 1.",
    )
    yield from _sources()
    yield from _parameters()


def _sources() -> Iterator[str]:
    yield from (
        "",
        "## What a route can come from",
        "",
        "Signals, of the mix and, as `stem.NAME.rms` and so on, of stems:",
        "",
    )
    rows = []
    for output in signals.outputs():
        span = "event" if output.kind == "event" else f"{output.low:g} to {output.high:g} {output.unit}".strip()
        rows.append((f"`{output.name}`", span, output.help))
    yield from _table(("signal", "range", "what it is"), rows)
    yield from ("", "Controllers (all `midi` sources also with `.ch.1` to `.ch.16`; a level is 0 to 1):", "")
    yield from _table(
        ("source", "what it is"),
        [
            (f"`{address.written}`" if "," not in address.written else address.written, address.help)
            for address in composition.parts().addresses
        ],
    )
    yield from ("", f"Keys: {', '.join(f'`{name}`' for name in KEYS)}.")


def _parameters() -> Iterator[str]:
    yield from (
        "",
        "## Parameters",
        "",
        "What a route can go to and [set] can set. Over OSC, a position from 0 to 1 in the range.",
        "",
    )
    registry = composition.registry()
    plain = [p for p in registry if not p.name.startswith("post.")]
    yield from _table(
        ("parameter", "range", "rests at", "what it does"),
        ((f"`{p.name}`", f"{p.low:g} to {p.high:g} {p.unit}".strip(), f"{p.default:g}", p.help) for p in plain),
    )
    yield from (
        "",
        "## Post effects",
        "",
        "In the images, `amount` is 1 and everything else at rest; this one is without:",
        "",
    )
    yield f"![none]({IMAGES_FOLDER}/none.jpg)"
    for name, shader in composition.shaders().items():
        mine = [p for p in registry if p.name.startswith(f"post.{name}.")]
        yield from ("", f"### post.{name}", "", shader.help, "", f"![post.{name}]({IMAGES_FOLDER}/{name}.jpg)", "")
        yield from _table(
            ("parameter", "range", "rests at", "what it does"),
            ((f"`{p.name}`", f"{p.low:g} to {p.high:g}", f"{p.default:g}", p.help) for p in mine),
        )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


def _first(text: str | None) -> str:
    return " ".join((text or "").split())
