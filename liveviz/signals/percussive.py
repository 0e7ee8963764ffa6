"""What strikes: drums and consonants, without the chords under them."""

from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._sustain import Sustain
from liveviz.spec import AttackRelease, Output


class Percussive(Signal):
    """percussive: how loud the strokes are, 0 (none) to 1 (a stroke alone, as loud as the sound was in the last 15 s). Up in 4
    ms, down in 80 ms (time constants).

    State: the follower.
    """

    needs = (Sustain,)
    outputs = (Output("percussive", help="Loudness of what strikes, against the loudest recent sound"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._sustain = rig.get(Sustain)
        self._follower = AttackRelease(0.004, 0.08)

    def step(self, hop: Hop) -> None:
        if self._sustain.fresh:
            self.values[0] = self._follower.step(self._sustain.percussive, self._sustain.dt)
