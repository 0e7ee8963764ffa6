"""Training by program: a network learns the fields of what our own programs draw, in stages."""

from collections.abc import Callable
from pathlib import Path

import torch

from liveviz.learning.procedural.run import Run, TrainOptions
from liveviz.learning.staged import Progress, prepare
from liveviz.learning.together import Together


def train(
    options: TrainOptions,
    now: Callable[[], float],
    together: Together | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
    check: Callable[[], None] = lambda: None,
) -> Path:
    """Train, or go on with what is in the folder, to the end of the last stage.

    Args:
        now: seconds, for the reports alone.
        together: this process's place among several that train one network; None where it is alone.
        report: called after every step.
        check: called several times a step; may raise Stopped.
    Returns: the folder of the bundle.
    Raises: Stopped after the checkpoint was saved (none is where no step was done); LivevizError for a checkpoint that
        cannot be resumed.
    Writes: `checkpoint.safetensors`, `sheet_STEP.png` and `bundle/`.
    """
    torch.set_flush_denormal(True)  # the far tails of glow are subnormal, and slow
    try:
        prepare(options)
        return Run(options, together or Together(), check).train(now, report)
    finally:
        torch.set_flush_denormal(False)  # whoever called may need them
