"""The beat, as an event: predicted, so that it fires when the beat is due and not after it was heard."""

from liveviz.signals._beats import BeatTracker
from liveviz.signals._gain import Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output


class Beat(Signal):
    """beat: fires at every quarter note while there is sound."""

    needs = (BeatTracker, Gain)
    outputs = (Output("beat", kind="event", help="Every beat"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._beats, self._gain = rig.get(BeatTracker), rig.get(Gain)

    def step(self, hop: Hop) -> None:
        if self._beats.fired and self._gain.open:
            hop.announce("beat", self._beats.fired_time)
