"""How unlike the last bar is to the section around it: rises before a change is announced, and a little at every fill."""

from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._sections import Sections
from liveviz.spec import Output, approach

SETTLE_SECONDS = 0.2  # time constant


class Novelty(Signal):
    """novelty, 0 (heard before in this section) to 1 (twice what makes a new section); renewed with every beat, time constant 0.2
    s. 0 for the first 12 beats of a section.

    State: the value.
    """

    needs = (Sections,)
    outputs = (Output("novelty", help="How unlike the last bar is to its section"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._sections = rig.get(Sections)

    def step(self, hop: Hop) -> None:
        target = min(0.5 * self._sections.novelty, 1.0)
        self.values[0] = approach(float(self.values[0]), target, self.rig.dt, SETTLE_SECONDS)
