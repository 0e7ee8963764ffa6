"""Attacks as events: any attack at once, and what drum it was 40 to 60 ms later."""

import math

import numpy as np

from liveviz.signals._flux import LATENCY_SECONDS, Flux
from liveviz.signals._hearing import DELAYS_LOOKS, HEARD_KINDS, Hearing
from liveviz.signals._hop import Hop
from liveviz.signals._looks import LOOK_SECONDS, Looks
from liveviz.signals._part import Rig, Signal
from liveviz.signals._peaks import PeakPicker
from liveviz.spec import Output

FLUX_DELTA = 0.004  # of mean log flux: quiet piano notes reach 0.02
FULL_FLUX = 0.1  # the same, of an attack that is as strong as can be
# Bands above count twice: they span more of the spectrum, so noise shakes them less
BRIGHT_FROM_HZ, BRIGHT_WEIGHT = 2_500.0, 2.0
DRUM_KINDS = ("kick", "snare", "hat")
SURE_LIKELIHOOD = 0.65  # in the look that tells or in the next; one alone takes many a bass note for a kick


class Onset(Signal):
    """onset: any attack. onset.kick, onset.snare, onset.hat: the same attack, judged a little later; it may be several.

    State: the peak picker, attacks that wait for judgement as (look that tells, time, strength, drums told).
    """

    needs = (Flux, Looks, Hearing)
    outputs = (
        Output("onset", kind="event", help="Any attack"),
        *(Output(f"onset.{drum}", kind="event", help=f"An attack of the {drum}") for drum in DRUM_KINDS),
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._flux, self._looks, self._hearing = rig.get(Flux), rig.get(Looks), rig.get(Hearing)
        weights = np.where(self._flux.bands_hz > BRIGHT_FROM_HZ, BRIGHT_WEIGHT, 1.0)
        self._weights = (weights / weights.sum()).astype(np.float32)
        self._picker = PeakPicker(rig, FLUX_DELTA)
        self._drums = [(f"onset.{drum}", HEARD_KINDS.index(drum)) for drum in DRUM_KINDS]
        self._waiting: list[tuple[int, float, float, set[str]]] = []

    def step(self, hop: Hop) -> None:
        if self._picker.step(float(self._weights @ self._flux.rises)):
            strength = min(self._picker.height / FULL_FLUX, 1.0)
            hop.announce("onset", hop.time - LATENCY_SECONDS, strength)
            look = self._looks.count + math.floor((self._looks.behind - LATENCY_SECONDS) / LOOK_SECONDS)
            self._waiting.append(
                (look + DELAYS_LOOKS[self._drums[0][1]] + 1, hop.time - LATENCY_SECONDS, strength, set())
            )
        if self._hearing.fresh:
            self._judge(hop)

    def _judge(self, hop: Hop) -> None:
        """Name the drums of attacks that are due; the second look that tells of one is the last."""
        for look, time, strength, told in self._waiting:
            if look > self._looks.count:
                break
            for name, column in self._drums:
                if name not in told and self._hearing.likely[column] > SURE_LIKELIHOOD:
                    hop.announce(name, time, strength)
                    told.add(name)
        self._waiting = [attack for attack in self._waiting if attack[0] >= self._looks.count]
