"""Single images as a show of some size would show them: laid on its canvas, without effects."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from liveviz.outputs.headless import Headless
from liveviz.post import Chain
from liveviz.runtime import composition
from liveviz.spec import ImageFrame, ParameterFrame


def on_canvas(images: Sequence[ImageFrame], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Every image on a canvas of `size` (width, height): uint8 `[n, h, w, 3]`, RGB, row 0 at the top.

    Raises: LivevizError where there is no GL without a window, or none so large.
    """
    screen = Headless(size)
    try:
        chain = Chain(screen.ctx, {}, size, scale=1.0)
        try:
            shown = []
            for n, image in enumerate(images):
                frame = ParameterFrame(sequence=n, time=float(n), values=composition.registry().defaults(), latents=())
                chain.draw(image, frame, float(n), 1.0)
                shown.append(chain.read())
        finally:
            chain.close()
    finally:
        screen.close()
    return np.stack(shown)
