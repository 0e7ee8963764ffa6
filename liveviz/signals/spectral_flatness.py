"""Tone or noise: how evenly the sound fills the spectrum."""

from liveviz.signals._colour import Colour
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output, approach

SETTLE_SECONDS = 0.05  # time constant
RANGE_EXPONENT = 0.5  # exponent: music lies between 0.001 and 0.3, and shall use the whole range


class SpectralFlatness(Signal):
    """spectral_flatness, 0 (a single tone) to 1 (every third octave as loud as the next): the square root of the ratio of
    geometric to arithmetic mean of their powers. Time constant 50 ms; 0 in silence.

    State: the value.
    """

    needs = (Colour,)
    outputs = (Output("spectral_flatness", help="Tone to noise: how evenly the sound fills the spectrum"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._colour = rig.get(Colour)

    def step(self, hop: Hop) -> None:
        if self._colour.fresh:
            target = self._colour.flatness**RANGE_EXPONENT if self._colour.present else 0.0
            self.values[0] = approach(float(self.values[0]), target, self._colour.every * self.rig.dt, SETTLE_SECONDS)
