"""Which generator of ours plays on which canvas."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz import models
from liveviz.runtime import open_generator, paths

SIDES = st.integers(16, 8192)


@pytest.fixture(scope="module")
def shapes() -> dict[str, float]:
    found = (models.open_model(name, [paths.engines()]) for name in models.list_models([paths.engines()]))
    return {g.name: math.log(g.config.width / g.config.height) for g in found}


@settings(derandomize=True, max_examples=300)
@given(SIDES, SIDES)
def test_the_one_that_plays_is_the_nearest_in_shape(shapes: dict[str, float], width: int, height: int) -> None:
    chosen = open_generator.shipped_for((width, height))
    off = {name: abs(math.log(width / height) - shape) for name, shape in shapes.items()}
    assert off[chosen] <= min(off.values()) + 1e-9
