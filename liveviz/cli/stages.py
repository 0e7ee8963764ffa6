"""--stages of `liveviz train`: what a run does one after the other, as numbers between colons."""

import math

from liveviz.learning import TrainStage
from liveviz.spec import UsageError

STAGE_FORM = "SIZE:STEPS:BATCH:START:END:LOWER"
_STAGE_SIZES = (32, 64, 128, 256)


def parse(text: str) -> TrainStage:
    """One of --stages; UsageError in one line."""
    try:
        a = text.split(":")
        size, steps, batch = (int(a[n]) for n in (0, 1, 2))
        start, end, lower = (float(a[n]) for n in (3, 4, 5))
        if len(a) > 6:
            raise ValueError
    except (ValueError, IndexError):
        raise UsageError(f"stages {text!r:.60}: six numbers, {STAGE_FORM}, like 64:2400:32:0.007:0.0015:1") from None
    rules = (
        (size in _STAGE_SIZES, f"size {size}: 32, 64, 128 or 256"),
        (1 <= steps <= 10_000_000, f"steps {steps}: 1 to 10000000"),
        (1 <= batch <= 4096, f"batch {batch}: 1 to 4096 images"),
        (all(math.isfinite(r) and 0.0 < r <= 0.1 for r in (start, end)), f"rates {start:g}, {end:g}: above 0, to 0.1"),
        (0.0 <= lower <= 1.0, f"lower {lower:g}: 0 to 1"),
    )
    for good, says in rules:
        if not good:
            raise UsageError(f"stages {text!r:.60}: {says}")
    return TrainStage(size, steps, batch, (start, end), lower)
