"""Where in the spectrum the sound lies: dark or bright."""

from liveviz.signals._colour import Colour
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output, approach

SETTLE_SECONDS = 0.05  # time constant
TOP_OCTAVES = 9.0  # octaves above 25 Hz: 12.8 kHz


class SpectralCentroid(Signal):
    """spectral_centroid, 0 (25 Hz) to 1 (12.8 kHz) in octaves: +0.11 is one octave up; 0.6 is 1 kHz. Time constant 50 ms; in
    silence it stays where it was.

    State: the value.
    """

    needs = (Colour,)
    outputs = (Output("spectral_centroid", help="Dark to bright: centre of the sound, in octaves"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._colour = rig.get(Colour)

    def step(self, hop: Hop) -> None:
        if self._colour.fresh and self._colour.present:
            dt = self._colour.every * self.rig.dt
            self.values[0] = approach(
                float(self.values[0]), min(self._colour.octaves / TOP_OCTAVES, 1.0), dt, SETTLE_SECONDS
            )
