"""Which chord sounds, as a musician would name it: for pictures that belong to chords and must not flicker with every passing
note, as chroma does."""

from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._tonality import Guess, chord_profiles
from liveviz.signals.chroma import NAMES, Chroma
from liveviz.spec import Output

EVERY = 0.0464  # seconds between two steps
WEIGHT, CHANGE = 80.0, 0.6


class Chord(Signal):
    """chord: root of the most likely major or minor triad, 0 (C) to 11 (B); chord.mode: 0 minor, 1 major; chord.confidence, 0
    to 1: its probability; chord.0 to chord.11: probability of each root, together 1 once a tone was heard. Settles about 0.3
    s after a change; without tone it stays and confidence fades in seconds.

    In a mapping: `[[latent.chords]] from = "chord"` gives every root a picture; a route from "chord" to "post.colour.hue"
    gives it a colour; chord.mode bends major and minor apart.
    State: the probabilities.
    """

    needs = (Chroma,)
    outputs = (
        Output("chord", high=11.0, help="Root of the chord, C = 0"),
        Output("chord.mode", help="Minor (0) or major (1) chord"),
        Output("chord.confidence", help="How sure the chord is"),
        *(Output(f"chord.{i}", help=f"Probability that the chord's root is {name}") for i, name in enumerate(NAMES)),
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._chroma = rig.get(Chroma)
        self._every = rig.hops(EVERY)
        self._until = 0
        self._guess = Guess(chord_profiles(), WEIGHT, CHANGE, self._every * rig.dt)

    def step(self, hop: Hop) -> None:
        self._until -= 1
        if self._until > 0:
            return
        self._until = self._every
        guess = self._guess
        guess.step(self._chroma.values)
        self.values[:3] = guess.root, float(not guess.minor), guess.confidence
        self.values[3:] = guess.roots
