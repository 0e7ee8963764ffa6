"""How much the sound moves in any direction, and the moments at which that stands out: where an image may change its kind.

Source: GANterpretations, Castro 2020: total variation of the spectrum, and an inflection where it stands off the mean of
the frames before and of the frames after. Here the frames after are waited for, so that an inflection is known
REACH_SECONDS late.
"""

import numpy as np

from liveviz.signals._colour import Colour
from liveviz.signals._faders import Faders
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output

LEAST_DB = 3.0  # mean change in 23 ms; a smaller greatest one is not blown up to 1
REACH_SECONDS = 0.5  # seconds before and after
DIFFERENCE_RATIO = 1.6  # times either mean
OFF_DB = 1.5  # and at least this far off both
APART_SECONDS = 1.0  # seconds between two inflections
PEAK_WITHIN_SECONDS = 0.1  # seconds around it in which it must be the highest


class TotalVariation(Signal):
    """total_variation, 0 (steady) to 1 (as much as at any time in the last 15 s): mean change in dB of third octaves over 23
    ms, up in 20 ms, down in 150 ms (time constants). total_variation.inflection: a moment that stood out of the half second
    before and after it; known half a second later, at most one a second.

    State: the fader, the last second of the curve, looks since the last inflection.
    """

    needs = (Colour,)
    outputs = (
        Output("total_variation", help="How much the spectrum moves, up or down"),
        Output("total_variation.inflection", kind="event", help="That movement stood out, half a second ago"),
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._colour = rig.get(Colour)
        self._faders = Faders(rig, [LEAST_DB], 0.02, 0.15, self._colour.every)
        self._dt = self._colour.every * rig.dt
        self._reach = max(2, round(REACH_SECONDS / self._dt))
        self._within = max(1, round(PEAK_WITHIN_SECONDS / self._dt))
        self._curve = np.zeros(2 * self._reach + 1)
        self._since = APART_SECONDS

    def step(self, hop: Hop) -> None:
        if not self._colour.fresh:
            return
        change = self._colour.change
        self.values[0] = self._faders.step([change])[0]
        self._curve[:-1] = self._curve[1:]
        self._curve[-1] = change
        self._since += self._dt
        middle = self._reach
        value = self._curve[middle]
        if value < OFF_DB or self._since < APART_SECONDS:
            return
        around = self._curve[middle - self._within : middle + self._within + 1]
        means = max(float(self._curve[:middle].mean()), float(self._curve[middle + 1 :].mean()))
        if value >= around.max() and value > max(DIFFERENCE_RATIO * means, means + OFF_DB):
            self._since = 0.0
            hop.announce("total_variation.inflection", hop.time - middle * self._dt)
