"""How fast a backend is, measured as a show uses it: from a ParameterFrame to packed pixels, with a mix of pictures and
noise that are new in every frame. On a GPU the clock is the GPU's own (events), from the moment the frame is there to
the packed pixels on the device, since that is where a show takes them."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from liveviz.engine.backend import Backend
from liveviz.spec import CORE_PARAMETERS, BendSetting, LatentTerm, ParameterFrame

if TYPE_CHECKING:
    from liveviz.engine.bench_cuda import OnDevice

PALETTE = 16  # pictures that a live frame mixes from


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
    """Pictures per second of a show's frames, of what `seconds` are enough for; the median, since other programs run too.

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


def random_frames(count: int, seed: int, layers: frozenset[int] = frozenset()) -> Iterator[ParameterFrame]:
    """Frames whose seed, noise field and bends are new every time, so that nothing at all is left over from the frame
    before; the same for the same seed."""
    random = np.random.RandomState(seed)
    for number, bends in enumerate(_bends(count, seed, layers)):
        term = LatentTerm(int(random.randint(2**32, dtype=np.uint64)), -1, (1.0, 1.0, 1.0))
        yield _frame(number, seed, (term,), number + 0.5, bends)


def live_frames(count: int, seed: int, layers: frozenset[int] = frozenset()) -> Iterator[ParameterFrame]:
    """Frames as a show at 60 fps has them: mixes of PALETTE pictures with weights of their own in every frame, noise
    that moves on by a field a second, and bends that move."""
    random = np.random.RandomState(seed)
    for number, bends in enumerate(_bends(count, seed, layers)):
        picked = random.choice(PALETTE, 3, replace=False)
        terms = tuple(LatentTerm(int(n), -1, tuple(random.uniform(0.1, 1.0, 3).tolist())) for n in picked)
        yield _frame(number, seed, terms, number / 60.0, bends)


def _bends(count: int, seed: int, layers: frozenset[int]) -> Iterator[tuple[BendSetting, ...]]:
    random = np.random.RandomState(seed)
    for _ in range(count):
        yield tuple(BendSetting("zoom", layer, float(random.uniform(-0.3, 0.3))) for layer in sorted(layers))


def _frame(
    number: int, seed: int, terms: tuple[LatentTerm, ...], phase: float, bends: tuple[BendSetting, ...]
) -> ParameterFrame:
    values = {p.name: p.default for p in CORE_PARAMETERS}
    return ParameterFrame(
        sequence=number,
        time=number / 30.0,
        values=values,
        latents=terms,
        bends=bends,
        noise_phase=phase,
        seed=seed,
        beats=number / 15.0,
    )
