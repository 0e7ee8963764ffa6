"""Generators that cost less: without the last level, or the lighter one that a card names. Both take the same z, classes and
w as the whole one, so that a show carries over from one frame to the next."""

from collections.abc import Sequence
from pathlib import Path

from liveviz.models import families
from liveviz.models.bundle import list_models, read_bundle
from liveviz.models.generator import Generator
from liveviz.spec import LivevizError

_SAME_FIELDS = ("z_dim", "w_dim", "classes", "num_ws", "img_channels")


def without_last_level(generator: Generator) -> Generator | None:
    """The generator that stops one level early: an image of half the size, of the first rows of the same w and of the same
    noise. None where its family, or this network of it, cannot."""
    return families.of(generator.config).without_last_level(generator)


def lighter(generator: Generator, folders: Sequence[Path]) -> Generator | None:
    """The generator that `lighter` on this one's card names; None where it names none.

    Args:
        folders: where bundles are looked for.
    Raises: LivevizError where it is not there or does not take the same z, classes and w.
    """
    name = generator.card.lighter if generator.card is not None else ""
    if not name:
        return None
    found = list_models(folders).get(name)
    if found is None:
        raise LivevizError(f"model {generator.name}: its card names {name!r:.60} as lighter, which is not here")
    light = read_bundle(found)
    for field in _SAME_FIELDS:
        ours, theirs = getattr(generator.config, field), getattr(light.config, field)
        if ours != theirs:
            raise LivevizError(f"model {name}: is not a lighter {generator.name}: {field} is {theirs}, not {ours}")
    return light
