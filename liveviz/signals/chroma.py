"""Which of the twelve pitch classes sound: chords as colours, whatever instrument plays them."""

from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._pitches import Fold, Pitches
from liveviz.spec import Output

PITCH_CLASSES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")


class Chroma(Signal):
    """chroma.0 (C) to chroma.11 (B), each 0 to 1, together 1 where there is tone, else all 0. A = 440 Hz.

    State: smoothed weights.
    """

    needs = (Pitches,)
    outputs = tuple(Output(f"chroma.{i}", help=f"Share of {name} in the chord") for i, name in enumerate(PITCH_CLASSES))

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._fold = Fold(rig.get(Pitches), centre=62.0, width=12.0)

    def step(self, hop: Hop) -> None:
        self._fold.step(self.values)
