"""Whether there is any sound at all: a show can rest, and nobody blames the image for a dead cable."""

from liveviz.signals._gain import Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output


class Silence(Signal):
    """silence, 1 where the gate is shut (quieter than -86 dBFS for two seconds), else 0."""

    needs = (Gain,)
    outputs = (Output("silence", help="1 while there is no sound"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._gain = rig.get(Gain)
        self.values[0] = 1.0

    def step(self, hop: Hop) -> None:
        self.values[0] = 0.0 if self._gain.open else 1.0
