"""The beat: an oscillator that follows the most likely tempo and place in the bar, so that a beat fires when it is due, not
after it was heard, and the phase never jumps."""

import math

import numpy as np

from liveviz.signals._bars import BEATS, Bars
from liveviz.signals._groove import Groove
from liveviz.signals._hearing import DELAYS, HEARD, Hearing
from liveviz.signals._hop import Hop
from liveviz.signals._looks import STEP, Looks
from liveviz.signals._part import Part, Rig

BEAT, DOWNBEAT = HEARD.index("beat"), HEARD.index("downbeat")
DRUMS = [HEARD.index(drum) for drum in ("kick", "snare", "hat")]
PULL = 0.12  # share of the phase error that the oscillator makes good in one look
DOUBT = 0.5  # probability that another beat must have to be taken for the one
NEIGHBOURS = 2  # tempi on either side of the best that are averaged with it


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
        self._bars = Bars(STEP, DELAYS[BEAT] + 0.5)
        self._groove = Groove(self._bars, DELAYS[BEAT] - DELAYS[DRUMS[0]])
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
        pull = self._error * self.rig.dt / STEP
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
            bars.step(float(likely[BEAT]), float(likely[DOWNBEAT]))
            self._groove.step(likely[DRUMS])
        tempi = bars.tempi()
        best = int(tempi.argmax())
        low, high = max(0, best - NEIGHBOURS), min(best + NEIGHBOURS + 1, tempi.size)
        period = float(tempi[low:high] @ bars.periods[low:high] / tempi[low:high].sum())
        self.bpm = 60.0 / STEP / period
        near = slice(bars.starts[low], bars.starts[high])
        angle = math.atan2(float(bars.p[near] @ bars.sin[near]), float(bars.p[near] @ bars.cos[near]))
        # the hop under way is turned after this: the phase is that of its beginning
        since = (self._looks.behind - self.rig.dt) * self.bpm / 60.0
        self._error = PULL * ((angle / (2.0 * math.pi) + since - self.phase + 0.5) % 1.0 - 0.5)

    def _count_beat(self) -> None:
        self.index = (self.index + 1) % BEATS
        shares = np.bincount(self._bars.beat, weights=self._bars.p, minlength=BEATS)
        likely = int(shares.argmax())
        if likely != self.index and shares[likely] > DOUBT:
            self.index = likely
