"""Teaching a light generator: it and its teacher draw the same ws with the same noise, and what differs is what it learns
from: colours and gradients at several scales, the image so far at every lower level, what a feature network sees, and
how strong edges are, wherever exactly. At large
sizes only a part of the image is drawn above a quarter of the size, so that a step sees more images. Steps are
counted, not seconds, so that a run which was killed goes on as if nothing had been.

Sources: Hinton et al. 2015 (1503.02531) for the idea; Chang and Lu 2020 (TinyGAN, 2009.13829) for generators.
"""

from collections.abc import Callable
from pathlib import Path

from liveviz.learning.like.run import LikeOptions, LikeRun
from liveviz.learning.staged import Progress, prepare
from liveviz.learning.together import Together


def train(
    options: LikeOptions,
    now: Callable[[], float],
    together: Together | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
    check: Callable[[], None] = lambda: None,
) -> Path:
    """Teach, or go on with what is in the folder, to the end of the last stage.

    Args:
        now: seconds, for the reports alone. together: this process's place among several; None where it is alone.
        report: called after every step. check: called several times a step; may raise Stopped.
    Returns: the folder of the bundle.
    Raises: Stopped after the checkpoint was saved; LivevizError for a checkpoint that cannot be resumed, sizes that
        are not smaller than the teacher's, and a teacher that is no skip network.
    Writes: `checkpoint.safetensors`, `sheet_STEP.png` and `bundle/`.
    """
    prepare(options)
    return LikeRun(options, together or Together(), check).train(now, report)
