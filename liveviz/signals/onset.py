"""Attacks as events: any attack at once, and what drum it was 29 ms later."""

from liveviz.signals._drums import DRUMS, Drums
from liveviz.signals._flux import LATENCY, Flux
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._peaks import PeakPicker
from liveviz.spec import Output

DELTA = 0.005  # of mean log flux: quiet piano notes reach 0.02
SURE = 0.5


class Onset(Signal):
    """onset: any attack. onset.kick, onset.snare, onset.hat: the same attack, judged a little later; it may be several.

    State: the peak picker, attacks that wait for judgement as (hops to go, time, strength).
    """

    needs = (Flux, Drums)
    outputs = (
        Output("onset", kind="event", help="Any attack"),
        *(Output(f"onset.{drum}", kind="event", help=f"An attack of the {drum}") for drum in DRUMS),
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._flux, self._drums = rig.get(Flux), rig.get(Drums)
        self._picker = PeakPicker(rig, DELTA)
        self._waiting: list[tuple[int, float, float]] = []

    def step(self, hop: Hop) -> None:
        if self._picker.step(self._flux.total):
            strength = min(self._picker.height / (20.0 * DELTA), 1.0)
            hop.announce("onset", hop.time - LATENCY, strength)
            self._waiting.append((self._drums.wait, hop.time - LATENCY, strength))
        elif not self._waiting:
            return
        still = []
        for hops, time, strength in self._waiting:
            if hops > 0:
                still.append((hops - 1, time, strength))
                continue
            for drum, likelihood in zip(DRUMS, self._drums.judge(), strict=True):
                if likelihood > SURE:
                    hop.announce(f"onset.{drum}", time, strength)
        self._waiting = still
