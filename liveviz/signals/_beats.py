"""The beat: an oscillator that follows the most likely tempo and place in the bar, so that a beat fires when it is due, not
after it was heard, and the phase never jumps."""

import math

import numpy as np

from liveviz.signals._bars import BEATS_PER_BAR, Bars
from liveviz.signals._groove import Groove
from liveviz.signals._hearing import DELAYS_LOOKS, HEARD_KINDS, Hearing
from liveviz.signals._hop import Hop
from liveviz.signals._looks import LOOK_SECONDS, Looks
from liveviz.signals._part import Part, Rig

BEAT_INDEX, DOWNBEAT_INDEX = HEARD_KINDS.index("beat"), HEARD_KINDS.index("downbeat")
DRUM_INDICES = [HEARD_KINDS.index(drum) for drum in ("kick", "snare", "hat")]
PHASE_PULL_RATIO = 0.12  # share of the phase error that the oscillator makes good in one look
SHIFT_PROBABILITY = 0.5  # probability that another beat must have to be taken for the one
NEIGHBOUR_TEMPI = 2  # tempi on either side of the best that are averaged with it


class BeatTracker(Part):
    """The oscillator that the beat signals read.

    bpm: of the most likely tempo; 120 until something was heard.
    phase: [0, 1), 0 at the beat.
    index: which beat of the bar is running, 0 to 3.
    fired: whether a beat fell into this hop, and `fired_time` when.
    State: Bars, Groove, the oscillator.
    """

    needs = (Hearing, Looks)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._hearing, self._looks = rig.get(Hearing), rig.get(Looks)
        self._bars = Bars(LOOK_SECONDS, DELAYS_LOOKS[BEAT_INDEX] + 0.5)
        self._groove = Groove(self._bars, DELAYS_LOOKS[BEAT_INDEX] - DELAYS_LOOKS[DRUM_INDICES[0]])
        self._error = 0.0
        self.bpm = 120.0
        self.phase = 0.0
        self.index = 0
        self.fired = False
        self.fired_time = 0.0

    def step(self, hop: Hop) -> None:
        """Turn the oscillator by one hop; where something was heard, correct it."""
        if self._hearing.fresh:
            self._listen()
        advance = self.rig.dt * self.bpm / 60.0
        pull = self._error * self.rig.dt / LOOK_SECONDS
        turn = min(max(advance + pull, 0.25 * advance), 3.0 * advance)
        self.phase += turn
        self.fired = self.phase >= 1.0
        if self.fired:
            self.phase %= 1.0
            self.fired_time = hop.time - min(self.phase / turn, 1.0) * self.rig.dt
            self._count_beat()

    def _listen(self) -> None:
        bars, likely = self._bars, self._hearing.likely
        for _ in range(self._looks.fresh):
            bars.step(float(likely[BEAT_INDEX]), float(likely[DOWNBEAT_INDEX]))
            self._groove.step(likely[DRUM_INDICES])
        tempi = bars.tempi()
        best = int(tempi.argmax())
        low, high = max(0, best - NEIGHBOUR_TEMPI), min(best + NEIGHBOUR_TEMPI + 1, tempi.size)
        period = float(tempi[low:high] @ bars.periods[low:high] / tempi[low:high].sum())
        self.bpm = 60.0 / LOOK_SECONDS / period
        near = slice(bars.starts[low], bars.starts[high])
        angle = math.atan2(float(bars.p[near] @ bars.sin[near]), float(bars.p[near] @ bars.cos[near]))
        # the hop under way is turned after this: the phase is that of its beginning
        since = (self._looks.behind - self.rig.dt) * self.bpm / 60.0
        self._error = PHASE_PULL_RATIO * ((angle / (2.0 * math.pi) + since - self.phase + 0.5) % 1.0 - 0.5)

    def _count_beat(self) -> None:
        self.index = (self.index + 1) % BEATS_PER_BAR
        shares = np.bincount(self._bars.beat, weights=self._bars.p, minlength=BEATS_PER_BAR)
        likely = int(shares.argmax())
        if likely != self.index and shares[likely] > SHIFT_PROBABILITY:
            self.index = likely
