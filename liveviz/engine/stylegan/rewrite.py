"""The constants of a StyleGAN of either kind, with one way in."""

import numpy as np

from liveviz.engine.stylegan.constants import Rewrite
from liveviz.engine.stylegan.rewrite2 import Rewrite2
from liveviz.engine.stylegan.rewrite3 import Rewrite3
from liveviz.models import Generator
from liveviz.models.stylegan.config import as_stylegan


def rewrite(generator: Generator) -> Rewrite:
    """The rewrite of a generator of any architecture.

    Raises: LivevizError where a constant is too large for float32.
    """
    with np.errstate(all="ignore"):  # what becomes too large is refused below
        made: Rewrite = (Rewrite3 if as_stylegan(generator.config).is_stylegan3 else Rewrite2)(generator)
    made.check(generator.name)
    return made
