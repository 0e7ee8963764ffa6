"""How far gain control turns the sound up: for the meter, and for a mapping that wants to know how quiet the room is."""

import math

from liveviz.signals._gain import HIGHEST_GAIN, TARGET_RMS, Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output

LOWEST_DB, HIGHEST_DB = 20.0 * math.log10(TARGET_RMS) - 6.0, 20.0 * math.log10(HIGHEST_GAIN)


class GainDb(Signal):
    """Gain of the automatic control in dB, -24 (a hot mixer) to 60 (a far microphone); 0 while there is no sound. Rises
    with a time constant of 8 s, falls with one of 0.4 s."""

    needs = (Gain,)
    outputs = (Output("gain_db", low=LOWEST_DB, high=HIGHEST_DB, unit="dB", help="Automatic gain"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._gain = rig.get(Gain)

    def step(self, hop: Hop) -> None:
        self.values[0] = 20.0 * math.log10(self._gain.gain) if self._gain.gain > 0.0 else 0.0
