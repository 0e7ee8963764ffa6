"""Tempo and place in the bar, as one probability for every pair of them, moved on with every look and weighed with what the
beat network heard in it.

Source: the bar pointer model, Whiteley, Cemgil & Godsill 2006; its efficient state space, Krebs, Böck & Widmer 2015; its use
over a network's activations, Böck, Krebs & Widmer 2016; here as a forward filter only (causal).
"""

import math

import numpy as np
from numpy.typing import NDArray

SLOWEST_BPM, FASTEST_BPM = 50.0, 215.0
PRIOR_CENTRE_BPM, PRIOR_WIDTH_OCTAVES = 120.0, 0.75  # the tempo prior: a bell over octaves
PRIOR_EXPONENT = 0.3  # exponent with which the prior counts again every second
TEMPO_CHANGE_PENALTY = 100.0  # a tempo that changes by 1 % at a beat is e times less likely than one that stays
RESTART_PROBABILITY = 1e-3  # probability, per look, that everything is different from now on: a cut to another song
# times as slow, and how likely beside the others
RELATED_TEMPI = ((1.0, 1.0), (2.0, 1.0), (0.5, 1.0), (1.5, 0.5), (2.0 / 3.0, 0.5))
# Probability, at a beat, that it is one of a bar at such a tempo, or another beat of this bar
RELATED_PROBABILITY = 1e-3
RELATED_RATIO_SD = 0.015  # standard deviation of the ratio
BEATS_PER_BAR = 4  # in a bar
BEAT_WINDOW_DIVISOR = 16  # a beat is heard within 1 / BEAT_WINDOW_DIVISOR of its length
NETWORK_EXPONENT = 0.5  # exponent on the network's word: neighbouring looks say the same thing twice
MIN_LIKELIHOOD = 0.05  # what the network holds for impossible is this likely
BEAT_KIND_DOUBT = 0.05  # of what is heard as a beat may always be a first beat, or another


class Bars:
    """Probability of every (tempo, place in the bar).

    Args:
        frame: seconds per step.
        late: frames from a beat to the step that is told of it.
        periods: float64 `[tempi]`, frames per beat.
        cos, sin, beat: of every state, for the moment of the step (and not for the one it speaks of): where between two
            beats, as an angle, and which beat of the bar is nearest.
    State: float32 `[states]`, sums to 1; states of one tempo lie side by side, a bar of `period * BEATS_PER_BAR` frames
    each.
    """

    def __init__(self, frame: float, late: float) -> None:
        shortest, longest = 60.0 / FASTEST_BPM / frame, 60.0 / SLOWEST_BPM / frame
        self.periods = np.arange(max(1, math.floor(shortest)), math.ceil(longest) + 1)  # frames per beat
        lengths = self.periods * BEATS_PER_BAR
        self.starts = np.concatenate(([0], np.cumsum(lengths)))
        place = np.concatenate([np.arange(n) for n in lengths])
        period = np.repeat(self.periods, lengths)
        beats = place / period  # [states], 0 to BEATS_PER_BAR
        off = np.abs(beats - np.round(beats)) * period
        near = off <= np.maximum(1.0, period / (2.0 * BEAT_WINDOW_DIVISOR))
        first = np.round(beats) % BEATS_PER_BAR == 0
        self._kind = np.where(near, np.where(first, 2, 1), 0)  # [states]: between, beat, first beat
        now = (place + late) / period
        self.beat = np.round(now).astype(np.intp) % BEATS_PER_BAR
        self.cos, self.sin = np.cos(2 * np.pi * now).astype(np.float32), np.sin(2 * np.pi * now).astype(np.float32)
        self._before = np.maximum(np.arange(place.size) - 1, 0)
        self._firsts = (
            self.starts[:-1, None] + np.arange(BEATS_PER_BAR) * self.periods[:, None]
        )  # [tempi, BEATS_PER_BAR]
        self._lasts = self._firsts - 1
        self._lasts[:, 0] = self.starts[1:] - 1
        change = np.exp(-TEMPO_CHANGE_PENALTY * np.abs(self.periods[None, :] / self.periods[:, None] - 1.0))
        bpms = 60.0 / frame / self.periods
        prior = np.exp(-0.5 * (np.log2(bpms / PRIOR_CENTRE_BPM) / PRIOR_WIDTH_OCTAVES) ** 2)
        change *= (prior ** (PRIOR_EXPONENT * 60.0 / bpms) / change.sum(axis=1))[
            :, None
        ]  # per second, charged at every beat
        self._change = change.T.astype(np.float32)
        slower = self.periods[None, :] / self.periods[:, None]  # [from, to]
        related = (
            sum(
                share * np.exp(-0.5 * ((slower / times - 1.0) / RELATED_RATIO_SD) ** 2)
                for times, share in RELATED_TEMPI
            )
            * prior
        )
        self._related = (RELATED_PROBABILITY / BEATS_PER_BAR * related.T).astype(np.float32)
        start = np.repeat(prior / lengths, lengths)
        self._start = (start / start.sum()).astype(np.float32)
        self.p: NDArray[np.float32] = self._start.copy()
        self._next = np.empty_like(self.p)
        self._likelihood = np.empty_like(self.p)

    def step(self, beat: float, downbeat: float) -> None:
        """Move on by a frame, then weigh with how likely a beat was heard in it, and a first beat."""
        moved = np.take(self.p, self._before, out=self._next, mode="clip")
        ends = self.p[self._lasts]  # [tempi, BEATS_PER_BAR]
        moved[self._firsts] = self._change @ ends + (self._related @ ends.sum(axis=1))[:, None]
        moved *= np.float32(1.0 - RESTART_PROBABILITY)
        moved += np.float32(RESTART_PROBABILITY) * self._start
        first = min(max(downbeat, BEAT_KIND_DOUBT * beat), (1.0 - BEAT_KIND_DOUBT) * beat)
        weights = np.array([(1.0 - beat) / (BEAT_WINDOW_DIVISOR - 1.0), beat - first, first])
        weights = (np.maximum(weights, MIN_LIKELIHOOD) ** NETWORK_EXPONENT).astype(np.float32)
        moved *= np.take(weights, self._kind, out=self._likelihood, mode="clip")
        moved *= np.float32(1.0) / moved.sum()
        self.p, self._next = moved, self.p

    def tempi(self) -> NDArray[np.float32]:
        """Probability of each of `periods`, float32 `[tempi]`."""
        return np.add.reduceat(self.p, self.starts[:-1])
