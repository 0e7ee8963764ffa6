"""A StyleGAN2 that costs less: without the level that draws its finest detail."""

from dataclasses import replace

from liveviz.models.generator import Generator
from liveviz.models.stylegan.config import as_stylegan

_SMALLEST_PIXELS = 64  # pixels: below, hardly an image is left


def without_last_level(generator: Generator) -> Generator | None:
    """The generator that stops one level early: an image of half the size, of the first rows of the same w and of the same
    noise. None where it cannot: only networks that add up their image level by level (`skip`) have one before the end.
    """
    config = as_stylegan(generator.config)
    if config.architecture != "stylegan2-skip" or min(config.height, config.width) < 2 * _SMALLEST_PIXELS:
        return None
    smaller = replace(config, resolution=config.resolution // 2, widths=config.widths[:-1])
    weights = {name: generator.weights[name] for name in smaller.shapes()}
    below, last = (f"synthesis.b{r}.torgb.bias" for r in (smaller.resolution, config.resolution))
    weights[below] = weights[below] + generator.weights[last]  # what the last level adds everywhere stays
    return replace(generator, config=smaller, weights=weights)
