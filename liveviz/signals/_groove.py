"""Drums as a second opinion on the bar: in nearly all music a kick falls on the first beat and a snare on the second and the
fourth, however loud the bass plays against them. The beat network knows a drum far more surely than a beat, and by its
sound alone, so that this holds in music unlike all that they learned from.
"""

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._bars import BEATS_PER_BAR, Bars

FOUND_LIKELIHOOD = 0.2  # likelihood from which a drum may have been hit
HIT_LIKELIHOOD = 0.3  # from which it counts as hit
OFF_GRID_SHARES = (0.03, 0.03, 0.2)  # share of hits off the sixteenths
HIT_WIDTH_LOOKS = 1.3  # looks (standard deviation) by which a hit may be off its sixteenth
HIT_SHARES = (  # of bars with a hit, by sixteenth: kick, snare, hat
    (1.0, 0.1, 0.25, 0.1, 0.45, 0.1, 0.25, 0.15, 0.6, 0.1, 0.3, 0.1, 0.45, 0.1, 0.25, 0.15),
    (0.1, 0.06, 0.1, 0.08, 1.0, 0.06, 0.1, 0.1, 0.25, 0.08, 0.1, 0.06, 1.0, 0.06, 0.12, 0.15),
    (0.9, 0.6, 0.9, 0.6) * BEATS_PER_BAR,
)
MISSED_DOUBTS = (
    (0.26, 0.1, 0.14, 0.1),
    (0.0, 0.12, 0.0, 0.12),
)  # doubt at every beat of the bar without its kick, its snare
AROUND_LOOKS = 2  # looks to either side in which it would have been
FORGET_RATIO = 0.5 ** (1.0 / 200.0)  # per look: a part without drums casts no doubt
PLAYING_HITS = 1.5  # recent hits that make a drum one that plays


class Groove:
    """Weighs the states of `bars` with the drums.

    Args:
        bars: what is weighed.
        ahead: looks by which a drum is known before the beat that it falls on.
    State: the drums of the last looks, how much each has been hit recently.
    """

    def __init__(self, bars: Bars, ahead: int) -> None:
        self._bars = bars
        ahead -= 1  # a peak is known one look after it
        lengths = bars.periods * BEATS_PER_BAR
        place = np.concatenate([np.arange(n) for n in lengths]) + ahead
        steps = place / np.repeat(bars.periods, lengths) * 4.0  # [states], sixteenths
        off = (steps - np.round(steps)) * np.repeat(bars.periods, lengths) / 4.0  # looks
        sixteenth = np.round(steps).astype(np.intp) % (4 * BEATS_PER_BAR)
        elsewhere = np.array(OFF_GRID_SHARES)[:, None]
        near = np.exp(-0.5 * (off / HIT_WIDTH_LOOKS) ** 2)
        shares = elsewhere + (np.array(HIT_SHARES)[:, sixteenth] - elsewhere) * near  # [3, states]
        means = np.add.reduceat(shares, bars.starts[:-1], axis=1) / lengths
        self._odds = (shares / np.repeat(means, lengths, axis=1)).astype(np.float32)
        due = np.arange(BEATS_PER_BAR)[None, :] * bars.periods[:, None] + AROUND_LOOKS - ahead
        # where a drum should just have been: [tempi, BEATS_PER_BAR]
        self._due = bars.starts[:-1, None] + due % lengths[:, None]
        self._doubt = np.array(MISSED_DOUBTS, np.float32)
        self._last: NDArray[np.float32] = np.zeros((2, 3), np.float32)
        self._since = np.full(len(MISSED_DOUBTS), 1_000)
        self._often = np.zeros(len(MISSED_DOUBTS))

    def step(self, drums: NDArray[np.float32]) -> None:
        """Take in a look, after `bars` did.

        Args:
            drums: float32 `[3]`, how likely kick, snare and hat were hit.
        """
        before, peak = self._last
        hits = np.where((peak >= before) & (peak > drums) & (peak > FOUND_LIKELIHOOD), peak, np.float32(0.0))
        self._last = np.stack((peak, drums))
        p = self._bars.p
        for hit, odds in zip(hits, self._odds, strict=True):
            if hit > 0.0:
                p *= (np.float32(1.0) - hit) + hit * odds
        players = hits[: len(MISSED_DOUBTS)]
        self._since = np.where(players > HIT_LIKELIHOOD, 0, self._since + 1)
        self._often = self._often * FORGET_RATIO + np.where(players > HIT_LIKELIHOOD, players, 0.0)
        playing = np.minimum(self._often / PLAYING_HITS, 1.0) * (self._since > 2 * AROUND_LOOKS)
        p[self._due] *= np.prod(1.0 - playing[:, None] * self._doubt, axis=0).astype(np.float32)
        p *= np.float32(1.0) / p.sum()
