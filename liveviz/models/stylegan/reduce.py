"""Generators that cost less: without the last level, or the lighter one that a card names. Both take the same z, classes and
w as the whole one, so that a show carries over from one frame to the next."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from liveviz.models.bundle import list_models, read_bundle
from liveviz.models.generator import Generator
from liveviz.spec import LivevizError

_SMALLEST = 64  # pixels: below, hardly a picture is left
_SAME = ("z_dim", "w_dim", "classes", "num_ws", "img_channels")


def without_last_level(generator: Generator) -> Generator | None:
    """The generator that stops one level early: a picture of half the size, of the first rows of the same w and of the same
    noise. None where it cannot: only networks that add up their picture level by level (`skip`) have one before the end.
    """
    config = generator.config
    if config.architecture != "stylegan2-skip" or min(config.height, config.width) < 2 * _SMALLEST:
        return None
    smaller = replace(config, resolution=config.resolution // 2, widths=config.widths[:-1])
    weights = {name: generator.weights[name] for name in smaller.shapes()}
    below, last = (f"synthesis.b{r}.torgb.bias" for r in (smaller.resolution, config.resolution))
    weights[below] = weights[below] + generator.weights[last]  # what the last level adds everywhere stays
    return replace(generator, config=smaller, weights=weights)


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
    for field in _SAME:
        ours, theirs = getattr(generator.config, field), getattr(light.config, field)
        if ours != theirs:
            raise LivevizError(f"model {name}: is not a lighter {generator.name}: {field} is {theirs}, not {ours}")
    return light
