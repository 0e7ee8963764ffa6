"""Images of another shape than a generator was trained for, so that a square one fills a wall: each family has its way."""

from liveviz.models import families
from liveviz.models.generator import Generator

WIDE_MODES = ("mirror", "extend", "off")


def widen(generator: Generator, size: tuple[int, int], how: str) -> Generator:
    """The generator with an image of nearly the shape of `size` (width, height), its shorter side as it was.

    Args:
        how: mirror adds mirrored copies of what it starts from at both sides (or above and below); extend draws that out, and
            with it everything in the image; off, and a shape that is near enough already, leave the generator as it is, as
            does a family whose images have one shape.
    Raises: ValueError for another `how`.
    """
    if how not in WIDE_MODES:
        raise ValueError(f"how {how!r} is none of {', '.join(WIDE_MODES)}")
    return generator if how == "off" else families.of(generator.config).widen(generator, size, how)
