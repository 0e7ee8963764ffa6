"""The attack curve: how hard sound begins right now, for routes that want the force and not only the moment."""

from liveviz.signals._flux import Flux
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output

FORGET = 10.0  # seconds (time constant) in which the hardest attack fades
LEAST = 0.08  # a weaker hardest attack is not blown up to 1


class OnsetStrength(Signal):
    """onset_strength, 0 (steady) to 1 (as hard as the hardest attack of the last 10 s or so).

    State: the hardest attack.
    """

    needs = (Flux,)
    outputs = (Output("onset_strength", help="How hard sound begins right now"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._flux = rig.get(Flux)
        self._hardest = LEAST
        self._keep = 1.0 - rig.rate(FORGET)

    def step(self, hop: Hop) -> None:
        self._hardest = max(self._hardest * self._keep, self._flux.total, LEAST)
        self.values[0] = self._flux.total / self._hardest
