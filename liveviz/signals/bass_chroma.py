"""The bass note: which pitch class lies at the bottom, for the big shapes while the chord moves the fine ones."""

from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._pitches import Fold, Pitches
from liveviz.signals.chroma import PITCH_CLASSES
from liveviz.spec import Output


class BassChroma(Signal):
    """bass_chroma.0 (C) to bass_chroma.11 (B), each 0 to 1, together 1 where there is a bass note, else all 0.

    State: smoothed weights.
    """

    needs = (Pitches,)
    outputs = tuple(
        Output(f"bass_chroma.{i}", help=f"Share of {name} in the bass") for i, name in enumerate(PITCH_CLASSES)
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._fold = Fold(rig.get(Pitches), centre=38.0, width=6.0)

    def step(self, hop: Hop) -> None:
        self._fold.step(self.values)
