"""How fast the music goes."""

from liveviz.signals._beats import BeatTracker
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output


class Tempo(Signal):
    """tempo in BPM, 40 to 240; 120 until something was heard, the last one during silence."""

    needs = (BeatTracker,)
    outputs = (Output("tempo", low=40.0, high=240.0, unit="bpm", help="Tempo"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._beats = rig.get(BeatTracker)

    def step(self, hop: Hop) -> None:
        self.values[0] = self._beats.bpm
