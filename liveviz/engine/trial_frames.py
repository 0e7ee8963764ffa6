"""ParameterFrames as a show has them, without a show: for measuring, and for the first images of an engine, which take
longer than all others."""

from collections.abc import Iterator

import numpy as np

from liveviz.spec import CORE_PARAMETERS, BendSetting, LatentTerm, ParameterFrame

PALETTE_COUNT = 16  # images that a live frame mixes from


def random_frames(count: int, seed: int, layers: frozenset[int] = frozenset()) -> Iterator[ParameterFrame]:
    """Frames whose seed, noise field and bends are new every time, so that nothing at all is left over from the frame
    before; the same for the same seed."""
    random = np.random.RandomState(seed)
    for number, bends in enumerate(_bends(count, seed, layers)):
        term = LatentTerm(int(random.randint(2**32, dtype=np.uint64)), -1, (1.0, 1.0, 1.0))
        yield _frame(number, seed, (term,), number + 0.5, bends)


def live_frames(count: int, seed: int, layers: frozenset[int] = frozenset()) -> Iterator[ParameterFrame]:
    """Frames as a show at 60 fps has them: mixes of PALETTE_COUNT images with weights of their own in every frame,
    noise that moves on by a field a second, and bends that move."""
    random = np.random.RandomState(seed)
    for number, bends in enumerate(_bends(count, seed, layers)):
        picked = random.choice(PALETTE_COUNT, 3, replace=False)
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
