"""The drop: the bass is back. The largest stroke that a song has."""

from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._tension import Tension
from liveviz.spec import Output


class Drop(Signal):
    """drop: bass came in about as loud as it was in the last minutes, after a second at least without it and a pause longer than
    this music usually makes; known 0.1 to 0.3 s after it did, at most one in 6 s. Not in the first 6 s.
    """

    needs = (Tension,)
    outputs = (Output("drop", kind="event", help="The bass is back after it was gone"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._tension = rig.get(Tension)

    def step(self, hop: Hop) -> None:
        if self._tension.dropped:
            hop.announce("drop", self._tension.when)
