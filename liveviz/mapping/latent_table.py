"""Checks [latent]: the pictures that the show drifts through, is pulled to, and mixes by the harmony."""

from collections.abc import Mapping

from liveviz.mapping import words
from liveviz.mapping.fields import Table, quote
from liveviz.mapping.program import CHORDS_GROUP, CHROMA_SIGNALS, Chords, ImageList, Latent, NoiseLoop
from liveviz.spec import LAYER_RANGES, Output
from liveviz.spec.limits import MAX_LATENTS

MAX_IMAGES = 64
MAX_CLASS = 9999
WHOLE_IMAGE_WEIGHTS: tuple[float, float, float] = (1.0, 1.0, 1.0)
DEFAULT_BASE = ImageList((), 4)
DEFAULT_TARGET = ImageList((), 4)
DEFAULT_PALETTE = ImageList((), 12)
DEFAULT_OTHER = ImageList((), 4)
DEFAULT_LOOP_BARS = 8.0
DEFAULT_LOOP_FIELDS = 8
MAX_LOOP_FIELDS = 1024
LOOP_TERMS, TARGET_TERMS = 2, 1  # neighbours in each loop, and the target: mixed together with the palettes


def read_latent(table: Table, sources: Mapping[str, Output], wants_chords: bool) -> Latent:
    """[latent] as a Latent. `wants_chords`: something drives latent.chords, so there is a palette, written or not."""
    table.only(words.LATENT)
    base, target, other = table.table("base"), table.table("target"), table.table("other")
    base.only(words.BASE)
    other.only(words.OTHER)
    target.renamed("detail", words.OLD_WORDS["detail"])
    target.only(words.TARGET)
    chords = tuple(_chords(t, sources) for t in table.tables("chords", len(LAYER_RANGES)))
    if not table.has("chords") and wants_chords and _missing(CHROMA_SIGNALS[0], sources) is None:
        chords = (Chords(DEFAULT_PALETTE, CHROMA_SIGNALS[0], (0.0, 0.0, 1.0), 0.05, 0.3),)
    used: set[int] = set()
    for i, one in enumerate(chords):
        mine = {n for n, weight in enumerate(one.detail) if weight}
        if used & mine:
            table.fail(
                ("chords", i, _word(table, i)), f"the {LAYER_RANGES[min(used & mine)]} detail has a palette already"
            )
        used |= mine
    terms = len({image for one in chords for image in one.palette.chosen(0, CHORDS_GROUP)})
    most = MAX_LATENTS - TARGET_TERMS - LOOP_TERMS * (1 + table.has("other"))
    if terms > most:
        table.fail("chords", f"{terms} pictures in all palettes; at most {most} are allowed")
    return Latent(
        base=_images(base, "seeds", DEFAULT_BASE),
        loop_bars=base.number("loop_bars", 8.0, 0.25, 1024.0, "bars"),
        target=_images(target, "seeds", DEFAULT_TARGET),
        target_detail=_detail(target, WHOLE_IMAGE_WEIGHTS),
        chords=chords,
        other=_images(other, "seeds", DEFAULT_OTHER) if table.has("other") else None,
        other_detail=_detail(other, WHOLE_IMAGE_WEIGHTS),
    )


def read_noise_loop(table: Table) -> NoiseLoop | None:
    """`noise_loop` of the top of a file; None where it is not there."""
    if not table.has("noise_loop"):
        return None
    inner = table.table("noise_loop")
    inner.only(words.NOISE_LOOP)
    fields = inner.as_integer("fields", inner.data.get("fields", DEFAULT_LOOP_FIELDS), 1, MAX_LOOP_FIELDS)
    return NoiseLoop(inner.number("bars", DEFAULT_LOOP_BARS, 0.25, 1024.0, "bars"), fields)


def _chords(table: Table, sources: Mapping[str, Output]) -> Chords:
    table.renamed("detail", words.OLD_WORDS["detail"])
    table.only(words.CHORDS)
    source = table.choice("from", CHROMA_SIGNALS, CHROMA_SIGNALS[0])
    if (missing := _missing(source, sources)) is not None:
        table.fail(
            "from", f"there is no signal {missing} here; allowed: {', '.join(CHROMA_SIGNALS)} where it is analysed"
        )
    return Chords(
        palette=_images(table, "palette", DEFAULT_PALETTE, most=12),
        source=source,
        detail=_detail(table, (0.0, 0.0, 1.0)),
        attack=table.number("attack", 0.05, 0.0, 60.0, "seconds"),
        release=table.number("release", 0.3, 0.0, 60.0, "seconds"),
    )


def _missing(source: str, sources: Mapping[str, Output]) -> str | None:
    return next((n for n in (f"{source}.{i}" for i in range(12)) if n not in sources), None)


def _images(table: Table, key: str, default: ImageList, most: int = MAX_IMAGES) -> ImageList:
    """Seeds under `key`: a list of them, or how many (the show's seed chooses)."""
    value = table.data.get(key, default.count)
    how = f"write a list of 1 to {most} seeds, or how many pictures"
    seeds: tuple[int, ...] = ()
    if isinstance(value, list):
        if not 1 <= len(value) <= most:
            table.fail(key, f"{len(value)} pictures; {how}")
        seeds = tuple(table.as_integer((key, i), v, 0, 2**32 - 1) for i, v in enumerate(value))
        count = len(seeds)
    elif isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
        count = value
    else:
        table.fail(key, f"{quote(value)} is not allowed; {how}")
    if not table.has("classes"):
        return ImageList(seeds, count)
    given = table.data["classes"]
    given = [given] * count if isinstance(given, int) else given
    if not isinstance(given, list) or len(given) != count:
        table.fail("classes", f"{quote(given)}; write one class, or a list of {count}, one for each of {key}")
    classes = tuple(table.as_integer(("classes", i), v, -1, MAX_CLASS) for i, v in enumerate(given))
    return ImageList(seeds, count, classes)


def _detail(table: Table, default: tuple[float, float, float]) -> tuple[float, float, float]:
    """`detail`: "all", one of coarse, middle, fine, or a list of them; as weights per range."""
    value = table.data.get("detail")
    if value is None:
        return default
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(n, str) and n in ("all", *LAYER_RANGES) for n in names):
        table.fail("detail", f'{quote(value)} is unknown; allowed: "all", "coarse", "middle", "fine" or a list of them')
    coarse, middle, fine = (1.0 if "all" in names or n in names else 0.0 for n in LAYER_RANGES)
    return coarse, middle, fine


def _word(table: Table, place: int) -> str:
    """How the file calls the detail of a palette."""
    chords = table.data["chords"]
    return (
        words.OLD_WORDS["detail"]
        if words.OLD_WORDS["detail"] in (chords[place] if isinstance(chords, list) else chords)
        else "detail"
    )
