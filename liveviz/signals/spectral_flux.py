"""How fast the sound gains something new, attacks and swells alike: the restless cousin of onset_strength, which only counts
attacks."""

from liveviz.signals._colour import Colour
from liveviz.signals._faders import Faders
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output

LEAST_DB = 3.0  # mean growth in 23 ms; a smaller greatest one is not blown up to 1


class SpectralFlux(Signal):
    """spectral_flux, 0 (nothing grows) to 1 (as much as at any time in the last 15 s): mean growth in dB of third octaves over
    23 ms. Up in 10 ms, down in 80 ms (time constants).

    State: the fader.
    """

    needs = (Colour,)
    outputs = (Output("spectral_flux", help="How fast the spectrum grows, attacks and swells alike"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._colour = rig.get(Colour)
        self._faders = Faders(rig, [LEAST_DB], 0.01, 0.08, self._colour.every)

    def step(self, hop: Hop) -> None:
        if self._colour.fresh:
            self.values[:] = self._faders.step([self._colour.rise])
