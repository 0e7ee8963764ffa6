"""The downbeat, the first beat of every bar, as an event: where big changes belong."""

from liveviz.signals._beats import BeatTracker
from liveviz.signals._gain import Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output


class Downbeat(Signal):
    """downbeat: fires at the first beat of a bar of four while there is sound."""

    needs = (BeatTracker, Gain)
    outputs = (Output("downbeat", kind="event", help="First beat of every bar"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._beats, self._gain = rig.get(BeatTracker), rig.get(Gain)

    def step(self, hop: Hop) -> None:
        if self._beats.fired and self._beats.index == 0 and self._gain.open:
            hop.announce("downbeat", self._beats.fired_time)
