"""Drums as a second opinion on the bar: in nearly all music a kick falls on the first beat and a snare on the second and the
fourth, however loud the bass plays against them. The learned ears know a drum far more surely than a beat, and by its
sound alone, so that this holds in music unlike all that they learned from.
"""

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._bars import BEATS, Bars

FOUND = 0.2  # likelihood from which a drum may have been hit
HIT = 0.3  # from which it counts as hit
ELSEWHERE = (0.03, 0.03, 0.2)  # share of hits off the sixteenths
NARROW = 1.3  # looks (standard deviation) by which a hit may be off its sixteenth
SHARES = (  # of bars with a hit, by sixteenth: kick, snare, hat
    (1.0, 0.1, 0.25, 0.1, 0.45, 0.1, 0.25, 0.15, 0.6, 0.1, 0.3, 0.1, 0.45, 0.1, 0.25, 0.15),
    (0.1, 0.06, 0.1, 0.08, 1.0, 0.06, 0.1, 0.1, 0.25, 0.08, 0.1, 0.06, 1.0, 0.06, 0.12, 0.15),
    (0.9, 0.6, 0.9, 0.6) * BEATS,
)
MISSED = ((0.26, 0.1, 0.14, 0.1), (0.0, 0.12, 0.0, 0.12))  # doubt at every beat of the bar without its kick, its snare
AROUND = 2  # looks to either side in which it would have been
FORGET = 0.5 ** (1.0 / 200.0)  # per look: a part without drums casts no doubt
PLAYING = 1.5  # recent hits that make a drum one that plays


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
        lengths = bars.periods * BEATS
        place = np.concatenate([np.arange(n) for n in lengths]) + ahead
        steps = place / np.repeat(bars.periods, lengths) * 4.0  # [states], sixteenths
        off = (steps - np.round(steps)) * np.repeat(bars.periods, lengths) / 4.0  # looks
        sixteenth = np.round(steps).astype(np.intp) % (4 * BEATS)
        elsewhere = np.array(ELSEWHERE)[:, None]
        near = np.exp(-0.5 * (off / NARROW) ** 2)
        shares = elsewhere + (np.array(SHARES)[:, sixteenth] - elsewhere) * near  # [3, states]
        means = np.add.reduceat(shares, bars.starts[:-1], axis=1) / lengths
        self._odds = (shares / np.repeat(means, lengths, axis=1)).astype(np.float32)
        due = np.arange(BEATS)[None, :] * bars.periods[:, None] + AROUND - ahead
        # where a drum should just have been: [tempi, BEATS]
        self._due = bars.starts[:-1, None] + due % lengths[:, None]
        self._doubt = np.array(MISSED, np.float32)
        self._last: NDArray[np.float32] = np.zeros((2, 3), np.float32)
        self._since = np.full(len(MISSED), 1_000)
        self._often = np.zeros(len(MISSED))

    def step(self, drums: NDArray[np.float32]) -> None:
        """Take in a look, after `bars` did.

        Args:
            drums: float32 `[3]`, how likely kick, snare and hat were hit.
        """
        before, peak = self._last
        hits = np.where((peak >= before) & (peak > drums) & (peak > FOUND), peak, np.float32(0.0))
        self._last = np.stack((peak, drums))
        p = self._bars.p
        for hit, odds in zip(hits, self._odds, strict=True):
            if hit > 0.0:
                p *= (np.float32(1.0) - hit) + hit * odds
        players = hits[: len(MISSED)]
        self._since = np.where(players > HIT, 0, self._since + 1)
        self._often = self._often * FORGET + np.where(players > HIT, players, 0.0)
        playing = np.minimum(self._often / PLAYING, 1.0) * (self._since > 2 * AROUND)
        p[self._due] *= np.prod(1.0 - playing[:, None] * self._doubt, axis=0).astype(np.float32)
        p *= np.float32(1.0) / p.sum()
