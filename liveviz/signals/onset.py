"""Attacks as events: any attack at once, and what drum it was about 40 ms later."""

import math

from liveviz.signals._flux import LATENCY, Flux
from liveviz.signals._hearing import DELAYS, HEARD, Hearing
from liveviz.signals._hop import Hop
from liveviz.signals._looks import STEP, Looks
from liveviz.signals._part import Rig, Signal
from liveviz.signals._peaks import PeakPicker
from liveviz.spec import Output

DELTA = 0.005  # of mean log flux: quiet piano notes reach 0.02
DRUMS = ("kick", "snare", "hat")
SURE = 0.2  # the network doubts what no soundfont plays; a missed kick is seen sooner than one too many


class Onset(Signal):
    """onset: any attack. onset.kick, onset.snare, onset.hat: the same attack, judged a little later; it may be several.

    State: the peak picker, attacks that wait for judgement as (look that tells, time, strength).
    """

    needs = (Flux, Looks, Hearing)
    outputs = (
        Output("onset", kind="event", help="Any attack"),
        *(Output(f"onset.{drum}", kind="event", help=f"An attack of the {drum}") for drum in DRUMS),
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._flux, self._looks, self._hearing = rig.get(Flux), rig.get(Looks), rig.get(Hearing)
        self._picker = PeakPicker(rig, DELTA)
        self._drums = [(f"onset.{drum}", HEARD.index(drum)) for drum in DRUMS]
        self._waiting: list[tuple[int, float, float]] = []

    def step(self, hop: Hop) -> None:
        if self._picker.step(self._flux.total):
            strength = min(self._picker.height / (20.0 * DELTA), 1.0)
            hop.announce("onset", hop.time - LATENCY, strength)
            look = self._looks.count + math.floor((self._looks.behind - LATENCY) / STEP)
            self._waiting.append((look + DELAYS[self._drums[0][1]] + 1, hop.time - LATENCY, strength))
        while self._waiting and self._waiting[0][0] <= self._looks.count:
            _, time, strength = self._waiting.pop(0)
            for name, column in self._drums:
                if self._hearing.likely[column] > SURE:
                    hop.announce(name, time, strength)
