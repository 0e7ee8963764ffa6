"""Rewrite: every filter of a layer is scaled by a random factor of its own; a generator that was never trained. The
factors come from a seed, so that a good one can be found again.

They act behind the demodulation, which keeps the strength that training gave: in front of it, it would take away all of
a factor but its sign. So they are multiplied into the styles and cost nothing.

Source: Broad et al. 2021 (2005.12420), section 3, for acting on filters; Karras et al. 2020 (1912.04958), section 2.2.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._channels import done
from liveviz.bending._ops import Moment
from liveviz.bending._piece import Piece

PARAMETER = Piece(0.0, 1.0, 0.0, "", "Rewrite the filters of a layer: scale each by a random factor")
KNOBS = {
    "mean": Piece(-2.0, 2.0, -1.0, "×", "Mean of the random factors of rewrite"),
    "spread": Piece(0.0, 2.0, 0.25, "×", "Standard deviation of the random factors of rewrite"),
    "seed": Piece(0.0, 255.0, 0.0, "", "Which random factors rewrite takes", "integer"),
}


def filters(
    noise: Callable[[int], NDArray[np.float64]], amount: float, turn: NDArray[np.float64], moment: Moment
) -> NDArray[np.float64]:
    """The factor of every filter: from 1 to mean + spread * noise, one after the other, as all of them together would
    go through 0 where the mean is below it.

    Args:
        noise: seed to `[n]` numbers of unit variance. turn: `[n]`, when each filter has its turn.
    """
    factors = moment["mean"] + moment["spread"] * noise(int(moment["seed"]))  # [n]
    return 1.0 + done(amount, turn) * (factors - 1.0)
