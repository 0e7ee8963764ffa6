"""The attack curve: how hard sound begins right now, for routes that want the force and not only the moment; over the whole
spectrum, and in the registers of the three drums."""

import numpy as np

from liveviz.signals._flux import Flux
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output

FORGET_SECONDS = 10.0  # time constant in which the hardest attack fades
MIN_HARDEST = 0.08  # a weaker hardest attack is not blown up to 1
REGISTERS_HZ = {
    "kick": ((30.0, 150.0),),
    "snare": ((150.0, 500.0), (1_500.0, 5_000.0)),
    "hat": ((6_000.0, 16_000.0),),
}
LEAST_IN_REGISTER = 0.15


class OnsetStrength(Signal):
    """onset_strength, 0 (steady) to 1 (as hard as the hardest attack of the last 10 s or so); onset_strength.kick (30 to 150
    Hz), .snare (150 to 500 and 1,500 to 5,000 Hz), .hat (6 to 16 kHz): the same of one register, whatever plays there. It
    speaks of the last 12 ms and is 11 ms late (the window); nothing is smoothed.

    State: the hardest attack of each.
    """

    needs = (Flux,)
    outputs = (
        Output("onset_strength", help="How hard sound begins right now"),
        *(Output(f"onset_strength.{drum}", help=f"How hard it begins where the {drum} is") for drum in REGISTERS_HZ),
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._flux = rig.get(Flux)
        hz = self._flux.bands_hz
        select = np.array(
            [np.any([(hz >= a) & (hz < b) for a, b in ranges], axis=0) for ranges in REGISTERS_HZ.values()], np.float32
        )
        self._select = select / np.maximum(select.sum(axis=1, keepdims=True), 1.0)
        self._least = np.array([MIN_HARDEST] + [LEAST_IN_REGISTER] * len(REGISTERS_HZ))
        self._hardest = self._least.copy()
        self._keep = 1.0 - rig.rate(FORGET_SECONDS)
        self._now = np.zeros(1 + len(REGISTERS_HZ))

    def step(self, hop: Hop) -> None:
        self._now[0] = self._flux.total
        self._now[1:] = self._select @ self._flux.rises
        self._hardest = np.maximum(np.maximum(self._hardest * self._keep, self._now), self._least)
        self.values[:] = self._now / self._hardest
