"""Where in the bar the music is."""

from liveviz.signals._beats import BEATS_PER_BAR, BeatTracker
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output


class BarPhase(Signal):
    """bar_phase in [0, 1), 0 at the first of four beats; it jumps by whole beats when the one turns out to be elsewhere."""

    needs = (BeatTracker,)
    outputs = (Output("bar_phase", kind="phase", help="Place in the bar of four beats"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._beats = rig.get(BeatTracker)

    def step(self, hop: Hop) -> None:
        self.values[0] = (self._beats.index + self._beats.phase) / BEATS_PER_BAR
