"""How fast a backend is, measured as a show uses it: from a ParameterFrame to packed pixels on the host, with latents
and noise that are new on every frame, so that no cache flatters the figure."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from liveviz.engine.backend import Backend
from liveviz.spec import CORE_PARAMETERS, BendSetting, LatentTerm, ParameterFrame


def bench(
    backend: Backend,
    *,
    now: Callable[[], float],
    frames: int = 100,
    warmup: int = 10,
    seed: int = 0,
) -> dict[str, Any]:
    """Render `frames` fresh random frames after `warmup` that do not count.

    Args:
        now: seconds on a monotonic clock.
    Returns:
        {"device", "precision", "ms": {"p50", "p95", "p99"}, "fps"}, fps from the mean.
    """
    times = []
    for number, frame in enumerate(random_frames(warmup + frames, seed, backend.topology)):
        start = now()
        backend.render(frame)
        if number >= warmup:
            times.append(now() - start)
    ms = np.array(times) * 1e3
    p50, p95, p99 = (round(float(v), 3) for v in np.percentile(ms, [50, 95, 99]))
    fps = round(float(1e3 / ms.mean()), 2)
    return {
        "device": backend.device,
        "precision": backend.precision,
        "ms": {"p50": p50, "p95": p95, "p99": p99},
        "fps": fps,
    }


def random_frames(count: int, seed: int, layers: frozenset[int] = frozenset()) -> Iterator[ParameterFrame]:
    """Frames whose seed, noise field and bends are new every time; the same for the same seed."""
    random, amounts = np.random.RandomState(seed), np.random.RandomState(seed)
    values = {p.name: p.default for p in CORE_PARAMETERS}
    for number in range(count):
        yield ParameterFrame(
            sequence=number,
            time=number / 30.0,
            values=values,
            latents=(LatentTerm(int(random.randint(2**32, dtype=np.uint64)), -1, (1.0, 1.0, 1.0)),),
            bends=tuple(BendSetting("zoom", layer, float(amounts.uniform(-0.3, 0.3))) for layer in sorted(layers)),
            noise_phase=number + 0.5,
            seed=seed,
            beats=number / 15.0,
        )
