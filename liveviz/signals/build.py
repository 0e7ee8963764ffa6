"""Tension before the drop: what an image may lean into."""

from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._tension import Tension
from liveviz.spec import Output, approach

SETTLE_SECONDS = 0.15  # time constant


class Build(Signal):
    """build, 0 (nothing builds up) to 1 (treble, brightness, attacks or loudness have risen without the bass for 3 s of steep or
    10 s of gentle rise, or the bass has left the treble alone); 0 at the drop, or in 5 s (time constant) where nothing
    rises any more. It starts 3.6 s after the rise did, for a step is no build; then smoothed by 0.15 s.

    State: the value.
    """

    needs = (Tension,)
    outputs = (Output("build", help="Tension that rises towards a drop"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._tension = rig.get(Tension)

    def step(self, hop: Hop) -> None:
        self.values[0] = approach(float(self.values[0]), self._tension.build, self.rig.dt, SETTLE_SECONDS)
