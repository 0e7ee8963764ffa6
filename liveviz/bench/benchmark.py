"""How fast a backend is, measured as a show uses it: from a ParameterFrame to packed pixels, with a mix of images and
noise that are new in every frame. On a GPU the clock is the GPU's own (events), from the moment the frame is there to
the packed pixels on the device, since that is where a show takes them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from liveviz.engine.backend import Backend
from liveviz.engine.trial_frames import live_frames

if TYPE_CHECKING:
    from liveviz.bench.cuda import OnDevice


def bench(
    backend: Backend,
    *,
    now: Callable[[], float],
    frames: int = 100,
    warmup: int = 10,
    seed: int = 0,
) -> dict[str, Any]:
    """Render `frames` frames of a show after `warmup` that do not count, to packed pixels on the host.

    Args:
        now: seconds on a monotonic clock.
    Returns:
        {"device", "precision", "ms": {"p50", "p95", "p99"}, "fps"}, fps from the mean.
    """
    times = []
    layers = frozenset(stage.layer for stage in backend.topology)
    for number, frame in enumerate(live_frames(warmup + frames, seed, layers)):
        start = now()
        backend.render(frame)
        if number >= warmup:
            times.append(1e3 * (now() - start))
    return {"device": backend.device, "precision": backend.precision, **figures(times)}


def pace(backend: Backend, *, now: Callable[[], float], seconds: float = 0.3, warmup: int = 2) -> float:
    """Images per second of a show's frames, of what `seconds` are enough for; the median, since other programs run too.

    Args:
        now: seconds on a monotonic clock.
    """
    times: list[float] = []
    for number, frame in enumerate(live_frames(warmup + 1000, 0)):
        start = now()
        backend.render(frame)
        if number >= warmup:
            times.append(now() - start)
            if sum(times) >= seconds:
                break
    return 1.0 / max(float(np.median(times)), 1e-6)


def bench_on_device(backend: "OnDevice", *, frames: int = 100, warmup: int = 20, seed: int = 0) -> dict[str, Any]:
    """The same on a GPU, to packed pixels on the device, timed with events.

    Returns:
        as `bench`, and "gpu_ms": of it, what begins with the upload (the rest is the CPU's: latents, noise, bends).
    """
    whole, gpu = [], []
    for number, frame in enumerate(live_frames(warmup + frames, seed)):
        start, uploading, end = backend.time(frame)
        if number >= warmup:
            whole.append(start.elapsed_time(end))
            gpu.append(uploading.elapsed_time(end))
    return {
        "device": backend.device,
        "precision": backend.precision,
        **figures(whole),
        "gpu_ms": figures(gpu)["ms"],
    }


def figures(times: list[float]) -> dict[str, Any]:
    """{"ms": {"p50", "p95", "p99"}, "fps"} of milliseconds a frame, fps from the mean."""
    p50, p95, p99 = (round(float(v), 3) for v in np.percentile(times, [50, 95, 99]))
    return {"ms": {"p50": p50, "p95": p95, "p99": p99}, "fps": round(float(1e3 / np.mean(times)), 2)}
