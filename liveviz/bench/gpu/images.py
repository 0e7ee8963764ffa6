"""Step 4: does training by images run on this card? Plain and projected, at full size, on images drawn here: how fast,
in how much memory, and whether a run that is stored and read again is the same one."""

from pathlib import Path
from tempfile import TemporaryDirectory

from liveviz.bench.gpu.report import Report
from liveviz.learning.gan.run import GanOptions
from liveviz.learning.gan.trial import drawn, trial
from liveviz.system.clock import now

TRAINING_SETTINGS = ((256, 32, 16384, 512), (512, 16, 32768, 512))  # pixels, images a step, channel_base, channel_max
SMALL_SETTINGS = ((32, 4, 256, 16),)
WARMUP_STEPS, TIMED_STEPS = 17, 32  # the first has both kinds of steps, with R1 and without


def run(report: Report) -> None:
    """All sizes, both kinds."""
    warm, timed = (1, 2) if report.small else (WARMUP_STEPS, TIMED_STEPS)
    for size, batch, base, most in SMALL_SETTINGS if report.small else TRAINING_SETTINGS:
        images = drawn(2 * batch, size)
        for kind, projected in (("plain", None), ("projected", ())):
            with TemporaryDirectory() as folder:
                options = GanOptions(
                    Path(folder),
                    Path(folder),
                    (size, size),
                    batch=batch,
                    channel_base=base,
                    channel_max=most,
                    projected=projected,
                    device=report.device,
                )
                found = trial(options, images, warm, timed, now)
            name = f"{kind} {size}², {batch} a step"
            report.say(f"{name}: training", f"{found.speed:.0f} images/s, {found.memory:.1f} GiB", found.finite)
            same = found.same and found.apart < 1e-2
            report.say(f"{name}: stored and read again", f"next loss {found.apart:.1e} apart", same)
            row = {"pictures_s": round(found.speed, 1), "gib": round(found.memory, 2), "apart": found.apart}
            report.keep(**{name: row})
