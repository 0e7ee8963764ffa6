"""Images as numbers and as bytes: the way back is the way there, turned round."""

import numpy as np
import pytest
import torch

from liveviz.learning import levels as in_torch
from liveviz.spec.levels import Rounding, to_bytes


@pytest.mark.parametrize("rounding", Rounding)
def test_every_byte_comes_back_and_what_lies_outside_is_cut(rounding: Rounding) -> None:
    every = np.arange(256, dtype=np.uint8)
    there = in_torch.from_bytes(every)
    assert there.dtype == torch.float32 and float(there.min()) == -1.0 and float(there.max()) == 1.0
    assert np.array_equal(to_bytes(there.numpy(), rounding), every)
    assert np.array_equal(in_torch.to_bytes(there), every)
    outside = np.array([-np.inf, -1e38, -1.01, 1.01, 1e38, np.inf], np.float32)
    assert to_bytes(outside, rounding).tolist() == [0, 0, 0, 255, 255, 255]
