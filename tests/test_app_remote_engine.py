"""Engine and stage take turns where both fit into a frame, and find back to it; simulated, frame by frame."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.runtime.remote_engine import Turns


def run(turns: Turns, fits: list[bool]) -> list[bool]:
    """Whether turns were taken in each frame; side by side, no image of a frame's own parameters comes in time."""
    taken = []
    for possible in fits:
        taken.append(turns.taking)
        turns.step(possible and turns.taking)
    return taken


def test_turns_are_kept_through_single_misses() -> None:
    random = np.random.RandomState(1)
    assert all(run(Turns(), (random.rand(3000) > 0.12).tolist()))


def test_a_hiccup_ends_them_for_a_second() -> None:
    taken = run(Turns(), [True] * 100 + [False] * 20 + [True] * 400)
    assert not all(taken) and all(taken[170:])


@settings(derandomize=True, max_examples=50)
@given(st.integers(0, 200))
def test_where_they_never_fit_trials_become_rare(before: int) -> None:
    taken = run(Turns(), [True] * before + [False] * 6000)
    assert sum(taken[before + 3000 :]) < 0.05 * 3000
    assert any(taken[-2 * Turns.LAST :])  # but never end


def test_they_come_back_when_it_becomes_possible() -> None:
    taken = run(Turns(), [False] * 3000 + [True] * 1000)
    assert all(taken[-50:])
