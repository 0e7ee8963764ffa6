"""How loud the sound is now, after gain control: the plain pulse of the music, whatever the input level."""

import math

import numpy as np

from liveviz.signals._gain import TARGET_RMS, Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output

WINDOW_SECONDS = 0.0232
LOUD_RATIO = 2.5  # times the usual loudness is 1


class Rms(Signal):
    """rms, 0 (silence) to 1 (8 dB above the usual loudness); 0.4 is the usual loudness.

    State: mean squares of the last 23 ms of hops.
    """

    needs = (Gain,)
    outputs = (Output("rms", help="Loudness now, after gain control"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._gain = rig.get(Gain)
        self._powers = np.zeros(rig.hops(WINDOW_SECONDS))

    def step(self, hop: Hop) -> None:
        x = self._gain.samples
        self._powers[:-1] = self._powers[1:]
        self._powers[-1] = float(np.dot(x, x)) / x.size
        self.values[0] = math.sqrt(float(self._powers.mean())) / (LOUD_RATIO * TARGET_RMS)
