"""Where between two beats the music is: the smooth clock for anything that swings."""

from liveviz.signals._beats import BeatTracker
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output


class BeatPhase(Signal):
    """beat_phase in [0, 1), 0 at the beat; it only moves forward, and goes on through silence."""

    needs = (BeatTracker,)
    outputs = (Output("beat_phase", kind="phase", help="Place between two beats"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._beats = rig.get(BeatTracker)

    def step(self, hop: Hop) -> None:
        self.values[0] = self._beats.phase
