"""The level as it came in, before gain control: for the meter that says whether the cable is in."""

from liveviz.signals._gain import FLOOR_DB, Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.spec import Output

FALL_DB = 60.0  # per second


class LevelDb(Signal):
    """rms of the input, dBFS: rises at once, falls 60 dB per second, so that a meter can be read.

    State: the level shown.
    """

    needs = (Gain,)
    outputs = (Output("level_db", low=FLOOR_DB, high=20.0, unit="dB", help="Input level before gain control"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._gain = rig.get(Gain)
        self.values[0] = FLOOR_DB

    def step(self, hop: Hop) -> None:
        self.values[0] = max(self._gain.level_db, self.values[0] - FALL_DB * self.rig.dt)
