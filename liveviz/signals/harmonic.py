"""What stands: chords, voices, pads, without the drums above them."""

from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._sustain import Sustain
from liveviz.spec import AttackRelease, Output


class Harmonic(Signal):
    """harmonic: how loud the tones are, 0 (none) to 1 (tones alone, as loud as the sound was in the last 15 s). Up in 30 ms,
    down in 200 ms (time constants); a tone counts after it has sounded for 0.1 s.

    State: the follower.
    """

    needs = (Sustain,)
    outputs = (Output("harmonic", help="Loudness of what sustains, against the loudest recent sound"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._sustain = rig.get(Sustain)
        self._follower = AttackRelease(0.03, 0.2)

    def step(self, hop: Hop) -> None:
        if self._sustain.fresh:
            self.values[0] = self._follower.step(self._sustain.harmonic, self._sustain.dt)
