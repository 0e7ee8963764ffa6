"""Which key the music is in: the slowest of the harmony's voices, for the palette of a whole song."""

from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._tonality import Guess, key_profiles
from liveviz.signals.chroma import NAMES, Chroma
from liveviz.spec import Output

EVERY = 0.186  # seconds between two steps
WEIGHT, CHANGE = 1.5, 0.004


class MusicalKey(Signal):
    """musical_key: tonic of the most likely key, 0 (C) to 11 (B); musical_key.mode: 0 minor, 1 major; musical_key.confidence, 0
    to 1: its probability; musical_key.0 to .11: probability of each tonic, together 1 once a tone was heard. Settles within
    10 to 20 s and follows a change of key as slowly; without tone it stays.

    In a mapping: `[[latent.chords]] from = "musical_key"` gives every key a picture; a route from "musical_key" to
    "post.colour.hue" gives it a colour, one from musical_key.mode parts sad from glad. (Not `key`: that is the keyboard.)
    State: the probabilities.
    """

    needs = (Chroma,)
    outputs = (
        Output("musical_key", high=11.0, help="Tonic of the key, C = 0"),
        Output("musical_key.mode", help="Minor (0) or major (1) key"),
        Output("musical_key.confidence", help="How sure the key is"),
        *(Output(f"musical_key.{i}", help=f"Probability that the key is {name}") for i, name in enumerate(NAMES)),
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._chroma = rig.get(Chroma)
        self._every = rig.hops(EVERY)
        self._until = 0
        self._guess = Guess(key_profiles(), WEIGHT, CHANGE, self._every * rig.dt)

    def step(self, hop: Hop) -> None:
        self._until -= 1
        if self._until > 0:
            return
        self._until = self._every
        guess = self._guess
        guess.step(self._chroma.values)
        self.values[:3] = guess.root, float(not guess.minor), guess.confidence
        self.values[3:] = guess.roots
