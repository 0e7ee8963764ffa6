"""Tempo, beat and bar, heard together: a probability for every pair of tempo and place in the bar, moved on with time and
weighed with every new bit of flux. An oscillator follows the most likely pair, so that a beat fires when it is due, not
after it was heard, and the phase never jumps.

Source: the bar pointer model, Whiteley, Cemgil & Godsill 2006; its efficient state space, Krebs, Böck & Widmer 2015; here
as a forward filter only (causal), with hand-written weights in place of a learned observation model.
"""

import math

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._flux import LATENCY, Flux
from liveviz.signals._gain import Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Part, Rig

FRAME = 0.0116  # seconds between two steps of the filter
SLOWEST_BPM, FASTEST_BPM = 50.0, 215.0
USUAL_BPM, SPREAD = 115.0, 0.7  # the tempo prior: a bell over octaves, which counts anew every second
STEADINESS = 100.0  # a tempo that changes by 1 % at a beat is e times less likely than one that stays
BEATS = 4  # in a bar
BANDS_HZ = ((0.0, 1e6), (0.0, 130.0), (150.0, 500.0), (500.0, 2_500.0), (5_000.0, 1e6))
# what flux in each of BANDS_HZ says for: the one, the three, the two and four, eighths between, sixteenths between
WEIGHTS = np.array(
    [
        [0.40, 0.40, 0.40, 0.20, 0.0],
        [0.10, 0.10, 0.10, 0.00, 0.0],
        [0.10, 0.10, 0.10, 0.00, 0.0],
        [0.10, 0.10, 0.10, 0.00, 0.0],
        [-0.05, -0.05, -0.05, 0.00, 0.0],
    ]
)
MEMORY = 4.0  # seconds (time constant) of the mean that flux is measured against
MOST = 5.0  # times that mean
ABSENCE = 0.3  # 1: a beat without attack counts little in sparse music; 0: always as much as in dense music
PULL = 0.12  # share of the phase error that the oscillator makes good in one step
DOUBT = 0.5  # probability that another beat must have to be taken for the one


def sixteenth_weights() -> NDArray[np.float64]:
    """float64 `[len(BANDS_HZ), 17]`: WEIGHTS for the sixteenths of a bar; the last column (between them) is 0."""
    kind = [0 if i == 0 else 1 if i == 8 else 2 if i % 4 == 0 else 3 if i % 2 == 0 else 4 for i in range(16)]
    return np.concatenate((WEIGHTS[:, kind], np.zeros((len(BANDS_HZ), 1))), axis=1)


class Bars:
    """Probability of every (tempo, place in the bar).

    frame: seconds per step.
    State: float32 `[states]`, sums to 1; states of one tempo lie side by side, a bar of `period * BEATS` frames each.
    """

    def __init__(self, frame: float) -> None:
        shortest, longest = 60.0 / FASTEST_BPM / frame, 60.0 / SLOWEST_BPM / frame
        self.periods = np.arange(max(1, math.floor(shortest)), math.ceil(longest) + 1)  # frames per beat
        self.bpms = 60.0 / frame / self.periods
        lengths = self.periods * BEATS
        self.starts = np.concatenate(([0], np.cumsum(lengths)))
        place = np.concatenate([np.arange(n) for n in lengths])
        period = np.repeat(self.periods, lengths)
        beats = place / period  # [states], 0 to BEATS
        sixteenth = np.round(beats * 4.0)
        frames_off = np.abs(beats * 4.0 - sixteenth) * period / 4.0
        near = frames_off <= np.maximum(1.5, period / 32.0)
        self._kind = np.where(near, sixteenth.astype(np.intp) % 16, 16)
        self.beat = np.round(beats).astype(np.intp) % BEATS  # nearest beat
        self.cos, self.sin = np.cos(2 * np.pi * beats).astype(np.float32), np.sin(2 * np.pi * beats).astype(np.float32)
        self._before = np.maximum(np.arange(place.size) - 1, 0)
        self._firsts = self.starts[:-1, None] + np.arange(BEATS) * self.periods[:, None]  # [tempi, BEATS]
        self._lasts = self._firsts - 1
        self._lasts[:, 0] = self.starts[1:] - 1
        change = np.exp(-STEADINESS * np.abs(self.periods[None, :] / self.periods[:, None] - 1.0))
        prior = np.exp(-0.5 * (np.log2(self.bpms / USUAL_BPM) / SPREAD) ** 2)
        change *= (prior ** (60.0 / self.bpms) / change.sum(axis=1))[:, None]  # per second, charged at every beat
        self._change = change.T.astype(np.float32)
        start = np.repeat(prior / lengths, lengths)
        self.p: NDArray[np.float32] = (start / start.sum()).astype(np.float32)
        self._floor = np.float32(1e-9 / place.size)  # no state is ever impossible, and no number gets too small
        self._next = np.empty_like(self.p)
        self._likelihood = np.empty_like(self.p)

    def step(self, weights: NDArray[np.float64]) -> None:
        """Move on by a frame, then weigh with the log likelihood of each sixteenth (`[17]`)."""
        moved = np.take(self.p, self._before, out=self._next, mode="clip")
        moved[self._firsts] = self._change @ self.p[self._lasts]
        moved *= np.take(np.exp(weights).astype(np.float32), self._kind, out=self._likelihood, mode="clip")
        moved *= np.float32(1.0) / moved.sum()
        moved += self._floor
        self.p, self._next = moved, self.p


class Beats(Part):
    """The oscillator that the beat signals read.

    bpm: of the most likely tempo.
    phase: [0, 1), 0 at the beat.
    index: which beat of the bar is running, 0 to 3.
    fired: whether a beat fell into this hop, and `fired_time` when.
    State: Bars, means of the flux, the oscillator.
    """

    needs = (Flux, Gain)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._flux, self._gain = rig.get(Flux), rig.get(Gain)
        self._hops = rig.hops(FRAME)
        self._frame = self._hops * rig.dt
        self._bars = Bars(self._frame)
        hz = self._flux.bands_hz
        select = np.array([(hz >= low) & (hz < high) for low, high in BANDS_HZ], np.float32)
        self._select = select / np.maximum(select.sum(axis=1, keepdims=True), 1.0)
        self._weights = sixteenth_weights()
        self._most = np.zeros(len(BANDS_HZ))
        self._mean = np.zeros(len(BANDS_HZ))
        self._usual = np.zeros(len(BANDS_HZ))
        self._heard = 0
        self._count = 0
        self._error = 0.0
        self.bpm = 120.0
        self.phase = 0.0
        self.index = 0
        self.fired = False
        self.fired_time = 0.0

    def step(self, hop: Hop) -> None:
        """Turn the oscillator by one hop; every second hop or so, listen and correct it."""
        np.maximum(self._most, self._select @ self._flux.rises, out=self._most)
        self._count += 1
        if self._count == self._hops:
            self._count = 0
            if self._gain.open:
                self._listen()
            self._most[:] = 0.0
        beat = 60.0 / self.bpm
        advance = self.rig.dt / beat
        pull = self._error / self._hops
        turn = min(max(advance + pull, 0.25 * advance), 3.0 * advance)
        self.phase += turn
        self.fired = self.phase >= 1.0
        if self.fired:
            self.phase %= 1.0
            self.fired_time = hop.time - min(self.phase / turn, 1.0) * self.rig.dt
            self._count_beat()

    def _listen(self) -> None:
        self._heard += 1
        rate = max(1.0 - math.exp(-self._frame / MEMORY), 1.0 / self._heard)
        self._mean += rate * (self._most - self._mean)
        bars = self._bars
        surprise = np.minimum(self._most / (self._mean + 1e-3), MOST)
        self._usual += rate * (surprise - self._usual)
        bars.step((surprise - self._usual**ABSENCE) @ self._weights)
        tempi = np.add.reduceat(bars.p, bars.starts[:-1])
        best = int(tempi.argmax())
        low, high = max(0, best - 2), min(best + 3, tempi.size)
        period = float(tempi[low:high] @ bars.periods[low:high] / tempi[low:high].sum())
        self.bpm = 60.0 / self._frame / period
        near = slice(bars.starts[low], bars.starts[high])
        angle = math.atan2(float(bars.p[near] @ bars.sin[near]), float(bars.p[near] @ bars.cos[near]))
        heard_late = (LATENCY + 0.5 * self._frame) / (60.0 / self.bpm)
        error = (angle / (2.0 * math.pi) + heard_late - self.phase + 0.5) % 1.0 - 0.5
        self._error = PULL * error

    def _count_beat(self) -> None:
        self.index = (self.index + 1) % BEATS
        shares = np.bincount(self._bars.beat, weights=self._bars.p, minlength=BEATS)
        likely = int(shares.argmax())
        if likely != self.index and shares[likely] > DOUBT:
            self.index = likely
